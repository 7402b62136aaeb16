"""How often models tie on a board, as a function of how far apart they are."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

Floats = NDArray[np.float64]

VOTES_OF_CURVE = 50.0
"""At so many votes, a pair's own share of ties counts as much as the curve of all pairs."""

MIN_CLOSENESS = -8.0  # in log-odds

STEPS = 20  # of Newton's method at most; five are usual

BOTH_BAD, BOTH_GOOD = 3.0, 2.0
"""Tolerance per log-odds that a pair is below average on the whole, or that both are above it."""


@dataclass(frozen=True, slots=True)
class TieCurve:
    """Log-odds of a tie by the difference d of two models: `equals` - `slope` * log cosh(d / 2).

    A slope of 1 is nearly the model of Davidson (1970, "On extending the Bradley-Terry model to
    accommodate ties in paired comparison experiments"); with a slope of 2 the share of ties is
    proportional to p (1 - p).
    """

    equals: float
    slope: float

    @classmethod
    def of(cls, difference: Floats, tied: Floats, votes: Floats) -> Self:
        """By maximum likelihood with a weak prior, from the counts of pairs, shape (pairs,)."""
        x = np.stack([np.ones_like(difference), -_log_cosh(difference / 2)])
        prior, weight = np.array([-1.0, 2.0]), np.diag([1.0, 10.0])
        found = prior.copy()
        for _ in range(STEPS):
            p = expit(found @ x)
            gradient = x @ (tied - votes * p) - weight @ (found - prior)
            step = np.linalg.solve((x * (votes * p * (1 - p))) @ x.T + weight, gradient)
            found = found + np.clip(step, -1.0, 1.0)
            if np.abs(step).max() < 1e-9:
                break
        return cls(float(found[0]), float(max(found[1], 0.0)))

    def closeness(self, difference: Floats, tied: Floats, votes: Floats) -> Floats:
        """Log-odds of a tie of pairs with these counts, less those of equals, shape (pairs,)."""
        expected = self.equals - self.slope * _log_cosh(difference / 2)
        share = (tied + VOTES_OF_CURVE * expit(expected)) / (votes + VOTES_OF_CURVE)
        found: Floats = np.maximum(logit(share) - self.equals, MIN_CLOSENESS)
        return found


def tie_tolerance(first: Floats, second: Floats) -> Floats:
    """Log-odds that an honest voter may tie more if both models are bad, or both good.

    Args:
        first, second: strengths of the models in log-odds, whose mean over the board is 0.
    """
    bad = np.maximum(-(first + second) / 2, 0.0)
    good = np.maximum(np.minimum(first, second), 0.0)
    tolerance: Floats = BOTH_BAD * bad + BOTH_GOOD * good
    return tolerance


def _log_cosh(x: Floats) -> Floats:
    found: Floats = np.logaddexp(x, -x) - np.log(2)
    return found
