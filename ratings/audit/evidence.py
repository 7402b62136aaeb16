"""E-values of audits: how they add up to a verdict on a part of a claim.

An e-process is a non-negative process that starts at 1 and, if the claim is true, has expectation
at most 1 whenever an audit stops. By Ville's inequality the chance that it ever reaches 1/alpha is
at most alpha (Ramdas et al., "Game-theoretic statistics and safe anytime-valid inference",
Statistical Science 2023). E-values are multiplied only where each bet is fair given the past, and
averaged everywhere else.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ratings.audit.records import Part

ALPHA = 0.01
"""The chance that an honest contestant is ever found different, over its life and all its parts."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one probe found so far.

    Args:
        log_e: the natural logarithm of the e-process after each exchange that counted.
        figures: statistics for the page, by name: numbers and short texts.
        counts: rows of raw counts for the page, such as an item with its answers on both sides.
        finding: one sentence that says what differs; "" while nothing is found.
    """

    log_e: Sequence[float] = ()
    figures: Mapping[str, float | int | str] = field(default_factory=dict)
    counts: Sequence[Mapping[str, float | int | str]] = ()
    finding: str = ""

    @property
    def peak(self) -> float:
        """The highest that log_e ever was; 0 at the beginning."""
        return max(self.log_e, default=0.0)

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"log_e": list(self.log_e), "counts": list(self.counts)}


def mean_log_e(log_es: Sequence[float], weights: Sequence[float] | None = None) -> float:
    """The logarithm of a weighted mean of e-values; the mean of e-values is one again.

    Args:
        log_es: natural logarithms of e-values. weights: they sum to at most 1; None: equal ones.
    """
    if not log_es:
        return 0.0
    weights = weights or [1 / len(log_es)] * len(log_es)
    top = max(log_es)
    if top == -math.inf:
        return -math.inf
    total = sum(w * math.exp(each - top) for w, each in zip(weights, log_es, strict=True))
    return top + math.log(total) if total else -math.inf


def mean_of_processes(
    processes: Sequence[Sequence[float]], weights: Sequence[float] | None = None
) -> list[float]:
    """The mean of e-processes that go on side by side, by the step; short ones keep their last."""
    length = max(map(len, processes), default=0)
    at = [[p[min(i, len(p) - 1)] if p else 0.0 for p in processes] for i in range(length)]
    return [mean_log_e(step, weights) for step in at]


def level_of(version: int) -> float:
    """The alpha of one part of one version of a contestant: all of them sum to ALPHA.

    A version has 6 / (pi k)^2 of the whole, and its parts share that equally, so a contestant that
    changes a hundred times is as safe as one that never does.

    Args:
        version: counted from 1.
    """
    return ALPHA * 6 / (math.pi * version) ** 2 / len(Part)


def log_threshold(version: int) -> float:
    """The log_e from which a part of this version is found different."""
    return -math.log(level_of(version))
