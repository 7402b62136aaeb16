"""What the board expects of a vote when the voter's own votes are left out of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from arena.integrity.core.preference import Expected, Floats, Prediction
from ratings.core import PairTable
from ratings.core.bradley_terry import inverse_hessian, solve

UNKNOWN = 1e3  # standard error of a difference that no vote tells of, in log-odds


def predict(table: PairTable) -> Prediction:
    """The board's prediction from its counts."""
    strengths, design, _ = solve(table)
    covariance = inverse_hessian(table, strengths, design)
    rows = covariance - covariance.mean(axis=0)
    return Prediction(strengths, rows - rows.mean(axis=1)[:, None])


@dataclass(frozen=True, slots=True)
class Board:
    """Counts of a board, whose models have these places among all `models` known."""

    table: PairTable
    places: Sequence[int]
    models: int

    def expected(self, own: Floats, a: int, b: int) -> Expected:
        """What the board without these votes expects of one vote between the models a and b.

        Args:
            own: the voter's counts per pair of the table and outcome, shape (pairs, 4).
            a, b: places among all models.
        """
        helps_a = np.zeros((1, self.models), dtype=bool)
        helps_a[0, a] = True
        rest = self.table.with_cells(np.maximum(self.table.cells - own, 0.0))
        inside = {place: index for index, place in enumerate(self.places)}
        if a not in inside or b not in inside or not rest.total:
            return Expected(np.zeros(1), np.array([UNKNOWN]), helps_a)
        prediction = predict(rest)
        found = prediction.expected(np.array([inside[a]]), np.array([inside[b]]))
        helps_a[0, self.places] = found.helps_a[0]
        return Expected(found.difference, found.error, helps_a)
