"""Bounds for tests whose outcome is random by construction, by how often they may fail in vain.

A test of a random figure fails now and then though the code is right. Each such test says how
often: its false-alarm rate. Where seeds are fixed, that is the chance that another seed, or another
order of the draws, turns the test red.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import binom, norm, t

FALSE_ALARM = 1e-6


def at_most(successes: int, trials: int, rate: float, *, false_alarm: float = FALSE_ALARM) -> bool:
    """Whether so many successes may come of independent trials that succeed at most at this rate.

    False comes by chance at most as often as `false_alarm`: the bound is the binomial quantile.
    """
    return bool(successes <= binom.isf(false_alarm, trials, rate))


def at_least(successes: int, trials: int, rate: float, *, false_alarm: float = FALSE_ALARM) -> bool:
    """Whether so few successes may come of independent trials that succeed at least at this rate.

    False comes by chance at most as often as `false_alarm`.
    """
    return at_most(trials - successes, trials, 1 - rate, false_alarm=false_alarm)


def fewer(successes: float, trials: int, rate: float) -> float:
    """How often fewer successes than so many come of independent trials of this rate."""
    return float(binom.cdf(np.ceil(successes) - 1, trials, rate))


def mean_outside(
    values: ArrayLike,
    *,
    low: float = -np.inf,
    high: float = np.inf,
    truth: float | None = None,
) -> float:
    """How often the mean of such values would be outside the bounds if its expectation is `truth`.

    By Student's t with the spread of the values themselves, which must be independent of one
    another: of models on one board, take the board's mean as one value.

    Args:
        truth: None: the mean of these values, as if they were typical.
    """
    drawn = np.asarray(values, np.float64)
    error = drawn.std(ddof=1) / np.sqrt(len(drawn))
    middle = drawn.mean() if truth is None else truth
    of_mean = t(len(drawn) - 1, middle, error)
    return float(of_mean.cdf(low) + of_mean.sf(high))


def standard_errors(figures: int = 1, *, false_alarm: float = FALSE_ALARM) -> float:
    """How many standard errors off, to either side, one of so many normal figures may be."""
    return float(norm.isf(false_alarm / figures / 2))
