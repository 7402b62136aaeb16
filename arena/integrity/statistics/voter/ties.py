"""Whether a voter calls ties where they help or hurt one model: a test that is valid at any time.

On the board a tie, and "both bad", count half a win for either model. Who always calls a tie where
a target meets a stronger model, or where it loses, lifts it without ever deciding a battle for it.

**Null.** Anyone may call ties as often as they like. The log-odds of a tie in one battle are, for
an honest voter, anything between

    lately + level + slope * closeness - room    and
    lately + level + slope * closeness + room + extra.

`lately` is how readily the voter called ties in the last few dozen votes, for habits drift.
`closeness` is the board's own log-odds of a tie for this pair less those for equals
(`arena.integrity.statistics.voter.tie_rates`). The level and the slope (how much more the voter
ties where models are close: 0 for "on any topic, whatever the models", 4 for "only between close
models") are unknown constants of the voter. `room` covers tastes, topics, and what the board knows
badly, and grows with the votes as `arena.integrity.statistics.voter.preference` has it; `extra`
lets voters tie as they like where both models are bad, or both good. Within the bounds the
probability may depend on anything seen before.

**Universal inference** (Wasserman, Ramdas and Balakrishnan 2020, arXiv 1912.11436). The plane of
levels and slopes is cut into cells. For each cell a product of likelihood ratios is kept, one
factor a vote, against the closest probability that any voter of that cell may have. The product of
the true cell is a test martingale of an honest voter. The e-value is the *least* of all cells, so
it is at most that one, whatever the voter's habit is: it grows only where no habit explains the
ties.

**Alternative.** Before each vote the probability of a tie is predicted from the voter's earlier
votes alone, by a logistic regression that learns with each vote: the voter's level and slope, how
much more the voter ties where each model is the weaker one, and where it is the stronger one. Such
a prediction is a valid alternative (Dawid 1984, "Statistical theory: the prequential approach"),
and needs no list of targets or plans. A part of the e-value bets on nothing at first and is dealt
out little by little, as in `arena.integrity.statistics.voter.preference`.

**Together with the other tests.** First a battle gets a vote (`seeking`), then it is a tie or not,
then, if not, one side is picked (`preference`). Each has a factor whose expectation is at most 1
given all before, so the product of the e-values is a test martingale of the honest voter's cell
times theirs, and the same bound holds for the least of the cells.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from arena.integrity.statistics.voter.preference import Expected, Floats, Indices

_LEVELS = np.array([-np.inf, *np.arange(-4.0, 4.1, 0.25), np.inf])
_SLOPES = np.array([0.0, 0.5, 1.0, 1.5, 2.5, 4.5])
_CELLS = [(level, slope) for level in range(len(_LEVELS) - 1) for slope in range(len(_SLOPES) - 1)]

LOW_LEVEL, HIGH_LEVEL = (_LEVELS[[level + i for level, _ in _CELLS]] for i in (0, 1))
LOW_SLOPE, HIGH_SLOPE = (_SLOPES[[slope + i for _, slope in _CELLS]] for i in (0, 1))
"""Bounds of the cells, in log-odds of a tie, shape (cells,) each."""

IDLE = 0.7
"""Part of the e-value that bets on nothing at first."""

BEGUN_EVERY = 10
"""After so many votes the bets begin anew with a part of what is idle."""

BEGUN_SLOWLY = 50
"""The k-th time the part is 1 / (k + this)."""

FIRST_LEVEL = -1.5
"""Log-odds of a tie between equals that is foretold of a voter who cast no vote yet."""

CAUTION = np.array([5.0, 10.0, 1.0])
"""Votes' information that the first guesses of level, slope and excess are worth."""

MEMORY = np.array([5.0, np.inf, 3.0])
"""The same of which older votes are forgotten: habits drift, and riggers may turn."""

LEAST_EXCESS, MOST_EXCESS = -0.5, 5.0
"""Bounds of the excess, in log-odds: the bet is on ties, hardly on their absence."""

SURE = 4.0
"""No vote is foretold with greater log-odds."""


@dataclass(frozen=True, slots=True)
class TieHonesty:
    """The null: how far an honest voter's log-odds of a tie may be from habit and slope."""

    room: float = 0.4
    errors: float = 1.0
    familiar: float = 100.0
    grows: float = 0.8

    def bounds(self, expected: Expected, votes: Floats) -> tuple[Floats, Floats]:
        """Least and greatest honest log-odds of a tie for each cell, less `lately`.

        Both have shape (voters, cells).

        `votes` is how many each voter cast before, shape (voters,).
        """
        room = self.room + self.grows * np.log(np.maximum(votes / self.familiar, 1.0))
        room = (room + self.errors * expected.error)[:, None]
        closeness = expected.closeness[:, None]
        one, other = LOW_SLOPE * closeness, HIGH_SLOPE * closeness
        low: Floats = LOW_LEVEL + np.minimum(one, other) - room
        high: Floats = HIGH_LEVEL + np.maximum(one, other) + room + expected.extra[:, None]
        return low, high


