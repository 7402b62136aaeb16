"""Best-of-k bias: what a provider gains by chance if it enters k variants and shows the best.

Singh et al. 2025, The Leaderboard Illusion, arXiv 2504.20879, section 3: the highest of k noisy
ratings of equally strong variants is above their true rating.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from ratings.engine.bradley_terry import Leaderboard
from ratings.engine.ranks import difference_variance


@dataclass(frozen=True, slots=True)
class Multiplicity:
    """A provider's entries, and the points that its best one is expected to gain by chance."""

    entries: int
    expected_gain: float


def expected_gain(k: int, error: float) -> float:
    """Expected highest of k independent ratings with this standard error, above the truth.

    In the units of `error`: error times the expected maximum of k standard normals.

    Raises:
        ValueError: k is below 1.
    """
    if k < 1:
        raise ValueError("A provider enters at least once.")
    # The trapezoidal rule converges exponentially: all derivatives vanish at both ends.
    x = np.linspace(-12, 12, 2001)
    density = np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
    return error * float(np.trapezoid(x * k * density * ndtr(x) ** (k - 1), x))


def multiplicities(
    board: Leaderboard, providers: Mapping[str, Sequence[str]]
) -> dict[str, Multiplicity]:
    """For each provider with at least two entries on the board: the best-of-k bias of its best.

    The error is that of the entries among each other: half the mean variance of their
    differences, which is exact for two entries, and for more if they had equally many votes.
    """
    index = {model: position for position, model in enumerate(board.models)}
    differences = difference_variance(board.covariance)
    found = {}
    for provider, models in providers.items():
        entries = [index[model] for model in models if model in index]
        k = len(entries)
        if k < 2:
            continue
        mean = differences[np.ix_(entries, entries)].sum() / (k * (k - 1))
        found[provider] = Multiplicity(k, expected_gain(k, float(np.sqrt(max(mean, 0.0) / 2))))
    return found
