"""What the board expects of a vote when the voter's own votes are left out of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from arena.integrity.core.preference import Expected, Floats, Prediction
from ratings.core import PairTable
from ratings.core.bradley_terry import CLOSE, inverse_hessian, solve

UNKNOWN = 1e3  # standard error of a difference that no vote tells of, in log-odds
CHORDS = 8  # steps along the whole board's Hessian before a fit of its own is quicker


def predict(table: PairTable, *, start: Floats | None = None) -> Prediction:
    """The board's prediction from its counts; quicker from the strengths of almost the same."""
    strengths, design, _ = solve(table, start=start)
    return _predicted(strengths, inverse_hessian(table, strengths, design))


def _predicted(strengths: Floats, covariance: Floats) -> Prediction:
    rows = covariance - covariance.mean(axis=0)
    return Prediction(strengths, rows - rows.mean(axis=1)[:, None])


@dataclass(frozen=True, slots=True)
class Board:
    """Counts of a board, whose models have these places among all `models` known.

    `strengths` are those of the whole board, where the fit without a voter starts from, `inverse`
    its inverse Hessian there, and `fixed` says that votes alone fix all of them.
    """

    table: PairTable
    places: Sequence[int]
    models: int
    strengths: Floats = field(init=False)
    inverse: Floats = field(init=False)
    fixed: bool = field(init=False)

    def __post_init__(self) -> None:
        strengths, design, marks = solve(self.table)
        object.__setattr__(self, "strengths", strengths)
        object.__setattr__(self, "inverse", inverse_hessian(self.table, strengths, design))
        object.__setattr__(self, "fixed", not any(marks))

    def without(self, own: Floats) -> "Remainder":
        """The board as it would be without these votes.

        Args:
            own: the voter's counts per pair of the table and outcome, shape (pairs, 4).
        """
        rest = self.table.with_cells(np.maximum(self.table.cells - own, 0.0))
        prediction = None
        if rest.total:
            prediction = self._near(rest) or predict(rest, start=self.strengths)
        return Remainder(prediction, {p: i for i, p in enumerate(self.places)}, self.models)

    def _near(self, rest: PairTable) -> Prediction | None:
        """The prediction of almost the same counts, if there votes alone fix all strengths too.

        The chord method: Newton's steps with the whole board's Hessian, which is inverted already.
        The error falls in each step by about the share of the votes that is missing.
        """
        if not self.fixed or (_scored(rest) != _scored(self.table)).any():
            return None
        n, score, votes = len(self.strengths), rest.score, rest.votes
        strengths = self.strengths.copy()
        for _ in range(CHORDS):
            residual = score - votes * expit(strengths[rest.first] - strengths[rest.second])
            gradient = np.bincount(rest.first, residual, n) - np.bincount(rest.second, residual, n)
            step = self.inverse @ gradient
            strengths += step - step.mean()
            if np.ptp(step) <= CLOSE:
                unmarked = np.zeros((0, n))
                return _predicted(strengths, inverse_hessian(rest, strengths, unmarked))
        return None


def _scored(table: PairTable) -> NDArray[np.bool_]:
    """Whether the first, and the second, of each pair ever scored: what strengths are fixed by."""
    score = table.score
    return np.stack([score > 0, table.votes > score])


@dataclass(frozen=True, slots=True)
class Remainder:
    """A board fitted without one voter; `inside` says where in it each known place stands."""

    prediction: Prediction | None
    inside: dict[int, int]
    models: int

    def expected(self, a: int, b: int) -> Expected:
        """What it expects of one vote between the models at places a and b."""
        helps_a = np.zeros((1, self.models), dtype=bool)
        helps_a[0, a] = True
        if self.prediction is None or a not in self.inside or b not in self.inside:
            return Expected(np.zeros(1), np.array([UNKNOWN]), helps_a)
        found = self.prediction.expected(np.array([self.inside[a]]), np.array([self.inside[b]]))
        helps_a[0, list(self.inside)] = found.helps_a[0]
        return Expected(found.difference, found.error, helps_a)
