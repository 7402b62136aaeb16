"""Reads of boards."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db.models import QuerySet

from arena.contestants.models import Contestant
from arena.contestants.selectors import public_contestants
from ratings import core
from ratings.models import Board, Leaderboard, PairTotal


@dataclass(frozen=True, slots=True)
class LeaderboardRow:
    """A contestant's line on a board; ratings in Elo-scale points, ranks from 1."""

    contestant: Contestant
    rating: float
    lower: float
    upper: float
    rank: int
    rank_low: int
    rank_high: int
    votes: int
    marks: tuple[str, ...]
    bar_left: float  # per cent of the board's range, for drawing the interval
    bar_point: float
    bar_width: float


@dataclass(frozen=True, slots=True)
class LeaderboardView:
    """A board ready to be shown, best contestant first."""

    board: Board
    updated_at: datetime | None
    votes: int
    rows: list[LeaderboardRow]


def boards() -> QuerySet[Board]:
    return Board.objects.all()


def pair_table(board: Board) -> tuple[list[int], core.PairTable]:
    """The counts of a board as the rating core takes them, with the contestants' ids in order."""
    contestants = list(public_contestants().order_by("id").values_list("id", "slug"))
    ids = [pk for pk, _ in contestants]
    cells = np.array(
        PairTotal.objects.filter(board=board)
        .order_by("first_id", "second_id")
        .values_list("first_id", "second_id", "first_wins", "second_wins", "ties", "both_bad"),
        dtype=np.int64,
    ).reshape(-1, 6)
    return ids, core.PairTable(
        models=tuple(slug for _, slug in contestants),
        first=np.searchsorted(ids, cells[:, 0]),
        second=np.searchsorted(ids, cells[:, 1]),
        first_wins=cells[:, 2].astype(float),
        second_wins=cells[:, 3].astype(float),
        ties=cells[:, 4].astype(float),
        both_bad=cells[:, 5].astype(float),
    )


def leaderboard(board: Board) -> LeaderboardView:
    """The latest fit of a board."""
    fitted = Leaderboard.objects.filter(board=board).first()
    if fitted is None:
        return LeaderboardView(board, None, 0, [])
    contestants = Contestant.objects.in_bulk([row["contestant"] for row in fitted.rows])
    rated = [row for row in fitted.rows if row["votes"]]
    low = min((row["lower"] for row in rated), default=0.0)
    span = max((row["upper"] for row in rated), default=1.0) - low or 1.0
    rows = [
        LeaderboardRow(
            contestant=contestants[row["contestant"]],
            **{key: row[key] for key in ("rating", "lower", "upper", "votes")},
            **{key: row[key] for key in ("rank", "rank_low", "rank_high")},
            marks=tuple(row["marks"]),
            bar_left=100 * (row["lower"] - low) / span,
            bar_point=100 * (row["rating"] - low) / span,
            bar_width=100 * (row["upper"] - row["lower"]) / span,
        )
        for row in rated
    ]
    return LeaderboardView(board, fitted.fitted_at, fitted.votes, rows)
