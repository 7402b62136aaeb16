"""All that holds the votes of one voter: the product of four e-values.

A vote moves each by a factor whose expectation, given all that came before, is at most 1: first
which battle gets a vote (`seeking`), then whether it is a tie (`ties`), then, if not, which side is
picked (`preference`); of a check battle, that alone (`canaries`). So the product is a test
martingale, or at most one (`arena.integrity.statistics.voter.ties`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from arena.integrity.statistics.voter.gold import CanaryEvidence
from arena.integrity.statistics.voter.preference import Alternative, Evidence, Expected, Floats
from arena.integrity.statistics.voter.target_seeking import Seeking
from arena.integrity.statistics.voter.ties import Ties


def of_targets(preference: Evidence, seeking: Seeking) -> Floats:
    """Log-e-values of bets on one plan for one model, shape (voters, 3 models).

    As `Evidence.of_targets`; to favour or to disfavour a model is to seek its battles, too.
    """
    found, sought = preference.of_targets(), seeking.of_models()
    found[:, : 2 * preference.models] += np.concatenate([sought, sought], axis=1)
    return found


@dataclass(slots=True)
class Combined:
    """Evidence of one voter. `offset`, at most 0, keeps newcomers from raising the e-value."""

    preference: Evidence
    canaries: CanaryEvidence
    seeking: Seeking
    ties: Ties
    offset: float = 0.0

    @classmethod
    def of_nothing(cls, models: int) -> Self:
        return cls(Evidence(1, models), CanaryEvidence(), Seeking(1, models), Ties(1, models))

    @property
    def models(self) -> int:
        return self.preference.models

    def grow(self, models: int) -> None:
        """Make room for models that came since, at the highest places."""
        if models > self.models:
            self.preference, offset = self.preference.grown(models)
            self.seeking = Seeking.unpacked(self.seeking.packed(), models)
            self.ties = Ties.unpacked(self.ties.packed(), models)
            self.offset += offset

    def check(self, kind: str, side: str, picked_a: float) -> None:
        """Take a vote in a check battle into account, as `CanaryEvidence.update`."""
        self.canaries.update(kind, side, picked_a)

    def vote(
        self,
        expected: Expected,
        pair: tuple[int, int],
        picked_a: float,
        left: Sequence[tuple[int, int]],
        *,
        with_ties: bool = True,
    ) -> None:
        """Take a vote between the models of a pair into account.

        Args:
            picked_a: 1 for the first, 0 for the second, NaN for a tie or both bad.
            left: the pairs of the battles opened since the vote before, and left.
            with_ties: False of a vote that was weighed when ties told nothing, and left a battle
                undecided.
        """
        a, b, picked = np.array([pair[0]]), np.array([pair[1]]), np.array([picked_a])
        shown = np.bincount(np.array([*left, pair]).ravel(), minlength=self.models)[None]
        battles, tied = np.array([len(left) + 1]), np.isnan(picked)
        if with_ties:
            if not self.ties.votes[0]:
                self.seeking.forget_left()
            self.seeking.update(battles, shown, a, b)
            self.ties.update(expected, a, b, tied)
        else:
            self.seeking.update(battles, shown, a, b, decided=~tied)
        self.preference.update(expected, a, b, picked)

    def strongest(self) -> Alternative:
        """The alternative that explains the votes best."""
        sought, seeks = self.seeking.sought(), self.seeking.log_e()[0]
        picks, ties = self.preference.log_e()[0], self.ties.log_e()[0]
        if ties > max(seeks, picks, 0.0):
            model, is_helped = self.ties.helped()
            return Alternative("ties_for" if is_helped else "ties_against", model=model)
        if sought is not None and seeks > picks:
            return Alternative("seeks", model=sought)
        return self.preference.strongest()

    def log_e(self) -> float:
        """The natural logarithm of the e-value."""
        votes = self.preference.log_e()[0] + self.seeking.log_e()[0] + self.ties.log_e()[0]
        return float(votes) + self.offset + self.canaries.log_e()
