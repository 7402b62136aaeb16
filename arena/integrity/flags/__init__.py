"""Behaviour flags. Each module says what its flag measures, whom it may wrongly flag, and why.

To add a flag, add its module and an entry of `FLAGS`.
"""

from arena.integrity.flags import (
    identity_probing,
    no_sleep_gap,
    not_scrolled,
    periodic_timing,
    repeated_prompts,
    shared_prompts,
    too_fast,
    trigger_word,
)
from arena.integrity.statistics.flags import BehaviourFlag, State, VoteFeatures

FLAGS: dict[str, BehaviourFlag] = {
    "identity_probing": identity_probing.FLAG,
    "periodic_timing": periodic_timing.FLAG,
    "repeated_prompts": repeated_prompts.FLAG,
    "shared_prompts": shared_prompts.FLAG,
    "no_sleep_gap": no_sleep_gap.FLAG,
    "trigger_word": trigger_word.FLAG,
    "too_fast": too_fast.FLAG,
    "not_scrolled": not_scrolled.FLAG,
}


def updated(states: dict[str, State], vote: VoteFeatures) -> dict[str, State]:
    """The states of all flags after one more vote, by name."""
    return {name: flag.update(states.get(name, {}), vote) for name, flag in FLAGS.items()}


def anomalous(states: dict[str, State]) -> dict[str, float]:
    """The measures of the flags that are anomalous, by name."""
    measures = {name: flag.measure(states.get(name, {})) for name, flag in FLAGS.items()}
    return {
        name: measure
        for name, measure in measures.items()
        if measure is not None and FLAGS[name].is_anomalous(measure)
    }
