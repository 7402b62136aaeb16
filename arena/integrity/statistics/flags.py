"""What a habit of voting is: a measure that is kept up to date vote by vote, and who is odd by it.

No honest null is known for how people read, click, sleep and ask: whoever is fast by nature is odd
each time. So a habit has no e-value and holds nobody's votes; it says where a moderator may look,
and raises the proof of work. Old votes are forgotten little by little, so that an account that
turns is told of as well, and a state has a bounded size: a vote costs the same whatever the
voter's history.
"""

from abc import ABC, abstractmethod
from collections.abc import Set
from dataclasses import dataclass
from typing import Any, ClassVar

KEPT = 0.98
"""What is left of a vote's weight when the next one comes: half of it after 34."""

ENOUGH = 15.0
"""Weight of the votes, or pauses, below which they tell nothing: 18 of them."""

State = dict[str, Any]
"""What a habit remembers of a voter, as JSON keeps it; empty before the first vote."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the site knows of a vote beside models and outcome.

    Args:
        at: when it was cast, in seconds since the epoch in UTC.
        reading: seconds from both answers being fully shown to the vote.
        length: tokens of both answers that were read last.
        ends_seen: whether the ends of both answers were in view, as the page reports; None: it
            reports nothing.
        prompt: what is the same, or nearly, has the same number; None: it is compared with nothing.
        shared: another voter asked it before, and no benchmark has it.
        probed: in the battle before this one the voter asked the models who they are.
        words: of the prompt, in keyed digests.
    """

    at: float
    reading: float
    length: float
    ends_seen: bool | None = None
    prompt: int | None = None
    shared: bool = False
    probed: bool = False
    words: Set[str] = frozenset()


class Habit(ABC):
    """One measure.

    `kind` is that of its signals. `says` is what a moderator reads, with the measure as `value`.
    From the `level` on, which is published, a voter is odd.
    """

    kind: ClassVar[str]
    says: ClassVar[Any]  # a text to be translated, which this package knows nothing of
    level: ClassVar[float]

    @abstractmethod
    def update(self, state: State, vote: Facts) -> State:
        """The state after one more vote."""

    @abstractmethod
    def measure(self, state: State) -> float | None:
        """What the votes so far come to; None: they are too few."""

    def is_odd(self, measure: float) -> bool:
        return measure >= self.level

    def told(self, measure: float) -> str:
        """The measure in words."""
        return str(self.says % {"value": f"{measure:.0%}"})


class Share(Habit):
    """A habit whose measure is the share of odd votes among the recent ones."""

    @abstractmethod
    def odd(self, vote: Facts) -> bool | None:
        """Whether a vote is odd; None: it tells nothing."""

    def update(self, state: State, vote: Facts) -> State:
        return counted(state, self.odd(vote))

    def measure(self, state: State) -> float | None:
        return share(state)


def share(state: State) -> float | None:
    """The share of odd votes among those that were `counted`; None: they are too few."""
    votes: float = state.get("votes", 0.0)
    return state["odd"] / votes if votes >= ENOUGH else None


def counted(state: State, odd: bool | None) -> State:
    """The state after a vote that is odd or not; one that tells nothing changes nothing."""
    if odd is None:
        return state
    votes, before = state.get("votes", 0.0), state.get("odd", 0.0)
    return {**state, "votes": votes * KEPT + 1, "odd": before * KEPT + odd}
