"""What is published for anyone to check, and what others may show of it. Views read and render."""

from typing import Any

from csp.decorators import csp_replace
from django.contrib.syndication.views import Feed
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import cache_control
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from arena.battles.reading.battle_view import check_votes_since, standings_since
from arena.contestants.catalogue.reading import public_contestants
from arena.contestants.models import COMPETING, Contestant, StateChange
from arena.exports.library import wheel
from arena.exports.methodology import CHANGES, constants
from arena.exports.selectors import exports
from arena.leaderboards.boards import OVERALL
from arena.leaderboards.models import Board, ChainEntry, SigningKey, Snapshot, Style, Window
from arena.leaderboards.reading.history import RankChange, rank_changes
from arena.leaderboards.reading.snapshots import snapshots
from arena.leaderboards.reading.standings import fragilities, standings
from arena.leaderboards.reading.view import leaderboard
from arena.leaderboards.sampling import sampling_rates
from arena.pages import pictures


@require_safe
def record(request: HttpRequest) -> HttpResponse:
    """Exports, keys, every model tested, fragility, constants, changes and limits."""
    midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    today = standings_since(midnight)
    rates, in_force = sampling_rates(), constants()
    overall = get_object_or_404(Board, slug=OVERALL)
    rows = leaderboard(overall).rows
    newest = snapshots(overall, Style.PLAIN, Window.ALL).first()
    context = {
        "site": request.build_absolute_uri("/").rstrip("/"),
        "today": today,
        "today_votes": sum(today.values()),
        "today_checks": check_votes_since(midnight),
        "wheel": wheel(),
        "exports": exports(),
        "key": SigningKey.objects.order_by("-pk").values_list("key", flat=True).first(),
        "last_entry": ChainEntry.objects.count(),
        "tested": [
            {"contestant": contestant, "rate": rates.get(contestant.pk), "left": left(contestant)}
            for contestant in public_contestants()
            .prefetch_related("state_changes")
            .order_by("organisation", "name")
        ],
        "fragilities": fragilities(),
        "shown": rows[0].contestant if rows else None,
        "newest": newest.pk if newest else None,
        "constants": in_force,
        "changes": CHANGES,
        "exploration_percent": round(100 * in_force["sampling"]["exploration"]),
    }
    return render(request, "record/record.html", context)


def left(contestant: Contestant) -> StateChange | None:
    """When and why a contestant that no longer competes left the draw, if that is known."""
    changes: list[StateChange] = list(contestant.state_changes.all())
    return None if contestant.state in COMPETING else next(iter(changes), None)


@require_safe
def snapshot(request: HttpRequest, snapshot_id: int) -> HttpResponse:
    """A leaderboard as it was published; it never changes."""
    shown = get_object_or_404(
        Snapshot.objects.select_related("board", "chain_entry"), pk=snapshot_id
    )
    contestants = Contestant.objects.in_bulk([row["contestant"] for row in shown.rows])
    context = {
        "snapshot": shown,
        "entry": getattr(shown, "chain_entry", None),  # one from before the chain has none
        "rows": [(contestants[row["contestant"]], row) for row in shown.rows],
        "address": request.build_absolute_uri(reverse("api:any_snapshot", args=[shown.pk])),
    }
    return render(request, "record/snapshot.html", context)


@require_safe
@xframe_options_exempt
@csp_replace({"frame-ancestors": ["*"]})
@cache_control(public=True, max_age=60)
def embedded_leaderboard(request: HttpRequest, slug: str = OVERALL) -> HttpResponse:
    """A leaderboard for a frame on any page: without cookies and forms."""
    board = get_object_or_404(Board, slug=slug)
    return render(request, "record/embed.html", {"leaderboard": leaderboard(board)})


CHARACTER = 6.6  # pixels of one in a badge


@require_safe
@cache_control(public=True, max_age=60)
def badge(request: HttpRequest, slug: str) -> HttpResponse:
    """A contestant's rank on the overall board as a picture; a preliminary one's is not told."""
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
    return render(request, "record/badge.svg", context, content_type="image/svg+xml")


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
    drawn = pictures.contestant_picture(shown, standings(shown))
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
