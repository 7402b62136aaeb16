"""Pauses between votes that are all alike: a machine's clock.

Of people's pauses the logarithms have a standard deviation of a half or more, for answers and
prompts differ in length. A machine that draws its pauses at random is not told of.
"""

import math

from django.utils.translation import gettext_lazy as _

from arena.integrity.statistics.flags import ENOUGH, KEPT, Facts, Habit, State

AT_ONCE = 1.0
"""Seconds within which several battles were voted on at once."""

SESSION = 1800.0
"""Seconds without a vote after which a new session has begun."""


class Regular(Habit):
    kind = "attention"
    says = _("Pauses between the votes are alike within %(value)s.")
    level = 0.2

    def update(self, state: State, vote: Facts) -> State:
        pause = vote.at - state.get("at", -math.inf)
        state = {**state, "at": vote.at}
        if not AT_ONCE < pause < SESSION:
            return state
        log = math.log(pause)
        pauses = state.get("pauses", 0.0) * KEPT + 1
        mean, spread = state.get("mean", 0.0), state.get("spread", 0.0)
        # West 1979, Communications of the ACM 22, 532-535: the incremental weighted variance.
        step = (log - mean) / pauses
        return {
            **state,
            "pauses": pauses,
            "mean": mean + step,
            "spread": spread * KEPT + step * (log - mean) * (pauses - 1),
        }

    def measure(self, state: State) -> float | None:
        pauses: float = state.get("pauses", 0.0)
        return math.sqrt(state["spread"] / pauses) if pauses >= ENOUGH else None

    def is_odd(self, measure: float) -> bool:
        return measure <= self.level


HABIT = Regular()
