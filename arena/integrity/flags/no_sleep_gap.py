"""Votes at all hours of the day, over a week: nobody sleeps.

An account that a family shares over many time zones is as sleepless; a machine may keep hours.
"""

from itertools import pairwise

from django.utils.translation import gettext_lazy as _

from arena.integrity.statistics.flags import Facts, Habit, State

SLOT = 1800
SLOTS = 86_400 // SLOT
WEEK = 7 * 86_400.0


class Sleepless(Habit):
    kind = "attention"
    says = _("No time of day without a vote within a week is longer than %(value)s hours.")
    level = 3.0

    def update(self, state: State, vote: Facts) -> State:
        slots = list(state.get("slots", [-WEEK] * SLOTS))
        slots[int(vote.at % 86_400) // SLOT] = vote.at
        return {"first": state.get("first", vote.at), "last": vote.at, "slots": slots}

    def measure(self, state: State) -> float | None:
        if not state or state["last"] - state["first"] < WEEK:
            return None
        busy = [n for n, at in enumerate(state["slots"]) if state["last"] - at < WEEK]
        apart = [after - slot for slot, after in pairwise([*busy, busy[0] + SLOTS])]
        return (max(apart) - 1) * SLOT / 3600

    def is_odd(self, measure: float) -> bool:
        return measure <= self.level

    def told(self, measure: float) -> str:
        return str(self.says % {"value": f"{measure:g}"})


HABIT = Sleepless()
