"""The contestants: a list, and a page for each."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from arena.contestants.catalogue.reading import (
    public_contestants,
    public_history_of,
    with_public_history,
)
from arena.contestants.catalogue.versions import versions_of
from arena.leaderboards.boards import OVERALL
from arena.leaderboards.models import Board
from arena.leaderboards.reading.history import history
from arena.leaderboards.reading.summaries import ranks_of
from arena.leaderboards.sampling import sampled_days, sampling_rates
from arena.pages.charts import rating_chart, share_chart


@require_safe
def contestants(request: HttpRequest) -> HttpResponse:
    """Every contestant that competes or ever competed."""
    return render(request, "contestants.html", {"contestants": public_contestants()})


SAMPLED_DAYS = 90  # that a contestant's page shows


@require_safe
def contestant(request: HttpRequest, slug: str) -> HttpResponse:
    """What a contestant is, where it stands, how its rating went, and how often it is drawn."""
    shown = get_object_or_404(with_public_history(), slug=slug)
    points = history(shown, get_object_or_404(Board, slug=OVERALL))
    days = sampled_days(shown, SAMPLED_DAYS)
    context = {
        "contestant": shown,
        "standings": ranks_of(shown),
        "history": points[::-1],
        "chart": rating_chart(points),
        "rate": sampling_rates().get(shown.pk),
        "sampled_days": days[::-1],
        "shares": share_chart(days),
        "record": public_history_of(shown),
        "version": next(iter(versions_of(shown)), None),
    }
    return render(request, "contestant.html", context)
