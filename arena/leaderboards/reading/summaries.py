"""Summaries of boards: win matrix, fragility, and a contestant's ranks on all boards."""

from dataclasses import dataclass
from typing import Any

from arena.contestants.models import Contestant
from arena.leaderboards.counting.totals import counts_of
from arena.leaderboards.models import Board, Leaderboard, Style, Window
from arena.leaderboards.reading.view import FragilityView
from arena.leaderboards.variants import Variant


@dataclass(frozen=True, slots=True)
class PairRecord:
    """How the battles of a pair ended; `share` is the first one's points, half of one a draw."""

    first: str
    second: str
    first_wins: int
    second_wins: int
    ties: int
    both_bad: int
    share: float


def win_matrix(board: Board, window: Window = Window.ALL) -> list[PairRecord]:
    """Every pair that met on a board, in order of names."""
    return [
        PairRecord(
            first,
            second,
            wins,
            losses,
            ties,
            both_bad,
            share=(wins + (ties + both_bad) / 2) / (wins + losses + ties + both_bad),
        )
        for first, second, wins, losses, ties, both_bad in counts_of(
            Variant(board, Style.PLAIN, window), as_cast=True
        ).as_counts()
    ]


@dataclass(frozen=True, slots=True)
class BoardFragility:
    """How few votes carry the first place of a board, and of how many."""

    board: Board
    votes: int
    fragility: FragilityView


def fragilities() -> list[BoardFragility]:
    """How firm first place is on every board as voted, over all time."""
    fits = (
        Leaderboard.objects.filter(style=Style.PLAIN, window=Window.ALL, votes__gt=0)
        .select_related("board")
        .only("votes", "diagnostics", "board")
        .order_by("board__position", "board__name")
    )
    names = dict(Contestant.objects.values_list("slug", "name"))
    return [
        BoardFragility(
            fit.board,
            fit.votes,
            FragilityView(
                names[found["first"]], names[found["second"]], found["votes"], found["share"]
            ),
        )
        for fit in fits
        if (found := fit.diagnostics.get("fragility"))
    ]


@dataclass(frozen=True, slots=True)
class RankOnBoard:
    """A contestant's line on one board, and the number of all lines."""

    board: Board
    row: dict[str, Any]
    total: int


def ranks_of(contestant: Contestant) -> list[RankOnBoard]:
    """Where a contestant stands on every board as voted, over all time."""
    fits = (
        Leaderboard.objects.filter(
            style=Style.PLAIN, window=Window.ALL, rows__contains=[{"contestant": contestant.pk}]
        )
        .select_related("board")
        .order_by("board__position", "board__name")
    )
    return [
        RankOnBoard(
            fit.board,
            next(row for row in fit.rows if row["contestant"] == contestant.pk),
            len(fit.rows),
        )
        for fit in fits
    ]