class Ties:
    """Evidence from the ties of some voters side by side.

    `values`, shape (voters, cells), are the log-e-values against each cell, and `idle`, shape
    (voters,), the part that is left of what bets on nothing. The prediction's coefficients and the
    information that each rests on have shape (voters, 2 + 2 models): level, slope, and how much
    more a voter ties where each model is weaker, then where each is stronger.
    """

    def __init__(self, voters: int, models: int, honesty: TieHonesty = TieHonesty()) -> None:
        self.models = models
        self.honesty = honesty
        self.values = np.zeros((voters, len(_CELLS)))
        self.idle = np.zeros(voters)
        self.votes = np.zeros(voters)
        self.learnt = np.zeros((voters, 2 + 2 * models))
        self.learnt[:, :2] = FIRST_LEVEL, 1.0
        self.information = np.empty_like(self.learnt)
        self.information[:, :2], self.information[:, 2:] = CAUTION[:2], CAUTION[2]

    def packed(self, voter: int = 0) -> bytes:
        """One voter's, float64; no bytes before the first vote."""
        if not self.votes[voter]:
            return b""
        head = self.votes[voter], self.idle[voter]
        parts = (self.values, self.learnt, self.information)
        return np.concatenate([head, *(part[voter] for part in parts)]).tobytes()

    @classmethod
    def unpacked(cls, packed: bytes, models: int) -> Self:
        """One voter's, from `packed`, with room for models that came since, at the highest places.

        A new model was never met: nothing is bet on it yet.
        """
        evidence = cls(1, models)
        if packed:
            kept = np.frombuffer(packed)
            cells = len(_CELLS)
            evidence.votes[0], evidence.idle[0] = kept[:2]
            evidence.values[0] = kept[2 : 2 + cells]
            known = (len(kept) - 2 - cells) // 4 - 1
            rows = kept[2 + cells :].reshape(2, 2 + 2 * known)
            for part, row in zip((evidence.learnt, evidence.information), rows, strict=True):
                part[0, :2] = row[:2]
                part[0, 2 : 2 + known] = row[2 : 2 + known]
                part[0, 2 + models : 2 + models + known] = row[2 + known :]
        return evidence

    def update(self, expected: Expected, a: Indices, b: Indices, tied: NDArray[np.bool_]) -> None:
        """Take one vote of each voter into account.

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
        lately = learnt[:, :1]
        foretold = np.clip((learnt * size).sum(axis=1), -SURE, SURE)
        low, high = (lately + bound for bound in self.honesty.bounds(expected, self.votes))
        closest = np.clip(foretold[:, None], low, high)
        turned = np.where(tied, -1.0, 1.0)
        bet = np.log1p(np.exp(turned * foretold))
        self.values += np.log1p(np.exp(turned[:, None] * closest)) - bet[:, None]
        self.votes += 1
        self._learn(voter[:, None], columns, size, tied - expit(foretold))
        self._begin()

    def log_e(self) -> Floats:
        """The logarithm of each voter's e-value, shape (voters,)."""
        least = self.values.min(axis=1)
        whole: Floats = np.logaddexp(np.log(1 - IDLE) + least, np.log(IDLE) + self.idle)
        return whole

    def helped(self, voter: int = 0) -> tuple[int, bool]:
        """The model whose battles the voter ties most beyond the habit, and whether it is helped.

        It is helped if these are battles with stronger ones.
        """
        place = int(self.learnt[voter, 2:].argmax())
        return place % self.models, place < self.models

    def _learn(self, voter: Indices, columns: Indices, size: Floats, miss: Floats) -> None:
        """Newton's step for each coefficient alone, as far as its information goes."""
        spread = np.abs(miss) * (1 - np.abs(miss))
        known = self.information[voter, columns] + spread[:, None] * size**2
        known = np.minimum(known, MEMORY[[0, 1, 2, 2]])
        learnt = self.learnt[voter, columns] + miss[:, None] * size / known
        learnt[:, 1] = np.clip(learnt[:, 1], _SLOPES[0], _SLOPES[-1])
        learnt[:, 2:] = np.clip(learnt[:, 2:], LEAST_EXCESS, MOST_EXCESS)
        self.information[voter, columns], self.learnt[voter, columns] = known, learnt

    def _begin(self) -> None:
        """Let the bets begin anew where it is time: the whole stays what it was."""
        now = np.flatnonzero(self.votes % BEGUN_EVERY == 0)
        if len(now):
            part = 1 / (self.votes[now] / BEGUN_EVERY + BEGUN_SLOWLY)
            begun = self.idle[now] + np.log(part * IDLE / (1 - IDLE))
            self.values[now] = np.logaddexp(self.values[now], begun[:, None])
            self.idle[now] += np.log1p(-part)
