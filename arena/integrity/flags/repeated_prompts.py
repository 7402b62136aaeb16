"""Prompts that the voter asked before, with others in between: its answers are known.

To ask again at once is what the curious do, and is not counted. Somebody who compares models by a
few questions of their own is odd by this, and honest.
"""

from django.utils.translation import gettext_lazy as _

from arena.integrity.statistics.flags import Facts, Habit, State, counted, share

REMEMBERED = 50
"""Different prompts of a voter, the last ones."""


class Repeated(Habit):
    kind = "prompt"
    says = _("Asks %(value)s of the prompts again and again.")
    level = 0.6

    def update(self, state: State, vote: Facts) -> State:
        known = state.get("prompts", [])
        if vote.prompt is None or vote.prompt == state.get("last"):
            return state
        others = [prompt for prompt in known if prompt != vote.prompt]
        state = counted(state, len(others) < len(known))
        return {**state, "last": vote.prompt, "prompts": [*others, vote.prompt][-REMEMBERED:]}

    def measure(self, state: State) -> float | None:
        return share(state)


HABIT = Repeated()
