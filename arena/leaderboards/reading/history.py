"""How published ratings and ranks changed."""

from dataclasses import dataclass
from datetime import datetime

from arena.contestants.models import Contestant
from arena.leaderboards.boards import OVERALL
from arena.leaderboards.models import Board, RatingPoint, Snapshot, Style, Window


@dataclass(frozen=True, slots=True)
class RankChange:
    """A contestant whose rank in a snapshot differs from its rank in the snapshot before."""

    snapshot: int
    published_at: datetime
    slug: str
    name: str
    rank: int
    before: int | None
    rating: float
    lower: float
    upper: float


CHANGES_SNAPSHOTS = 50


def rank_changes() -> list[RankChange]:
    """Changes of rank in the newest 50 snapshots of the overall board as voted, newest first."""
    newest = Snapshot.objects.filter(
        board__slug=OVERALL, style=Style.PLAIN, window=Window.ALL
    ).values_list("pk", flat=True)[:CHANGES_SNAPSHOTS]
    points = (
        RatingPoint.objects.filter(snapshot__in=list(newest))
        .order_by("snapshot__published_at", "snapshot", "rank")
        .values_list(
            "snapshot",
            "snapshot__published_at",
            "contestant__slug",
            "contestant__name",
            "rank",
            "rating",
            "lower",
            "upper",
        )
    )
    ranks: dict[str, int] = {}
    changes = []
    listed = list(points)
    first = listed[0][0] if listed else None
    for snapshot, at, slug, name, rank, rating, lower, upper in listed:
        before = ranks.get(slug)
        if before != rank and snapshot != first:
            changes.append(RankChange(snapshot, at, slug, name, rank, before, rating, lower, upper))
        ranks[slug] = rank
    return changes[::-1]


HISTORY_POINTS = 400


def history(
    contestant: Contestant,
    board: Board,
    style: Style = Style.PLAIN,
    window: Window = Window.ALL,
    *,
    before: int | None = None,
    number: int = HISTORY_POINTS,
) -> list[RatingPoint]:
    """The newest `number` published ratings of a contestant on a leaderboard, oldest first.

    Args:
        before: the id of a snapshot; only points of older ones are given.
    """
    points = RatingPoint.objects.filter(
        contestant=contestant, snapshot__board=board, snapshot__style=style, snapshot__window=window
    )
    if before is not None:
        points = points.filter(snapshot__lt=before)
    newest = points.select_related("snapshot").defer(
        *(
            f"snapshot__{name}"
            for name in ("counts", "rows", "diagnostics", "conventions", "clusters", "as_cast")
        )
    )
    page = newest.order_by("-snapshot_id")[:number]
    return sorted(page, key=lambda point: point.snapshot.published_at)
