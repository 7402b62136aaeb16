"""Behaviour flags: what a flag is, and what it is computed from.

A flag measures one kind of behaviour, updated with each vote, and says from which level on it is
anomalous. There is no null hypothesis for how honest people read, click, sleep and ask: somebody
who is fast by nature is anomalous every time. So a flag has no e-value and holds no votes; it tells
moderators where to look, and the voter has to solve more proofs of work. Older votes lose weight,
so that an account that turns is flagged too. A state has a bounded size, so an update costs the
same however many votes the voter cast before.
"""

from abc import ABC, abstractmethod
from collections.abc import Set
from dataclasses import dataclass
from typing import Any, ClassVar

DECAY = 0.98
"""Factor of a vote's weight at each later vote: after 34 votes, half of it is left."""

MIN_WEIGHT = 15.0
"""Below this total weight of votes, or pauses, there is no measure: 18 of them reach it."""

State = dict[str, Any]
"""What a flag stores about a voter, as JSON; empty before the first vote."""


@dataclass(frozen=True, slots=True)
class VoteFeatures:
    """What the site knows of a vote, apart from models and outcome.

    Attributes:
        at: when it was cast, in seconds since the epoch in UTC.
        reading: seconds between the end of both answers and the vote.
        length: number of tokens of the last pair of answers.
        ends_seen: whether the ends of both answers were in view, as the page reports; None if it
            reports nothing.
        prompt: a number that near-duplicates share; None if the prompt is compared with nothing.
        shared: whether another voter sent the prompt before, unless a benchmark has it.
        probed: whether the voter asked the models who they are in the battle before.
        words: keyed hashes of the prompt's words.
    """

    at: float
    reading: float
    length: float
    ends_seen: bool | None = None
    prompt: int | None = None
    shared: bool = False
    probed: bool = False
    words: Set[str] = frozenset()


class BehaviourFlag(ABC):
    """One kind of behaviour.

    Attributes:
        kind: of the signals that it raises.
        message: what moderators read, with the measure as `value`.
        level: the published level from which on the measure is anomalous.
    """

    kind: ClassVar[str]
    message: ClassVar[Any]  # a translatable text; this package knows no Django
    level: ClassVar[float]

    @abstractmethod
    def update(self, state: State, vote: VoteFeatures) -> State:
        """The state after one more vote."""

    @abstractmethod
    def measure(self, state: State) -> float | None:
        """The measure after the votes so far; None if they are too few."""

    def is_anomalous(self, measure: float) -> bool:
        return measure >= self.level

    def describe(self, measure: float) -> str:
        """The measure in a sentence."""
        return str(self.message % {"value": f"{measure:.0%}"})


class ShareFlag(BehaviourFlag):
    """A flag whose measure is the share of anomalous votes among the recent ones."""

    @abstractmethod
    def anomalous(self, vote: VoteFeatures) -> bool | None:
        """Whether a vote is anomalous; None if that is unknown."""

    def update(self, state: State, vote: VoteFeatures) -> State:
        return counted(state, self.anomalous(vote))

    def measure(self, state: State) -> float | None:
        return share(state)


def share(state: State) -> float | None:
    """The share of anomalous votes among those that were `counted`; None if they are too few."""
    votes: float = state.get("votes", 0.0)
    return state["anomalous"] / votes if votes >= MIN_WEIGHT else None


def counted(state: State, anomalous: bool | None) -> State:
    """The state after a vote that is anomalous or not; unchanged if that is unknown."""
    if anomalous is None:
        return state
    votes, before = state.get("votes", 0.0), state.get("anomalous", 0.0)
    return {**state, "votes": votes * DECAY + 1, "anomalous": before * DECAY + anomalous}
