"""The visitor's battles, and the ratings by their votes alone. For guests and members."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from arena.battles.reading.history import Cursor, history_page, voter_leaderboard
from arena.voters.identity import acting_voter_id


@require_safe
@never_cache
def history(request: HttpRequest) -> HttpResponse:
    """One's own battles, newest first; `?q=` searches the prompts, `?before=` goes on."""
    voter_id = acting_voter_id(request.user, request.COOKIES)
    words = request.GET.get("q", "").strip()
    try:
        before = Cursor.parsed(request.GET["before"]) if "before" in request.GET else None
    except ValueError as error:
        raise Http404("There is no such page of the history.") from error
    page = history_page(voter_id, before=before, words=words) if voter_id else None
    return render(
        request, "pages/account/history.html", {"page": page, "words": words, "before": before}
    )


@require_safe
@never_cache
def leaderboard(request: HttpRequest) -> HttpResponse:
    """The ratings by one's own votes alone."""
    voter_id = acting_voter_id(request.user, request.COOKIES)
    board = voter_leaderboard(voter_id) if voter_id else None
    return render(request, "pages/account/leaderboard.html", {"own": board})
