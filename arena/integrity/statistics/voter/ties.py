"""Test whether a voter calls ties where they help or hurt one model. Valid at any time.

On the board a tie, and "both bad", count as half a win for each model. Somebody who calls a tie
whenever a target meets a stronger model, or loses, raises the target without deciding any of its
battles.

**Null hypothesis.** Anyone may call ties as often as they like. For an honest voter the log-odds of
a tie in one battle are anything between

    recent + level + slope * closeness - tolerance    and
    recent + level + slope * closeness + tolerance + tie_tolerance.

- `recent`: how readily the voter called ties in the last few dozen votes, because habits drift.
- `closeness`: the board's log-odds of a tie for this pair minus those for equal models, see
  `tie_rates`.
- level and slope: unknown constants of the voter. The slope says how much more the voter ties if
  models are close: 0 means "on any topic, whatever the models", 4 "only between close models".
- `tolerance`: covers tastes, topics, and errors of the board; it grows with the number of votes as
  in `preference`.
- `tie_tolerance`: lets voters tie more if both models are bad, or both are good.

Within the bounds the probability may depend on anything seen before.

**Universal inference** (Wasserman, Ramdas and Balakrishnan 2020, arXiv 1912.11436). The plane of
levels and slopes is cut into cells. For each cell the test keeps a product of likelihood ratios,
one factor for each vote, against the closest probability that any voter of that cell may have. For
an honest voter the product of the voter's own cell is a test martingale. The e-value is the *least*
of all cells, so it is at most that one, whichever cell it is: it grows only if no habit explains
the ties.

**Alternative.** Before each vote the test predicts the probability of a tie from the voter's
earlier votes, by a logistic regression that learns with each vote: the voter's level and slope, how
much more the voter ties if each model is the weaker one, and if it is the stronger one. Such a
prediction is a valid alternative (Dawid 1984, "Statistical theory: the prequential approach"), and
needs no list of targets or plans. A part of the e-value is unallocated at first and is used in
restarts, as in `preference`.

**Product with the other tests.** First a battle gets a vote (`target_seeking`), then it is a tie or
not, then, if not, one side is picked (`preference`). Each factor has an expectation of at most 1
given everything before, so the product of the e-values is a test martingale for the honest voter's
cell, and the same bound holds for the least of the cells.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from arena.integrity.statistics.prediction import Expected, Floats, Indices

_LEVELS = np.array([-np.inf, *np.arange(-4.0, 4.1, 0.25), np.inf])
_SLOPES = np.array([0.0, 0.5, 1.0, 1.5, 2.5, 4.5])
_CELLS = [(level, slope) for level in range(len(_LEVELS) - 1) for slope in range(len(_SLOPES) - 1)]

LOW_LEVEL, HIGH_LEVEL = (_LEVELS[[level + i for level, _ in _CELLS]] for i in (0, 1))
LOW_SLOPE, HIGH_SLOPE = (_SLOPES[[slope + i for _, slope in _CELLS]] for i in (0, 1))
"""Bounds of the cells, in log-odds of a tie, shape (cells,) each."""

UNALLOCATED = 0.7
"""Weight of what bets on nothing at first."""

RESTART_EVERY = 10
"""After so many votes the bets restart with a part of the unallocated rest."""

RESTART_OFFSET = 50
"""At the k-th restart the part is 1 / (k + this)."""

FIRST_LEVEL = -1.5
"""Predicted log-odds of a tie between equal models before the first vote."""

CAUTION = np.array([5.0, 10.0, 1.0])
"""Information, in votes, of the first guesses of level, slope and excess."""

MEMORY = np.array([5.0, np.inf, 3.0])
"""The most information that is kept of each: habits drift, and riggers may turn."""

LEAST_EXCESS, MOST_EXCESS = -0.5, 5.0
"""Bounds of the excess, in log-odds: the bet is on ties, hardly on their absence."""

MAX_LOG_ODDS = 4.0
"""No tie is predicted with larger log-odds."""


@dataclass(frozen=True, slots=True)
class TieNullHypothesis:
    """How far an honest voter's log-odds of a tie may be from level and slope; see the module."""

    tolerance: float = 0.4
    error_multiple: float = 1.0
    adaptation_votes: float = 100.0
    adaptation_rate: float = 0.8

    def bounds(self, expected: Expected, votes: Floats) -> tuple[Floats, Floats]:
        """Lowest and highest honest log-odds of a tie for each cell, without `recent`.

        Args:
            votes: how many votes each voter cast before, shape (voters,).

        Returns:
            Shape (voters, cells) each.
        """
        tolerance = self.tolerance + self.adaptation_rate * np.log(
            np.maximum(votes / self.adaptation_votes, 1.0)
        )
        tolerance = (tolerance + self.error_multiple * expected.error)[:, None]
        closeness = expected.closeness[:, None]
        one, other = LOW_SLOPE * closeness, HIGH_SLOPE * closeness
        low: Floats = LOW_LEVEL + np.minimum(one, other) - tolerance
        high: Floats = (
            HIGH_LEVEL + np.maximum(one, other) + tolerance + expected.tie_tolerance[:, None]
        )
        return low, high


