"""Publish snapshots of leaderboards."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from arena.leaderboards.chain import seal_snapshot
from arena.leaderboards.counting.totals import Counts, counts_of
from arena.leaderboards.fitting import fit_counts, keep_fit
from arena.leaderboards.models import Board, RatingPoint, Snapshot, Style, Window
from arena.leaderboards.variants import Variant
from ratings import engine


@transaction.atomic
def publish(
    board: Board, style: Style = Style.PLAIN, window: Window = Window.ALL
) -> Snapshot | None:
    """Publish a snapshot of a leaderboard, unless nothing changed since the last one."""
    variant = Variant(board, style, window)
    counts = counts_of(variant, by_cluster=True)
    leaderboard = keep_fit(variant, counts)
    last = Snapshot.objects.filter(board=board, style=style, window=window).first()
    if not leaderboard.votes and last is None:
        return None
    if last and last.digest == leaderboard.digest and last.conventions == leaderboard.conventions:
        return None
    return _keep_snapshot(
        variant,
        counts,
        leaderboard.rows,
        leaderboard.diagnostics,
        leaderboard.clusters,
        conventions=leaderboard.conventions,
        at=timezone.now(),
    )


@transaction.atomic
def publish_counts(variant: Variant, counts: Counts, *, at: datetime) -> Snapshot:
    """Publish a snapshot of a leaderboard from counts that were read at `at`.

    Returns the existing snapshot if there is one of the same counts and conventions.
    """
    conventions = engine.Conventions()
    known = Snapshot.objects.filter(
        board=variant.board, style=variant.style, window=variant.window, digest=counts.digest()
    ).first()
    if known and known.conventions == conventions.as_dict():
        seal_snapshot(known)
        return known
    fit = fit_counts(counts, conventions)
    return _keep_snapshot(
        variant,
        counts,
        fit.rows,
        fit.diagnostics,
        fit.clusters,
        conventions=conventions.as_dict(),
        at=at,
    )


def _keep_snapshot(
    variant: Variant,
    counts: Counts,
    rows: list[dict[str, Any]],
    diagnostics: dict[str, Any],
    clusters: dict[str, Any] | None,
    *,
    conventions: dict[str, Any],
    at: datetime,
) -> Snapshot:
    snapshot = Snapshot.objects.create(
        board=variant.board,
        style=variant.style,
        window=variant.window,
        published_at=at,
        since=counts.since,
        votes=engine.whole_votes(counts.table.total),
        digest=counts.digest(),
        conventions=conventions,
        counts=counts.as_counts(),
        as_cast=counts.counts_as_cast(),
        rows=rows,
        diagnostics=diagnostics,
        clusters=clusters,
    )
    RatingPoint.objects.bulk_create(
        RatingPoint(
            snapshot=snapshot,
            contestant_id=row["contestant"],
            **{key: row[key] for key in ("rating", "lower", "upper", "rank", "votes")},
        )
        for row in rows
    )
    seal_snapshot(snapshot)
    return snapshot
