"""Snapshots as they are published."""

from typing import Any

from django.db.models import QuerySet

from arena.leaderboards.models import Board, ChainEntry, Snapshot, Style, Window
from arena.leaderboards.reading.chain import entry_document
from ratings import engine


def with_proof(snapshot: Snapshot) -> dict[str, Any]:
    """A snapshot as it is published: the document, and the entry of the chain that seals it."""
    # A snapshot from before the chain has no entry.
    entry: ChainEntry | None = getattr(snapshot, "chain_entry", None)
    return snapshot_document(snapshot) | {"proof": entry_document(entry) if entry else None}


def snapshot_document(snapshot: Snapshot) -> dict[str, Any]:
    """A snapshot as a file that anybody can recompute: inputs, conventions and results."""
    styled = snapshot.style == Style.CONTROLLED
    # One without these was maybe sealed before there were any: it has not even their names.
    beside = {"clusters": snapshot.clusters, "as_cast": snapshot.as_cast}
    return {key: value for key, value in beside.items() if value is not None} | {
        "format": "blind-arena-snapshot/1",
        "board": snapshot.board.slug,
        "style": snapshot.style,
        "window": snapshot.window,
        "since": snapshot.since.isoformat() if snapshot.since else None,
        "published_at": snapshot.published_at.isoformat(),
        "votes": snapshot.votes,
        "conventions": snapshot.conventions,
        "grid": engine.GRID.as_dict() if styled else None,
        "models": sorted(row["slug"] for row in snapshot.rows),
        "counts": snapshot.counts,
        "digest": snapshot.digest,
        "rows": [
            {key: value for key, value in row.items() if key != "contestant"}
            for row in snapshot.rows
        ],
        "notes": snapshot.diagnostics,
    }


def snapshots(board: Board, style: Style, window: Window) -> QuerySet[Snapshot]:
    """The snapshots of a leaderboard, the newest first, without what is in them."""
    published = Snapshot.objects.filter(board=board, style=style, window=window)
    heads = published.defer("counts", "rows", "diagnostics", "conventions", "clusters", "as_cast")
    return heads.select_related("chain_entry").order_by("-pk")


def latest_snapshot(board: Board, style: Style, window: Window) -> Snapshot | None:
    """The newest snapshot of a leaderboard."""
    return (
        Snapshot.objects.filter(board=board, style=style, window=window)
        .select_related("board", "chain_entry__key")
        .first()
    )
