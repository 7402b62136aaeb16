"""What the board expects of a vote when the voter's own votes are left out of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from arena.integrity.core.preference import Expected, Floats, Prediction
from ratings.core import PairTable
from ratings.core.bradley_terry import inverse_hessian, solve

UNKNOWN = 1e3  # standard error of a difference that no vote tells of, in log-odds


def predict(table: PairTable, *, start: Floats | None = None) -> Prediction:
    """The board's prediction from its counts; quicker from the strengths of almost the same."""
    strengths, design, _ = solve(table, start=start)
    covariance = inverse_hessian(table, strengths, design)
    rows = covariance - covariance.mean(axis=0)
    return Prediction(strengths, rows - rows.mean(axis=1)[:, None])


@dataclass(frozen=True, slots=True)
class Board:
    """Counts of a board, whose models have these places among all `models` known.

    `strengths` are those of the whole board, where the fit without a voter starts from.
    """

    table: PairTable
    places: Sequence[int]
    models: int
    strengths: Floats = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "strengths", solve(self.table)[0])

    def without(self, own: Floats) -> "Remainder":
        """The board as it would be without these votes.

        Args:
            own: the voter's counts per pair of the table and outcome, shape (pairs, 4).
        """
        rest = self.table.with_cells(np.maximum(self.table.cells - own, 0.0))
        prediction = predict(rest, start=self.strengths) if rest.total else None
        return Remainder(prediction, {p: i for i, p in enumerate(self.places)}, self.models)


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
