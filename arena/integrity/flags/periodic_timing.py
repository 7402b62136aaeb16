"""Pauses between votes that are all alike: a timer.

The logarithms of people's pauses have a standard deviation of a half or more, because answers and
prompts differ in length. A program that draws its pauses at random raises no flag.
"""

import math

from django.utils.translation import gettext_lazy as _

from arena.integrity.statistics.flags import DECAY, MIN_WEIGHT, BehaviourFlag, State, VoteFeatures

AT_ONCE = 1.0
"""Shorter pauses, in seconds, are left out: several battles were voted on at once."""

SESSION = 1800.0
"""Longer pauses, in seconds, are left out: they separate sessions."""


class PeriodicTiming(BehaviourFlag):
    kind = "attention"
    message = _("Pauses between the votes are alike within %(value)s.")
    level = 0.2

    def update(self, state: State, vote: VoteFeatures) -> State:
        pause = vote.at - state.get("at", -math.inf)
        state = {**state, "at": vote.at}
        if not AT_ONCE < pause < SESSION:
            return state
        log = math.log(pause)
        pauses = state.get("pauses", 0.0) * DECAY + 1
        mean, spread = state.get("mean", 0.0), state.get("spread", 0.0)
        # West 1979, Communications of the ACM 22, 532-535: the incremental weighted variance.
        step = (log - mean) / pauses
        return {
            **state,
            "pauses": pauses,
            "mean": mean + step,
            "spread": spread * DECAY + step * (log - mean) * (pauses - 1),
        }

    def measure(self, state: State) -> float | None:
        pauses: float = state.get("pauses", 0.0)
        return math.sqrt(state["spread"] / pauses) if pauses >= MIN_WEIGHT else None

    def is_anomalous(self, measure: float) -> bool:
        return measure <= self.level


FLAG = PeriodicTiming()
