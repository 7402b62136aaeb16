"""How far a single vote moves its two models on the overall board."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from django.core.cache import caches
from django.utils.translation import gettext as _

from arena.battles.models import Vote
from arena.contestants.models import Contestant
from arena.leaderboards import models as ratings
from arena.leaderboards.boards import OVERALL
from arena.leaderboards.counting.totals import counts_of
from arena.leaderboards.models import Leaderboard, Style
from arena.leaderboards.variants import Variant
from ratings import engine

FITTED_SECONDS = 60  # how long a process uses the same fit
MIN_POINTS = 0.01  # a smaller effect is not shown


@dataclass(frozen=True, slots=True)
class Effect:
    """Points that a vote gives its two models on the overall board, at the weight that it has."""

    a: Contestant
    b: Contestant
    points_a: float
    points_b: float

    @property
    def sentence(self) -> str:
        """In words."""
        moved = [
            _moved(contestant, points)
            for contestant, points in ((self.a, self.points_a), (self.b, self.points_b))
            if abs(points) >= MIN_POINTS
        ]
        if not moved:
            return _("It moves neither model by a hundredth of a point on the overall board.")
        return _("What it changes on the overall board: %(moved)s.") % {"moved": ", ".join(moved)}


def _moved(contestant: Contestant, points: float) -> str:
    return _("%(model)s %(points)s points") % {
        "model": contestant.name,
        "points": f"{points:+.2f}".replace("-", "\N{MINUS SIGN}"),
    }


def effects_of(shares: Mapping[Vote, float]) -> dict[int, Effect]:
    """What votes that count change on the overall board, by the vote's id.

    Args:
        shares: how much each of them counts, from 0 to 1.
    """
    board = _fitted_board() if shares else None
    if board is None:
        return {}
    place = {pk: number for number, pk in enumerate(board.ids)}
    votes = {vote.pk: vote for vote in shares}
    rows = [
        (pk, place[vote.battle.contestant_a_id], place[vote.battle.contestant_b_id])
        for pk, vote in votes.items()
        if {vote.battle.contestant_a_id, vote.battle.contestant_b_id} <= place.keys()
    ]
    pks, a, b = np.array(rows, dtype=int).reshape(-1, 3).T
    outcomes = np.array([engine.OUTCOMES.index(votes[pk].outcome) for pk in pks], dtype=int)
    weights = np.array([shares[votes[pk]] for pk in pks], dtype=float)
    gained = board.fit.points(a, b, outcomes, weights)
    return {
        pk: Effect(votes[pk].battle.contestant_a, votes[pk].battle.contestant_b, *points)
        for pk, points in zip(pks.tolist(), gained.tolist(), strict=True)
    }


class _Board(NamedTuple):
    """The overall board as fitted: the ids of its contestants in the order of the fit."""

    ids: list[int]
    fit: engine.SingleVotes


def _fitted_board() -> _Board | None:
    """The overall board as of the last minute; None if there is none yet."""
    fitted = Leaderboard.objects.filter(
        board__slug=OVERALL, style=Style.PLAIN, window=ratings.Window.ALL, votes__gt=0
    )
    leaderboard = fitted.select_related("board").only("board").first()
    if leaderboard is None:
        return None
    key = f"battles:single-votes:{leaderboard.pk}"
    found: _Board | None = caches["process"].get(key)
    if found is None:
        counts = counts_of(Variant(leaderboard.board))
        found = _Board(counts.ids, engine.SingleVotes.of(counts.table))
        caches["process"].set(key, found, FITTED_SECONDS)
    return found
