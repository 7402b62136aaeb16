"""The evidence about one voter: the product of four e-values.

A vote moves each of them by a factor whose expectation, given everything before, is at most 1:
first which battle gets a vote (`target_seeking`), then whether it is a tie (`ties`), then, if not,
which side is picked (`preference`). A vote on a gold question moves only the fourth (`gold`). So
the product is a test martingale, or at most one (see `ties`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from arena.integrity.statistics.prediction import Expected, Floats
from arena.integrity.statistics.voter.gold import GoldEvidence
from arena.integrity.statistics.voter.preference import Alternative, PreferenceEvidence
from arena.integrity.statistics.voter.target_seeking import TargetSeeking
from arena.integrity.statistics.voter.ties import Ties


def of_targets(preference: PreferenceEvidence, target_seeking: TargetSeeking) -> Floats:
    """Log-e-values of each plan for each model alone, shape (voters, 3 models).

    As `PreferenceEvidence.of_targets`. A rigger who favours or disfavours a model seeks its
    battles, so evidence of that is added for these two plans.
    """
    found, seeking = preference.of_targets(), target_seeking.of_models()
    found[:, : 2 * preference.models] += np.concatenate([seeking, seeking], axis=1)
    return found


@dataclass(slots=True)
class CombinedEvidence:
    """The evidence about one voter.

    `offset`, at most 0, makes up for what new models would add to the e-value.
    """

    preference: PreferenceEvidence
    gold: GoldEvidence
    target_seeking: TargetSeeking
    ties: Ties
    offset: float = 0.0

    @classmethod
    def empty(cls, models: int) -> Self:
        """The evidence before the first vote."""
        return cls(
            PreferenceEvidence(1, models), GoldEvidence(), TargetSeeking(1, models), Ties(1, models)
        )

    @property
    def models(self) -> int:
        return self.preference.models

    def grow(self, models: int) -> None:
        """Make room for new models at the highest places."""
        if models > self.models:
            self.preference, offset = self.preference.grown(models)
            self.target_seeking = TargetSeeking.unpacked(self.target_seeking.packed(), models)
            self.ties = Ties.unpacked(self.ties.packed(), models)
            self.offset += offset

    def add_gold_vote(self, kind: str, side: str, picked_a: float) -> None:
        """Update the evidence with a vote on a gold question; see `GoldEvidence.update`."""
        self.gold.update(kind, side, picked_a)

    def add_vote(
        self,
        expected: Expected,
        pair: tuple[int, int],
        picked_a: float,
        abandoned: Sequence[tuple[int, int]],
        *,
        with_ties: bool = True,
    ) -> None:
        """Update the evidence with a vote between the models of a pair.

        Args:
            picked_a: 1 for the first, 0 for the second, NaN for a tie or both bad.
            abandoned: the pairs of the battles abandoned since the previous vote.
            with_ties: False only for votes that were weighed before ties were tested.
        """
        a, b, picked = np.array([pair[0]]), np.array([pair[1]]), np.array([picked_a])
        shown = np.bincount(np.array([*abandoned, pair]).ravel(), minlength=self.models)[None]
        battles, tied = np.array([len(abandoned) + 1]), np.isnan(picked)
        if with_ties:
            if not self.ties.votes[0]:
                self.target_seeking.forget_abandoned()
            self.target_seeking.update(battles, shown, a, b)
            self.ties.update(expected, a, b, tied)
        else:
            self.target_seeking.update(battles, shown, a, b, decided=~tied)
        self.preference.update(expected, a, b, picked)

    def strongest(self) -> Alternative:
        """The alternative that explains the votes best."""
        target, seeks = self.target_seeking.target(), self.target_seeking.log_e()[0]
        picks, ties = self.preference.log_e()[0], self.ties.log_e()[0]
        if ties > max(seeks, picks, 0.0):
            model, is_helped = self.ties.favoured()
            return Alternative("ties_for" if is_helped else "ties_against", model=model)
        if target is not None and seeks > picks:
            return Alternative("seeks", model=target)
        return self.preference.strongest()

    def log_e(self) -> float:
        """The natural logarithm of the e-value."""
        votes = self.preference.log_e()[0] + self.target_seeking.log_e()[0] + self.ties.log_e()[0]
        return float(votes) + self.offset + self.gold.log_e()
