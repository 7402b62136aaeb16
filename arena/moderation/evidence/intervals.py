"""Confidence intervals of shares."""

import numpy as np
from numpy.typing import NDArray

from arena.integrity.statistics.prediction import Floats

Z = 1.96


def wilson_interval(share: Floats, n: NDArray[np.integer]) -> tuple[Floats, Floats]:
    """95% intervals of shares of `n`, in their shape.

    Wilson 1927, Journal of the American Statistical Association 22, 209-212.
    """
    centre = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * np.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    return np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)
