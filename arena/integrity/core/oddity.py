"""How odd a voter is beside all others: a rank turned into an e-value, for priority alone.

No honest null is known for how people read, click and sleep, so nobody is held for it. A voter's
measure is ranked among those of a reference population instead (conformal p-value, Vovk et al.
2005, section 2), and the rank calibrated into an e-value (Vovk and Wang 2021, arXiv 1912.06116,
section 2, the calibrator with exponent 1/2). For a voter who is exchangeable with the reference its
expectation is at most 1; a reader who is fast by nature is not, and is flagged each time. Hence
such evidence orders what moderators look at, raises the proof of work, and multiplies into no
e-value that holds votes. Among n others it cannot pass sqrt(n + 1) / 2.
"""

from collections.abc import Mapping

import numpy as np

from arena.integrity.core.preference import Floats


def rank_log_e(measure: float, reference: Floats) -> float:
    """Log-e-value of a measure being as high as it is among those of others, shape (others,).

    Where the measure is NaN (too little is known) it is 0; NaN in the reference is left out.
    """
    if np.isnan(measure):
        return 0.0
    known = reference[~np.isnan(reference)]
    p = (1 + np.count_nonzero(known >= measure)) / (1 + len(known))
    return float(-np.log(2 * np.sqrt(p)))


def combined_log_e(measures: Mapping[str, float], reference: Mapping[str, Floats]) -> float:
    """Log of the mean of the measures' e-values, which is an e-value however they depend."""
    log_e = [rank_log_e(value, reference[name]) for name, value in measures.items()]
    return float(np.log(np.mean(np.exp(log_e))))
