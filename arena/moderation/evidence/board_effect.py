"""The effect of counting or excluding votes on a board."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from django.db.models import F, QuerySet
from numpy.typing import NDArray

from arena.battles.models import Turn
from arena.battles.voting.boards import boards_of
from arena.contestants.models import Contestant
from arena.leaderboards.boards import OVERALL
from arena.leaderboards.counting.pairs import lower_id_first
from arena.leaderboards.counting.totals import counts_of
from arena.leaderboards.models import Board
from arena.leaderboards.variants import Variant
from arena.moderation.evidence.votes import COUNTED, CaseVote
from ratings import engine

TOP = 10


Changes = NDArray[np.int64]
"""Changes of a board's counts, shape (votes, 4): the ids of the pair, the lower first, the index of
the outcome, and the weight in tenths."""


def changes(votes: Collection[CaseVote], delta: int) -> Changes:
    """The changes of counts if these votes are added (delta 1) or removed (-1)."""
    seen = [
        (lower_id_first(vote.a, vote.b, vote.outcome), delta * vote.tenths)
        for vote in votes
        if not vote.is_gold
    ]
    rows = [(vote.first, vote.second, vote.place, tenths) for vote, tenths in seen]
    return np.array(rows, dtype=np.int64).reshape(-1, 4)


@dataclass(frozen=True, slots=True)
class Shift:
    """A contestant's rating in points and rank on a board, before and after a change of it."""

    contestant: Contestant
    before: float
    after: float
    rank_before: int
    rank_after: int

    @property
    def points(self) -> float:
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class BoardEffect:
    """The effect of changed counts on a board; the largest shifts first.

    `max_top_shift` is the most points by which a top-10 model, before or after, moves.
    """

    board: Board
    votes: int
    shifts: list[Shift]
    max_top_shift: float

    @property
    def largest(self) -> list[Shift]:
        return [shift for shift in self.shifts[:TOP] if abs(shift.points) >= 0.05]


def board_effect(board: Board, before: Changes, after: Changes) -> BoardEffect:
    """How the ratings differ between the board's counts with `before` and with `after` applied."""
    counts = counts_of(Variant(board))
    named = np.concatenate([before[:, :2].ravel(), after[:, :2].ravel()])
    ids = np.union1d(np.array(counts.ids, dtype=np.int64), named)
    fits = []
    for changed in (before, after):
        cells = np.zeros((len(ids), len(ids), 4))
        place = np.searchsorted(ids, np.array(counts.ids, dtype=np.int64))
        cells[place[counts.table.first], place[counts.table.second]] = counts.table.cells
        first, second = np.searchsorted(ids, changed[:, 0]), np.searchsorted(ids, changed[:, 1])
        np.add.at(cells, (first, second, changed[:, 2]), changed[:, 3] / 10)
        cells = np.maximum(cells.round(1), 0.0)
        here, there = np.nonzero(cells.any(axis=2))
        table = engine.PairTable(tuple(map(str, ids)), here, there, *cells[here, there].T)
        fits.append(engine.fit(table))
    old, new = fits
    highest = {*np.argsort(-old.ratings)[:TOP].tolist(), *np.argsort(-new.ratings)[:TOP].tolist()}
    max_top_shift = max((abs(float(new.ratings[i] - old.ratings[i])) for i in highest), default=0.0)
    contestants = Contestant.objects.in_bulk(ids.tolist())
    shifts = [
        Shift(
            contestant=contestants[int(pk)],
            before=float(old.ratings[i]),
            after=float(new.ratings[i]),
            rank_before=int(old.rank[i]),
            rank_after=int(new.rank[i]),
        )
        for i, pk in enumerate(ids)
    ]
    shifts.sort(key=lambda shift: -abs(shift.points))
    return BoardEffect(board, max(len(before), len(after)), shifts, max_top_shift)


def effect_without(board: Board, votes: Sequence[CaseVote]) -> BoardEffect:
    """A board without these votes, compared with the board where all reviewable ones count."""
    reviewable = [vote for vote in votes if vote.is_reviewable]
    if board.slug != OVERALL:
        reviewable = on_board(reviewable, board.slug)
    before = changes_to([(vote, True) for vote in reviewable])
    return board_effect(board, before, changes_to([(vote, False) for vote in reviewable]))


def on_board(votes: Sequence[CaseVote], slug: str) -> list[CaseVote]:
    """The votes that count on a board, or would."""
    found = boards_by_vote(vote.texts for vote in votes)
    return [vote for vote in votes if slug in found[vote.texts]]


def boards_by_vote(votes: Iterable[int]) -> dict[int, set[str]]:
    """The slugs of the boards that each of these votes (ids) counts on."""
    turns: dict[int, list[Turn]] = {}
    columns = ("number", "repeats_id", "topics", "language")
    kept: QuerySet[Turn] = Turn.objects.kept()
    found = kept.filter(battle__vote__in=list(votes)).only("battle_id", *columns)
    for turn in found.annotate(vote=F("battle__vote")):
        turns.setdefault(turn.vote, []).append(turn)
    return {vote: boards_of(own) for vote, own in turns.items()}


def effect_of_standing(votes: Sequence[CaseVote], standing: str) -> BoardEffect | None:
    """The change of the overall board if these votes get a standing; None if it does not change."""
    after = changes_to([(vote, standing == COUNTED) for vote in votes])
    if not len(after):
        return None
    return board_effect(Board.objects.get(slug=OVERALL), changes([], 1), after)


def changes_to(votes: Iterable[tuple[CaseVote, bool]]) -> Changes:
    """The changes of counts after which each of these votes counts, or does not."""
    each = list(votes)
    come = [vote for vote, counts in each if counts and vote.standing != COUNTED]
    gone = [vote for vote, counts in each if not counts and vote.standing == COUNTED]
    return np.concatenate([changes(come, 1), changes(gone, -1)])
