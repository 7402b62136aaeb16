"""What is published for anyone to check: exports, signed snapshots, models, constants."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from arena.battles.reading.battle_view import gold_votes_since, standings_since
from arena.contestants.catalogue.reading import public_contestants
from arena.contestants.models import COMPETING, Contestant, StateChange
from arena.exports.library import wheel
from arena.exports.methodology import CHANGES, constants
from arena.exports.selectors import exports
from arena.leaderboards.boards import OVERALL
from arena.leaderboards.models import Board, ChainEntry, SigningKey, Snapshot, Style, Window
from arena.leaderboards.reading.snapshots import snapshots
from arena.leaderboards.reading.summaries import fragilities
from arena.leaderboards.reading.view import leaderboard
from arena.leaderboards.sampling import sampling_rates


@require_safe
def verification(request: HttpRequest) -> HttpResponse:
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
        "today_gold": gold_votes_since(midnight),
        "wheel": wheel(),
        "exports": exports(),
        "key": SigningKey.objects.order_by("-pk").values_list("key", flat=True).first(),
        "last_entry": ChainEntry.objects.count(),
        "tested": [
            {
                "contestant": contestant,
                "rate": rates.get(contestant.pk),
                "left": retirement_of(contestant),
            }
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
    return render(request, "verification/verification.html", context)


def retirement_of(contestant: Contestant) -> StateChange | None:
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
        "address": request.build_absolute_uri(reverse("api:snapshot_detail", args=[shown.pk])),
    }
    return render(request, "verification/snapshot.html", context)
