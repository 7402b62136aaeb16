"""Test whether a voter seeks the battles of one model: votes on these and abandons the others.

A rigger needs battles that show the target: one in fifty among a hundred models. The arena draws
the pairs, so the rigger opens many battles and abandons most. Which battles get a vote therefore
says something about the voter however the votes turn out, ties included.

**Null hypothesis.** Between two votes a voter opens some battles, reads the answers and abandons
them; the last battle gets the vote. An honest voter may abandon battles for any reason, and may be
likelier to abandon those of a dull, slow or weak model; but the odds that a battle gets a vote
differ between models by a factor of at most F, `MAX_HONEST_ODDS_RATIO`. Pairs are drawn alike and
independently, so which battle is the last one is a choice of a conditional logit: of n battles, k
of which show model m, the one with the vote shows m with a probability between k / (k + F (n - k))
and F k / (F k + n - k), whatever came before (McFadden 1974, "Conditional logit analysis of
qualitative choice behavior"; Cox 1972 for the product of such factors over time). A voter who
abandons nothing has n = 1 each time, and a factor of exactly 1.

**Alternatives.** For each model: its battles get a vote with `TARGET_ODDS` times the odds of
others. A vote's factor is the likelihood ratio against the closest honest probability, so its
expectation is at most 1. A part of the mixture follows the model for which the earlier votes give
most evidence, so the target need not be known in advance. Most of the mixture bets on nothing
(`UNALLOCATED`), and models that do not exist yet have their share from the start (`MODEL_SLOTS`),
so nothing has to be redistributed when they arrive.

**Product with the other tests.** Which battle gets a vote is settled before how the vote turns out.
Each of the two factors has an expectation of at most 1 given everything before, so the product of
the e-values is a test martingale too.
"""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from arena.integrity.statistics.e_values import log_factor, log_sum
from arena.integrity.statistics.prediction import Floats, Indices

MAX_HONEST_ODDS_RATIO = 10.0
"""An honest voter's odds of voting on a battle differ between models by at most this factor."""

TARGET_ODDS = np.array([100.0, 1000.0])
"""Factors by which a rigger's odds are higher for battles of the target."""

UNALLOCATED = 0.65
"""Weight of what bets on nothing: abandoning battles at random costs other evidence little."""

LEADING = 0.15
"""Weight of the bet on the model for which the earlier votes give most evidence."""

MODEL_SLOTS = 1000
"""Number of models with a bet, those with the lowest places."""


class TargetSeeking:
    """Log-e-values of seeking each model, for several voters side by side.

    Attributes:
        values: shape (voters, models, factors of `TARGET_ODDS`).
        leading: of the bet on the leading model, shape (voters, factors).
        battles: number of battles opened since the last one with a vote, shape (voters,).
        shown: how many of these show each model, shape (voters, models).
    """

    def __init__(self, voters: int, models: int) -> None:
        self.values = np.zeros((voters, models, len(TARGET_ODDS)))
        self.leading = np.zeros((voters, len(TARGET_ODDS)))
        self.shown = np.zeros((voters, models))
        self.battles = np.zeros(voters)

    @classmethod
    def unpacked(cls, packed: bytes, models: int) -> Self:
        """The inverse of `packed`, with room for models that were added since."""
        evidence = cls(1, models)
        if packed:
            kept = np.frombuffer(packed)
            if (len(kept) - 1) % (len(TARGET_ODDS) + 1):
                evidence.leading[0] = kept[-len(TARGET_ODDS) :]
                kept = kept[: -len(TARGET_ODDS)]
            known = (len(kept) - 1) // (len(TARGET_ODDS) + 1)
            evidence.battles[0], evidence.shown[0, :known] = kept[0], kept[1 : 1 + known]
            evidence.values[0, :known] = kept[1 + known :].reshape(known, len(TARGET_ODDS))
        return evidence

    def packed(self) -> bytes:
        """The evidence of one voter as float64 values; empty if the voter abandoned no battle."""
        leading = self.leading[0][: len(TARGET_ODDS) * bool(self.leading.any())]
        whole = np.concatenate([self.battles, self.shown[0], self.values[0].ravel(), leading])
        return whole.tobytes() if whole.any() else b""

    def update(
        self,
        battles: Indices,
        shown: Indices,
        a: Indices,
        b: Indices,
        decided: NDArray[np.bool_] | None = None,
    ) -> None:
        """Update the evidence with one vote of each voter.

        Args:
            battles: number of battles opened since the previous vote, the one with the vote
                included, shape (voters,).
            shown: how many of them show each model, shape (voters, models).
            a, b: the models of the battle with the vote, shape (voters,).
            decided: only for votes that were weighed when ties counted as abandoned: whether the
                vote was no tie, shape (voters,). These do not bet on the leading model.
        """
        self.battles += battles
        self.shown += shown
        chosen = np.ones(len(a), dtype=bool) if decided is None else decided
        informative = chosen & (self.battles > 1)
        voter, model = np.nonzero(self.shown * informative[:, None])
        k = self.shown[voter, model, None]
        rest = self.battles[voter, None] - k
        here = rest[:, 0] > 0
        voter, model, k, rest = voter[here], model[here], k[here], rest[here]
        shows = ((model == a[voter]) | (model == b[voter])).astype(np.float64)[:, None]
        total = self.values.sum(axis=2)
        leads = (total.argmax(axis=1)[voter] == model) & (total[voter, model] > 0)
        factor = log_factor(
            TARGET_ODDS * k / (TARGET_ODDS * k + rest),
            k / (k + MAX_HONEST_ODDS_RATIO * rest),
            MAX_HONEST_ODDS_RATIO * k / (MAX_HONEST_ODDS_RATIO * k + rest),
            shows,
        )
        self.values[voter, model] += factor
        if decided is None:
            self.leading[voter[leads]] += factor[leads]
        self.battles[chosen] = 0
        self.shown[chosen] = 0

    def forget_abandoned(self) -> None:
        """Forget which battles were opened since the last vote."""
        self.battles[:] = 0
        self.shown[:] = 0

    def log_e(self) -> Floats:
        """The logarithm of each voter's e-value, shape (voters,)."""
        bets = self.values[:, :MODEL_SLOTS]
        models, each = bets.shape[1], len(TARGET_ODDS)
        weight = (1 - UNALLOCATED - LEADING) / MODEL_SLOTS
        mixed = log_sum(bets.reshape(len(bets), -1), axis=1) + np.log(weight / each)
        rest = np.logaddexp(mixed, np.log(UNALLOCATED + weight * (MODEL_SLOTS - models)))
        found: Floats = np.logaddexp(rest, log_sum(self.leading, axis=1) + np.log(LEADING / each))
        return found

    def of_models(self) -> Floats:
        """Log-e-values of seeking each model, half of it unallocated, shape (voters, models)."""
        mixed = log_sum(self.values, axis=2) - np.log(len(TARGET_ODDS))
        found: Floats = np.logaddexp(mixed, 0.0) - np.log(2)
        return found

    def target(self, voter: int = 0) -> int | None:
        """The model that a voter most likely seeks; None if nothing speaks for any."""
        most = self.values[voter].max(axis=1)
        return int(most.argmax()) if most.max(initial=0.0) > 0 else None
