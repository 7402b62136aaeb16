"""Stretches of a sequence of numbers with a large sum: where a change begins and ends."""

from collections.abc import Iterator

import numpy as np

from arena.integrity.statistics.prediction import Floats


def largest(values: Floats) -> tuple[int, int, float]:
    """Begin, end and sum of the consecutive values with the largest sum (Kadane's algorithm)."""
    sums = np.r_[0.0, np.cumsum(values)]
    end = int((sums - np.minimum.accumulate(sums)).argmax())
    begin = int(sums[: end + 1].argmin())
    return begin, end, float(sums[end] - sums[begin])


def stretches(values: Floats, least: float) -> Iterator[tuple[int, int]]:
    """Stretches that do not overlap, with a sum of at least so much each."""
    waiting = [(0, len(values))]
    while waiting:
        low, high = waiting.pop()
        begin, end, total = largest(values[low:high])
        if total >= least:
            yield low + begin, low + end
            waiting += [(low, low + begin), (low + end, high)]
