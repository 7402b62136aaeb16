"""Test whether some voters, unknown which and how few, rig for one model: evidence is pooled.

Riggers who know their own threshold, or vote honestly half of the time, stay below it; but they
share a target. Evidence about one voter alone pays twice: once because the target is unknown, and
once because nobody else's votes are used.

**Test.** For each plan and model (a "target") every voter v has an e-process e_v that bets on this
target alone (`arena.integrity.statistics.voter.evidence.of_targets`). If each voter rigs with
probability r, the likelihood ratio of the pool is the product over v of 1 - r + r e_v. Each vote
moves one factor of it, whose expectation, given all earlier votes of everybody, is at most its
value before; so the product is a test martingale of "everybody is honest" at any time, and so is a
mixture over `RATES`. A target is found if the mixture reaches 1 / alpha times the number of
targets. An honest voter costs the pool at most a factor of 1 - r, so a few riggers show in a large
crowd (as in the sparse mixtures of Donoho and Jin 2004).

**Who is identified.** Voter v is identified for a target if the pool *without v* finds it and e_v,
for this target alone, is at least f / alpha, f being the number of targets found. Which targets are
found does not depend on v's votes, so by Ville's inequality the chance that an honest voter is ever
identified is at most alpha for given targets. It comes on top of the alpha of the test of single
voters. If nobody rigs, anybody is identified with a chance of at most alpha on the whole site.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from arena.integrity.statistics.prediction import Floats

RATES = np.array([0.1, 0.01, 0.001])
"""Rates r of riggers among the voters."""


def pooled(log_e: Floats) -> Floats:
    """What these voters add to the logarithms of the pool's e-values, shape (rates, targets).

    Args:
        log_e: log-e-values of each voter for each target, shape (voters, targets).
    """
    total: Floats = np.stack([_share(log_e, rate).sum(axis=0) for rate in RATES])
    return total


def identified(log_e: Floats, pool: Floats, alpha: float) -> NDArray[np.bool_]:
    """Whether each of these voters is identified for each target, shape (voters, targets).

    Args:
        log_e: log-e-values of each of them for each target, shape (voters, targets).
        pool: of all voters, these included: `pooled`.
    """
    others = np.stack([sum_ - _share(log_e, rate) for sum_, rate in zip(pool, RATES, strict=True)])
    mixed = logsumexp(others, axis=0) - np.log(len(RATES))
    found = mixed >= np.log(log_e.shape[1] / alpha)
    threshold = np.log(np.maximum(found.sum(axis=1), 1) / alpha)
    result: NDArray[np.bool_] = found & (log_e >= threshold[:, None])
    return result


def _share(log_e: Floats, rate: float) -> Floats:
    """The logarithm of a voter's factor in the pool's e-value, at a rate of riggers."""
    factor: Floats = np.logaddexp(np.log1p(-rate), np.log(rate) + log_e)
    return factor
