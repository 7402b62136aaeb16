"""What one vote changes: the ratings of its two models with it, against those without it.

To refit a board without each of a thousand votes takes a thousand fits. One Newton step from the
fit with the vote to the one without it (Pregibon 1981, "Logistic regression diagnostics", Annals of
Statistics 9(4), section 4) takes none, and is exact to the second order. `exact_influence` of
`ratings.engine.fragility` is its slow twin.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from ratings.engine.bradley_terry import DEFAULT, inverse_hessian, points_per_logit, solve
from ratings.engine.conventions import Conventions
from ratings.engine.fragility.counts import SCORES
from ratings.engine.tables import Floats, Indices, PairTable

LEAST_LEFT = 0.5
"""Share of what is known of a pair that is taken to be left without the vote, at least: a table
may be a moment older than the vote."""


@dataclass(frozen=True, slots=True)
class SingleVotes:
    """A fitted board, ready to say what single votes in it change.

    Attributes:
        strengths: in log-odds, shape (models,).
        inverse: of the Hessian, in square log-odds, shape (models, models).
        centred: the same against the average of the board.
        scale: points per unit of log-odds.
    """

    strengths: Floats
    inverse: Floats
    centred: Floats
    scale: float

    @classmethod
    def of(cls, table: PairTable, conventions: Conventions = DEFAULT) -> Self:
        """Fit a board."""
        strengths, prior = solve(table, conventions)
        inverse = inverse_hessian(table, strengths, prior, conventions)
        centred = inverse - prior.average @ inverse
        return cls(strengths, inverse, centred, points_per_logit(conventions))

    def points(
        self, first: Indices, second: Indices, outcome: NDArray[np.integer], weight: Floats
    ) -> Floats:
        """Points that each vote gives its first and its second model; shape (votes, 2).

        Args:
            first, second, outcome: votes of the board, as in `PairTable.from_votes`.
            weight: how much each counts, from 0 to 1.
        """
        p = expit(self.strengths[first] - self.strengths[second])
        apart = self.inverse[first] - self.inverse[second]
        votes = np.arange(len(first))
        known = apart[votes, first] - apart[votes, second]
        left = np.maximum(1 - weight * p * (1 - p) * known, LEAST_LEFT)
        step = self.scale * weight * (SCORES[outcome] - p) / left
        gained: Floats = np.stack(
            [
                step * (self.centred[model, first] - self.centred[model, second])
                for model in (first, second)
            ],
            axis=1,
        )
        return gained
