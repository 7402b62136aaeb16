"""A vote as the counts have it: seen from the contestant with the lower id."""

from typing import NamedTuple

from arena.leaderboards.models import Outcome
from ratings import engine


class PairOutcome(NamedTuple):
    """A vote between two contestants, the one with the lower id first.

    `outcome` is seen from the first: `Outcome.A` if the first won. `is_swapped` says whether the
    first was on side B.
    """

    first: int
    second: int
    outcome: Outcome
    is_swapped: bool

    @property
    def pair(self) -> tuple[int, int]:
        return self.first, self.second

    @property
    def place(self) -> int:
        """The place of the outcome in `ratings.engine.OUTCOMES`."""
        return engine.OUTCOMES.index(self.outcome)


def lower_id_first(a: int, b: int, outcome: str) -> PairOutcome:
    """A vote between the contestants on sides A and B, seen from the one with the lower id."""
    if a < b:
        return PairOutcome(a, b, Outcome(outcome), is_swapped=False)
    return PairOutcome(b, a, Outcome(outcome).mirrored, is_swapped=True)
