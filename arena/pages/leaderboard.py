"""The leaderboards."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from arena.leaderboards.boards import OVERALL, boards
from arena.leaderboards.models import Board, Style, Window
from arena.leaderboards.reading.view import leaderboard
from arena.leaderboards.sampling import sampling_rates


@require_safe
def leaderboard_page(request: HttpRequest, slug: str = OVERALL) -> HttpResponse:
    """A leaderboard; with `?fragment=rows`, only its rows, which an open page swaps in."""
    board = get_object_or_404(Board, slug=slug)
    style = request.GET.get("style") or Style.PLAIN
    window = request.GET.get("window") or Window.ALL
    if style not in Style or window not in Window:
        raise Http404("There is no such leaderboard.")
    view = leaderboard(board, Style(style), Window(window))
    rates = sampling_rates()
    figures = [(row, rates.get(row.contestant.pk)) for row in view.rows]
    context = {"leaderboard": view, "board": board, "figures": figures}
    if request.GET.get("fragment") == "rows":
        return render(request, "_leaderboard_rows.html", context)
    chooser = {"boards": boards(), "styles": Style, "windows": Window}
    return render(request, "leaderboard.html", {**context, **chooser})
