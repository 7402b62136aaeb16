"""Behaviour flags: each module says what its flag measures, for whom that is unusual, and why.

To add a flag, add its module and an entry of `HABITS`.
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
from arena.integrity.statistics.flags import Facts, Habit, State

HABITS: dict[str, Habit] = {
    "probing": identity_probing.HABIT,
    "regular": periodic_timing.HABIT,
    "repeated": repeated_prompts.HABIT,
    "shared": shared_prompts.HABIT,
    "sleepless": no_sleep_gap.HABIT,
    "trigger": trigger_word.HABIT,
    "unread": too_fast.HABIT,
    "unseen": not_scrolled.HABIT,
}


def updated(states: dict[str, State], vote: Facts) -> dict[str, State]:
    """The states of all habits after one more vote, by name."""
    return {name: habit.update(states.get(name, {}), vote) for name, habit in HABITS.items()}


def odd(states: dict[str, State]) -> dict[str, float]:
    """The measures of the habits that are odd, by name."""
    measures = {name: habit.measure(states.get(name, {})) for name, habit in HABITS.items()}
    return {
        name: measure
        for name, measure in measures.items()
        if measure is not None and HABITS[name].is_odd(measure)
    }
