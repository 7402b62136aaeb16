"""What a board predicts of votes."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from arena.integrity.statistics.voter.tie_rates import tie_tolerance

Floats = NDArray[np.float64]

Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Expected:
    """The prediction of one vote of each voter, by the board fitted without the voter.

    Attributes:
        difference: strength of side a minus that of side b, in log-odds, shape (voters,).
        error: standard error of `difference`, shape (voters,).
        gradient_sign: whether a win of a raises each model's rating, shape (voters, models).
        closeness, tie_tolerance: what the test of ties needs of the pair, shape (voters,) each; see
            `tie_rates`.
    """

    difference: Floats
    error: Floats
    gradient_sign: NDArray[np.bool_]
    closeness: Floats = field(default_factory=lambda: np.zeros(1))
    tie_tolerance: Floats = field(default_factory=lambda: np.zeros(1))


@dataclass(frozen=True, slots=True)
class Prediction:
    """A fitted board.

    Args:
        strengths: in log-odds, shape (models,).
        covariance: the inverse Hessian of the fit, shape (models, models). Entry (m, a) less entry
            (m, b) has the sign of what a win of a over b does to the rating of m.
        closeness: of each pair, as `TieCurve.closeness`, shape (models, models); None if ties
            are not tested.
    """

    strengths: Floats
    covariance: Floats
    closeness: Floats | None = None

    def expected(self, a: Indices, b: Indices) -> Expected:
        """Predict votes between a and b, shape (voters,) each."""
        c = self.covariance
        variance = c[a, a] + c[b, b] - 2 * c[a, b]
        return Expected(
            difference=self.strengths[a] - self.strengths[b],
            error=np.sqrt(np.maximum(variance, 0.0)),
            gradient_sign=(c[:, a] > c[:, b]).T,
            closeness=np.zeros(len(a)) if self.closeness is None else self.closeness[a, b],
            tie_tolerance=tie_tolerance(self.strengths[a], self.strengths[b]),
        )
