"""The leaderboards of a board: with or without style control, for each window."""

from collections.abc import Iterator
from typing import NamedTuple

from django.db.models import Sum

from arena.leaderboards.boards import OVERALL
from arena.leaderboards.models import Board, Leaderboard, PairTotal, Style, Window


class Variant(NamedTuple):
    """One leaderboard: a board, whether style is held equal, and the window of its votes."""

    board: Board
    style: Style = Style.PLAIN
    window: Window = Window.ALL


def due_variants(slug: str | None = None) -> Iterator[Variant]:
    """The leaderboards whose counts changed since their last fit: overall first, then by age."""
    totals = PairTotal.objects.all()
    if slug is not None:
        totals = totals.filter(board__slug=slug)
    revisions = {
        (board, window): total
        for board, window, total in totals.values_list("board", "window").annotate(Sum("revision"))
    }
    fits = {
        (fit.board_id, fit.style, fit.window): fit
        for fit in Leaderboard.objects.filter(board__in={board for board, _ in revisions}).only(
            "board", "style", "window", "revision", "fitted_at"
        )
    }
    boards = Board.objects.in_bulk({board for board, _ in revisions})
    due = []
    for (board, window), total in revisions.items():
        for style in Style:
            fit = fits.get((board, style, window))
            if fit is None or fit.revision != total:
                age = fit.fitted_at.timestamp() if fit else 0.0
                variant = Variant(boards[board], style, Window(window))
                overall = variant.board.slug == OVERALL
                due.append(
                    (not overall, variant.style != Style.PLAIN if overall else 0, age, variant)
                )
    due.sort(key=lambda entry: entry[:3])
    return iter([variant for *_, variant in due])
