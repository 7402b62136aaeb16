"""What other sites may show of the arena: leaderboard, badges, pictures, feed of rank changes."""

from typing import Any

from csp.decorators import csp_replace
from django.contrib.syndication.views import Feed
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import cache_control
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from arena.contestants.catalogue.reading import public_contestants
from arena.leaderboards.boards import OVERALL
from arena.leaderboards.models import Board
from arena.leaderboards.reading.history import RankChange, rank_changes
from arena.leaderboards.reading.summaries import ranks_of
from arena.leaderboards.reading.view import leaderboard
from arena.pages import pictures


@require_safe
@xframe_options_exempt
@csp_replace({"frame-ancestors": ["*"]})
@cache_control(public=True, max_age=60)
def embedded_leaderboard(request: HttpRequest, slug: str = OVERALL) -> HttpResponse:
    """A leaderboard for a frame on any page: without cookies and forms."""
    board = get_object_or_404(Board, slug=slug)
    return render(request, "sharing/embed.html", {"leaderboard": leaderboard(board)})


CHARACTER = 6.6  # pixels of one in a badge


@require_safe
@cache_control(public=True, max_age=60)
def badge(request: HttpRequest, slug: str) -> HttpResponse:
    """A contestant's rank on the overall board as a picture; a preliminary one's is not shown."""
    board = leaderboard(get_object_or_404(Board, slug=OVERALL))
    row = next((row for row in board.rows if row.contestant.slug == slug), None)
    if row is None:
        raise Http404("This contestant has no rank.")
    spread = max(row.rank - row.rank_low, row.rank_high - row.rank)
    text = gettext("rank %(rank)d ± %(spread)d") % {"rank": row.rank, "spread": spread}
    if row.preliminary:
        text = gettext("preliminary")
    width = round(len(text) * CHARACTER)
    context = {"name": row.contestant.name, "text": text, "width": width}
    return render(request, "sharing/badge.svg", context, content_type="image/svg+xml")


@require_safe
@cache_control(public=True, max_age=300)
def board_picture(request: HttpRequest, slug: str) -> HttpResponse:
    """A board's first contestants as a picture."""
    shown = leaderboard(get_object_or_404(Board, slug=slug))
    drawn = pictures.board_picture(shown.board.name, shown.rows, shown.votes)
    return HttpResponse(drawn, content_type="image/png")


@require_safe
@cache_control(public=True, max_age=300)
def contestant_picture(request: HttpRequest, slug: str) -> HttpResponse:
    """A contestant and its ranks as a picture."""
    shown = get_object_or_404(public_contestants(), slug=slug)
    drawn = pictures.contestant_picture(shown, ranks_of(shown))
    return HttpResponse(drawn, content_type="image/png")


class RankFeed(Feed[RankChange, None]):
    """Changes of rank between the published snapshots of the overall board."""

    feed_type = Atom1Feed
    title = gettext_lazy("Blind Arena: changes of rank")
    subtitle = gettext_lazy("On the overall board, between its published snapshots.")

    def link(self) -> str:
        return reverse("pages:leaderboard")

    def items(self) -> list[RankChange]:
        return rank_changes()

    def item_title(self, item: RankChange) -> str:
        words = {"name": item.name, "before": item.before, "rank": item.rank}
        if item.before is None:
            return gettext("%(name)s enters at rank %(rank)d") % words
        if item.rank < item.before:
            return gettext("%(name)s rises from rank %(before)d to %(rank)d") % words
        return gettext("%(name)s falls from rank %(before)d to %(rank)d") % words

    def item_description(self, item: RankChange) -> str:
        words = {"rating": item.rating, "lower": item.lower, "upper": item.upper}
        return gettext("Rated %(rating).0f (%(lower).0f to %(upper).0f).") % words

    def item_link(self, item: RankChange) -> str:
        return reverse("pages:contestant", args=[item.slug])

    def item_guid(self, item: RankChange) -> str:
        return f"urn:blind-arena:rank:{item.snapshot}:{item.slug}"

    def item_pubdate(self, item: RankChange) -> Any:
        return item.published_at

    item_updateddate = item_pubdate
