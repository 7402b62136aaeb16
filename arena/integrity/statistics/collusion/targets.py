"""Whether some of all voters, unknown which and how few, rig for one model: evidence pooled.

Riggers who stay under the threshold of their own e-value, because they know it or because half of
their votes are honest, still bet on one target. What each shows alone is paid for twice: once for
not knowing the target, and once for being looked at alone.

**Test.** For each plan and model ("target") every voter v has an e-process e_v, which bets on that
alone (`arena.integrity.statistics.voter.evidence.of_targets`). If each voter rigs with a chance of
r, the pool's likelihood ratio is the product over v of 1 - r + r e_v. Each vote moves one factor,
whose expectation given all votes of everybody before is at most what it was; so the product is a
test martingale of "all are honest", at any time, and so is its mixture over the `RATES`. A target
is found at 1 / alpha times the number of targets. An honest voter costs the pool at most r, however
many there are of them that never met the model: that is why a few riggers are seen in a crowd
(as in the sparse mixtures of Donoho and Jin 2004).

**Who is named.** Of a target that is found *by the votes of the others alone*, voter v is named
when e_v, of this one target, is at least 1 / alpha; at f / alpha, if f targets are found. Which
they are does not depend on v's votes, so by Ville's inequality the chance that an honest voter ever
is named for given targets is at most alpha. That adds to the alpha of the test of single voters,
and where nobody rigs nobody is named, but with a chance of alpha for the whole arena.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from arena.integrity.statistics.voter.preference import Floats

RATES = np.array([0.1, 0.01, 0.001])
"""Shares of riggers among the voters."""


def pooled(log_e: Floats) -> Floats:
    """What some voters add to the logarithm of the pool's e-values, shape (rates, targets).

    Args:
        log_e: of each voter for each target, shape (voters, targets).
    """
    total: Floats = np.stack([_share(log_e, rate).sum(axis=0) for rate in RATES])
    return total


def named(log_e: Floats, pool: Floats, alpha: float) -> NDArray[np.bool_]:
    """For which targets some of the pool's voters are named, shape (voters, targets).

    Args:
        log_e: of each of them for each target, shape (voters, targets).
        pool: of all voters, as `pooled` adds it up.
    """
    others = np.stack([sum_ - _share(log_e, rate) for sum_, rate in zip(pool, RATES, strict=True)])
    mixed = logsumexp(others, axis=0) - np.log(len(RATES))
    found = mixed >= np.log(log_e.shape[1] / alpha)
    threshold = np.log(np.maximum(found.sum(axis=1), 1) / alpha)
    told: NDArray[np.bool_] = found & (log_e >= threshold[:, None])
    return told


def _share(log_e: Floats, rate: float) -> Floats:
    """The logarithm of what a voter multiplies the pool's e-value by, at a rate of riggers."""
    factor: Floats = np.logaddexp(np.log1p(-rate), np.log(rate) + log_e)
    return factor
