"""Prompts that the voter sent before, with others in between: the voter knows the answers.

Sending a prompt again at once is what curious people do, and is left out. People who compare models
by a few questions of their own raise this flag too, and are honest.
"""

from django.utils.translation import gettext_lazy as _

from arena.integrity.statistics.flags import BehaviourFlag, State, VoteFeatures, counted, share

REMEMBERED = 50
"""So many different prompts of a voter are remembered, the latest."""


class RepeatedPrompts(BehaviourFlag):
    kind = "prompt"
    message = _("Asks %(value)s of the prompts again and again.")
    level = 0.6

    def update(self, state: State, vote: VoteFeatures) -> State:
        known = state.get("prompts", [])
        if vote.prompt is None or vote.prompt == state.get("last"):
            return state
        others = [prompt for prompt in known if prompt != vote.prompt]
        state = counted(state, len(others) < len(known))
        return {**state, "last": vote.prompt, "prompts": [*others, vote.prompt][-REMEMBERED:]}

    def measure(self, state: State) -> float | None:
        return share(state)


FLAG = RepeatedPrompts()
