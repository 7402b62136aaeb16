"""What votes in battles with a known truth tell of a voter.

**Null.** Of a decided vote in a check battle an honest voter picks side a with any probability
between two bounds, whatever came before. Where both answers came from one model as they were, the
bounds leave room for a habit of picking the first, or the last, that one read (`habit`). Where
the words of one answer are out of order, an honest voter picks it with at most `lapse`: the
careless among them vote without looking now and then. Of a decoy, an answer in the manner of
another model beside one of the same model as it came, an honest voter may be a fan of that manner,
or dislike it (`manner`); the side is drawn where nobody sees it, so a habit comes to nothing more.
Where a decoy is marked in nothing but what readers do not see, they are as safe as with answers as
they came, and who looks at the bare text is told much sooner. Ties say nothing, nor does a check
that was stopped where only a part of the change was shown, or broken off (`spoilt`).

**Alternatives.** Of checks with no decoy: one who picks side a, or side b, or either at random. Of
decoys: one who takes the decoy for the model whose manner it wears, and picks or shuns it. Factors
and their mixtures are as in `preference`: each has an expectation of at most 1 for an honest voter,
given all before. Whose manner is worn may depend on the voter's earlier votes: it is known before
the vote, and the bounds are the same for all.

**Together with the voter's other votes.** The e-values of the decoys and of the other checks are
multiplied with that of the other votes. A vote moves one of the three, by a factor whose
expectation is at most 1 given all that came before; so the product is a test martingale too, and
Ville's inequality holds for it.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from arena.integrity.statistics.voter.preference import Floats, log_factor, log_sum

PICKS_A = np.array([0.9, 0.1, 0.5])
"""Probability of side a under each alternative, of checks with no decoy."""

PICKS_DECOY = np.array([0.93, 0.07])
"""Probability of the decoy under each alternative."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The null: how far an honest voter may be from always seeing the truth."""

    habit: float = 0.15
    lapse: float = 0.3
    manner: float = 0.25

    def bounds(self, kind: str, side: str) -> tuple[Floats, Floats]:
        """Least and greatest honest probability of picking a in a check of a kind.

        `side` is the one that was changed, or empty.
        """
        low, high = {
            ("same", ""): (0.5 - self.habit, 0.5 + self.habit),
            ("damaged", "a"): (0.0, self.lapse),
            ("damaged", "b"): (1 - self.lapse, 1.0),
            ("decoy", "a"): (0.5 - self.manner, 0.5 + self.manner),
            ("decoy", "b"): (0.5 - self.manner, 0.5 + self.manner),
            ("marked", "a"): (0.5 - self.habit, 0.5 + self.habit),
            ("marked", "b"): (0.5 - self.habit, 0.5 + self.habit),
            ("spoilt", ""): (0.0, 1.0),
            ("spoilt", "a"): (0.0, 1.0),
            ("spoilt", "b"): (0.0, 1.0),
        }[kind, side]
        return np.array([low]), np.array([high])


class CanaryEvidence:
    """Log-e-values of the alternatives for one voter, as in `PICKS_A` and in `PICKS_DECOY`."""

    def __init__(self, reading: Reading = Reading()) -> None:
        self.reading = reading
        self.values = np.zeros(len(PICKS_A))
        self.decoys = np.zeros(len(PICKS_DECOY))

    @classmethod
    def unpacked(cls, packed: bytes) -> Self:
        """The inverse of `packed`; no bytes are no votes."""
        evidence = cls()
        kept = np.frombuffer(packed)
        if len(kept):
            evidence.values = kept[: len(PICKS_A)].copy()
        if len(kept) > len(PICKS_A):
            evidence.decoys = kept[len(PICKS_A) :].copy()
        return evidence

    def packed(self) -> bytes:
        """Float64; without decoys as it was before there were any."""
        return self.values.tobytes() + (self.decoys.tobytes() if self.decoys.any() else b"")

    def update(self, kind: str, side: str, picked_a: float) -> None:
        """Take one vote into account.

        Args:
            kind, side: as in `Reading.bounds`.
            picked_a: 1, 0, or NaN for a tie or both bad.
        """
        low, high = self.reading.bounds(kind, side)
        picked = np.array(picked_a)
        if kind in {"decoy", "marked"}:
            picks_a = PICKS_DECOY if side == "a" else 1 - PICKS_DECOY
            self.decoys = self.decoys + log_factor(picks_a, low, high, picked)
        else:
            self.values = self.values + log_factor(PICKS_A, low, high, picked)

    def log_e(self) -> float:
        """The natural logarithm of the e-value: of even mixtures, multiplied."""
        told = log_sum(self.values, axis=0) - np.log(len(self.values))
        if self.decoys.any():
            told += log_sum(self.decoys, axis=0) - np.log(len(self.decoys))
        return float(told)
