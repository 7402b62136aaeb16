"""Test a voter's votes on gold questions: battles whose better answer is known.

**Null hypothesis.** In a decided vote on a gold question, an honest voter picks side a with any
probability between two bounds, whatever came before. The kinds of gold questions:

- same: both answers are from one model, unchanged. The bounds allow for a habit of picking the
  first or the last answer (`side_bias`).
- damaged: the words of one answer are shuffled. An honest voter picks it with a probability of at
  most `lapse_rate`: careless people vote without reading now and then.
- decoy: one of two answers of the same model imitates the style of another model. An honest voter
  may like that style, or dislike it (`style_bias`); the side is drawn at random, so a side bias
  adds nothing.
- invisible decoy: a decoy that differs only in what readers do not see. The bounds
  are those of "same", so a program that reads the source is detected much sooner.
- voided: generation stopped before the change was visible in full; anything is honest.

Ties say nothing.

**Alternatives.** Without a decoy: somebody who picks side a, side b, or either at random. With a
decoy: somebody who takes the decoy for the imitated model, and picks it or avoids it. Factors and
mixtures are as in `preference`: each has an expectation of at most 1 for an honest voter, given
everything before. Which model is imitated may depend on the voter's earlier votes: it is fixed
before the vote, and the bounds are the same for all models.

**Product with the other tests.** The e-values of decoys and of the other gold questions are
multiplied with that of the voter's other votes. A vote moves one of the three, by a factor whose
expectation is at most 1 given everything before; so the product is a test martingale too, and
Ville's inequality holds for it.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from arena.integrity.statistics.e_values import log_factor, log_sum
from arena.integrity.statistics.prediction import Floats

PICKS_A = np.array([0.9, 0.1, 0.5])
"""Probability of picking side a under each alternative, without a decoy."""

PICKS_DECOY = np.array([0.93, 0.07])
"""Probability of picking the decoy under each alternative."""


@dataclass(frozen=True, slots=True)
class ReaderNull:
    """How far an honest voter may be from always picking the better answer; see the module."""

    side_bias: float = 0.15
    lapse_rate: float = 0.3
    style_bias: float = 0.25

    def bounds(self, kind: str, side: str) -> tuple[Floats, Floats]:
        """Lowest and highest honest probability of picking side a.

        Args:
            kind: of the gold question, see the module.
            side: the side that was changed, or empty.

        Raises:
            KeyError: there is no such kind with such a side.
        """
        low, high = {
            ("same", ""): (0.5 - self.side_bias, 0.5 + self.side_bias),
            ("damaged", "a"): (0.0, self.lapse_rate),
            ("damaged", "b"): (1 - self.lapse_rate, 1.0),
            ("decoy", "a"): (0.5 - self.style_bias, 0.5 + self.style_bias),
            ("decoy", "b"): (0.5 - self.style_bias, 0.5 + self.style_bias),
            ("invisible_decoy", "a"): (0.5 - self.side_bias, 0.5 + self.side_bias),
            ("invisible_decoy", "b"): (0.5 - self.side_bias, 0.5 + self.side_bias),
            ("voided", ""): (0.0, 1.0),
            ("voided", "a"): (0.0, 1.0),
            ("voided", "b"): (0.0, 1.0),
        }[kind, side]
        return np.array([low]), np.array([high])


class GoldEvidence:
    """Log-e-values of one voter: `values` as in `PICKS_A`, `decoys` as in `PICKS_DECOY`."""

    def __init__(self, null: ReaderNull = ReaderNull()) -> None:
        self.null = null
        self.values = np.zeros(len(PICKS_A))
        self.decoys = np.zeros(len(PICKS_DECOY))

    @classmethod
    def unpacked(cls, packed: bytes) -> Self:
        """The inverse of `packed`; empty bytes mean no votes."""
        evidence = cls()
        kept = np.frombuffer(packed)
        if len(kept):
            evidence.values = kept[: len(PICKS_A)].copy()
        if len(kept) > len(PICKS_A):
            evidence.decoys = kept[len(PICKS_A) :].copy()
        return evidence

    def packed(self) -> bytes:
        """Float64 values; those of decoys only if there were any."""
        return self.values.tobytes() + (self.decoys.tobytes() if self.decoys.any() else b"")

    def update(self, kind: str, side: str, picked_a: float) -> None:
        """Update the evidence with one vote.

        Args:
            kind, side: as in `ReaderNull.bounds`.
            picked_a: 1, 0, or NaN for a tie or both bad.
        """
        low, high = self.null.bounds(kind, side)
        picked = np.array(picked_a)
        if kind in {"decoy", "invisible_decoy"}:
            picks_a = PICKS_DECOY if side == "a" else 1 - PICKS_DECOY
            self.decoys = self.decoys + log_factor(picks_a, low, high, picked)
        else:
            self.values = self.values + log_factor(PICKS_A, low, high, picked)

    def log_e(self) -> float:
        """The natural logarithm of the e-value: the product of two even mixtures."""
        total = log_sum(self.values, axis=0) - np.log(len(self.values))
        if self.decoys.any():
            total += log_sum(self.decoys, axis=0) - np.log(len(self.decoys))
        return float(total)
