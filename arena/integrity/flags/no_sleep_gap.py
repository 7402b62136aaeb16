"""Votes at all hours of the day within a week: a person sleeps.

An account that a family shares across many time zones has no gap either. A program may keep hours.
"""

from itertools import pairwise

from django.utils.translation import gettext_lazy as _

from arena.integrity.statistics.flags import BehaviourFlag, State, VoteFeatures

SLOT = 1800
SLOTS = 86_400 // SLOT
WEEK = 7 * 86_400.0


class NoSleepGap(BehaviourFlag):
    kind = "attention"
    message = _("No time of day without a vote within a week is longer than %(value)s hours.")
    level = 3.0

    def update(self, state: State, vote: VoteFeatures) -> State:
        slots = list(state.get("slots", [-WEEK] * SLOTS))
        slots[int(vote.at % 86_400) // SLOT] = vote.at
        return {"first": state.get("first", vote.at), "last": vote.at, "slots": slots}

    def measure(self, state: State) -> float | None:
        if not state or state["last"] - state["first"] < WEEK:
            return None
        busy = [n for n, at in enumerate(state["slots"]) if state["last"] - at < WEEK]
        apart = [after - slot for slot, after in pairwise([*busy, busy[0] + SLOTS])]
        return (max(apart) - 1) * SLOT / 3600

    def is_anomalous(self, measure: float) -> bool:
        return measure <= self.level

    def describe(self, measure: float) -> str:
        return str(self.message % {"value": f"{measure:g}"})


FLAG = NoSleepGap()
