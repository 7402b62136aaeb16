"""What votes in battles with a known truth tell of a voter.

**Null.** Of a decided vote in a check battle an honest voter picks side a with any probability
between two bounds, whatever came before. Where both answers came from one model as they were, the
bounds leave room for a habit of picking the first, or the last, that one read (`habit`). Where
the words of one answer are out of order, an honest voter picks it with at most `lapse`: the
careless among them vote without looking now and then. Ties say nothing.

**Alternatives.** One who picks side a, or side b, or either at random. Factors and their mixture
are as in `preference`: each has an expectation of at most 1 for an honest voter, given all before.

**Together with the voter's other votes.** The e-value of the checks is multiplied with that of the
other votes. A vote moves one of the two, by a factor whose expectation is at most 1 given all
that came before; so the product is a test martingale too, and Ville's inequality holds for it.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from arena.integrity.core.preference import Floats, log_factor, log_sum

PICKS_A = np.array([0.9, 0.1, 0.5])
"""Probability of side a under each alternative."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The null: how far an honest voter may be from always seeing the truth."""

    habit: float = 0.15
    lapse: float = 0.3

    def bounds(self, damaged: str) -> tuple[Floats, Floats]:
        """Least and greatest honest probability of picking a; `damaged` is a side or empty."""
        low, high = {
            "": (0.5 - self.habit, 0.5 + self.habit),
            "a": (0.0, self.lapse),
            "b": (1 - self.lapse, 1.0),
        }[damaged]
        return np.array([low]), np.array([high])


class CanaryEvidence:
    """Log-e-values of the alternatives for one voter, in the order of `PICKS_A`."""

    def __init__(self, reading: Reading = Reading()) -> None:
        self.reading = reading
        self.values = np.zeros(len(PICKS_A))

    @classmethod
    def unpacked(cls, packed: bytes) -> Self:
        """The inverse of `packed`; no bytes are no votes."""
        evidence = cls()
        if packed:
            evidence.values = np.frombuffer(packed).copy()
        return evidence

    def packed(self) -> bytes:
        return self.values.tobytes()

    def update(self, damaged: str, picked_a: float) -> None:
        """Take one vote into account: `picked_a` is 1, 0, or NaN for a tie or both bad."""
        low, high = self.reading.bounds(damaged)
        self.values = self.values + log_factor(PICKS_A, low, high, np.array(picked_a))

    def log_e(self) -> float:
        """The natural logarithm of the e-value, an even mixture of the alternatives."""
        return float(log_sum(self.values, axis=0) - np.log(len(self.values)))
