"""A sequential two-sample test of an endpoint against a reference, by betting on pairs.

At each step the same prompt is put once to the endpoint and once to the reference, and a feature of
each answer is taken: its only token, its first word, a bucket of its length. If both answer from
the same distribution, then, given the two features without their order, either order has chance
1/2. A bet on the order, which is made from past pairs alone, multiplies the wealth by twice the
chance that it gave to the order that came. So the wealth is a test martingale: the chance that it
ever reaches 1/alpha is at most alpha, whatever the prompts, and the audit may stop at any time
(Ville's inequality; Shekhar and Ramdas, "Nonparametric two-sample testing by betting", IEEE Trans.
Inf. Theory 2024). Bets on several prompts multiply, for each is fair given the past.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

PSEUDO_COUNTS = (0.05, 0.3, 2.0)
"""Weights of the prior in the bettors, whose wealths are averaged: few pairs, some, and many."""


@dataclass(slots=True)
class _Bettor:
    """Bets on the order by smoothed counts of one pseudo-count for each feature."""

    pseudo_count: float
    log_wealth: float = 0.0

    def bet(
        self, endpoint: Counter[Hashable], reference: Counter[Hashable], a: Hashable, b: Hashable
    ) -> None:
        """Bet on the pair (`a` of the endpoint, `b` of the reference), given past counts."""
        came = (endpoint[a] + self.pseudo_count) * (reference[b] + self.pseudo_count)
        turned = (endpoint[b] + self.pseudo_count) * (reference[a] + self.pseudo_count)
        self.log_wealth += math.log(2 * came / (came + turned))


@dataclass(slots=True)
class PairedTest:
    """The evidence so far that an endpoint answers otherwise than a reference."""

    pairs: int = 0
    _bettors: list[_Bettor] = field(
        default_factory=lambda: [_Bettor(pseudo_count) for pseudo_count in PSEUDO_COUNTS]
    )
    _endpoint: defaultdict[str, Counter[Hashable]] = field(
        default_factory=lambda: defaultdict(Counter)
    )
    _reference: defaultdict[str, Counter[Hashable]] = field(
        default_factory=lambda: defaultdict(Counter)
    )

    def take(self, prompt: str, endpoint: Hashable, reference: Hashable) -> None:
        """Take the features of the two answers to one prompt."""
        past = self._endpoint[prompt], self._reference[prompt]
        for bettor in self._bettors:
            bettor.bet(*past, endpoint, reference)
        past[0][endpoint] += 1
        past[1][reference] += 1
        self.pairs += 1

    @property
    def log_e(self) -> float:
        """The natural logarithm of the e-value: the mean wealth of the bettors."""
        logs = [bettor.log_wealth for bettor in self._bettors]
        top = max(logs)
        return top + math.log(sum(math.exp(each - top) for each in logs) / len(logs))


def pairs_until(pairs: Sequence[tuple[str, Hashable, Hashable]], alpha: float = 0.01) -> int | None:
    """After how many pairs (prompt, endpoint's, reference's) the evidence reaches 1/alpha.

    None: it never does, so they are not found to differ.
    """
    test = PairedTest()
    for pair in pairs:
        test.take(*pair)
        if test.log_e >= -math.log(alpha):
            return test.pairs
    return None