class Ties:
    """Evidence from the ties of several voters side by side.

    Attributes:
        values: log-e-values against each cell, shape (voters, cells).
        unallocated: logarithm of what is left of the unallocated part, shape (voters,).
        learnt: coefficients of the prediction: level, slope, and how much more a voter ties if each
            model is the weaker one, then if it is the stronger one; shape (voters, 2 + 2 models).
        information: what each coefficient rests on, in the same shape.
    """

    def __init__(
        self, voters: int, models: int, null: TieNullHypothesis = TieNullHypothesis()
    ) -> None:
        self.models = models
        self.null = null
        self.values = np.zeros((voters, len(_CELLS)))
        self.unallocated = np.zeros(voters)
        self.votes = np.zeros(voters)
        self.learnt = np.zeros((voters, 2 + 2 * models))
        self.learnt[:, :2] = FIRST_LEVEL, 1.0
        self.information = np.empty_like(self.learnt)
        self.information[:, :2], self.information[:, 2:] = CAUTION[:2], CAUTION[2]

    def packed(self, voter: int = 0) -> bytes:
        """The evidence of one voter as float64 values; empty before the first vote."""
        if not self.votes[voter]:
            return b""
        head = self.votes[voter], self.unallocated[voter]
        parts = (self.values, self.learnt, self.information)
        return np.concatenate([head, *(part[voter] for part in parts)]).tobytes()

    @classmethod
    def unpacked(cls, packed: bytes, models: int) -> Self:
        """The inverse of `packed`, with room for new models at the highest places.

        The prediction for a new model starts without any excess.
        """
        evidence = cls(1, models)
        if packed:
            kept = np.frombuffer(packed)
            cells = len(_CELLS)
            evidence.votes[0], evidence.unallocated[0] = kept[:2]
            evidence.values[0] = kept[2 : 2 + cells]
            known = (len(kept) - 2 - cells) // 4 - 1
            rows = kept[2 + cells :].reshape(2, 2 + 2 * known)
            for part, row in zip((evidence.learnt, evidence.information), rows, strict=True):
                part[0, :2] = row[:2]
                part[0, 2 : 2 + known] = row[2 : 2 + known]
                part[0, 2 + models : 2 + models + known] = row[2 + known :]
        return evidence

    def update(self, expected: Expected, a: Indices, b: Indices, tied: NDArray[np.bool_]) -> None:
        """Update the evidence with one vote of each voter.

        Args:
            a, b: the models on the sides, shape (voters,).
            tied: whether it is a tie or both bad, shape (voters,).
        """
        voter = np.arange(len(a))
        a_is_weaker = expected.difference < 0
        weaker = 2 + np.where(a_is_weaker, a, b)
        stronger = 2 + self.models + np.where(a_is_weaker, b, a)
        columns = np.stack([np.zeros_like(a), np.ones_like(a), weaker, stronger], axis=1)
        size = np.ones(columns.shape)
        size[:, 1] = expected.closeness
        learnt = self.learnt[voter[:, None], columns]
        recent = learnt[:, :1]
        predicted = np.clip((learnt * size).sum(axis=1), -MAX_LOG_ODDS, MAX_LOG_ODDS)
        low, high = (recent + bound for bound in self.null.bounds(expected, self.votes))
        closest = np.clip(predicted[:, None], low, high)
        turned = np.where(tied, -1.0, 1.0)
        bet = np.log1p(np.exp(turned * predicted))
        self.values += np.log1p(np.exp(turned[:, None] * closest)) - bet[:, None]
        self.votes += 1
        self._learn(voter[:, None], columns, size, tied - expit(predicted))
        self._restart()

    def log_e(self) -> Floats:
        """The logarithm of each voter's e-value, shape (voters,)."""
        least = self.values.min(axis=1)
        whole: Floats = np.logaddexp(
            np.log(1 - UNALLOCATED) + least, np.log(UNALLOCATED) + self.unallocated
        )
        return whole

    def favoured(self, voter: int = 0) -> tuple[int, bool]:
        """The model with the largest excess of ties, and whether the ties help it.

        They help it if they are in battles with stronger models.
        """
        place = int(self.learnt[voter, 2:].argmax())
        return place % self.models, place < self.models

    def _learn(self, voter: Indices, columns: Indices, size: Floats, miss: Floats) -> None:
        """Take a Newton step for each coefficient alone, scaled by its information."""
        spread = np.abs(miss) * (1 - np.abs(miss))
        known = self.information[voter, columns] + spread[:, None] * size**2
        known = np.minimum(known, MEMORY[[0, 1, 2, 2]])
        learnt = self.learnt[voter, columns] + miss[:, None] * size / known
        learnt[:, 1] = np.clip(learnt[:, 1], _SLOPES[0], _SLOPES[-1])
        learnt[:, 2:] = np.clip(learnt[:, 2:], LEAST_EXCESS, MOST_EXCESS)
        self.information[voter, columns], self.learnt[voter, columns] = known, learnt

    def _restart(self) -> None:
        """Restart the bets of voters for whom it is time; the mixture keeps its value."""
        now = np.flatnonzero(self.votes % RESTART_EVERY == 0)
        if len(now):
            part = 1 / (self.votes[now] / RESTART_EVERY + RESTART_OFFSET)
            restarted = self.unallocated[now] + np.log(part * UNALLOCATED / (1 - UNALLOCATED))
            self.values[now] = np.logaddexp(self.values[now], restarted[:, None])
            self.unallocated[now] += np.log1p(-part)
