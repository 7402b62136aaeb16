"""Odd habits of voting, each in a module of its own: what it measures, of whom that is odd and why.

To add one, add its module, with a `HABIT`.
"""

from importlib import import_module
from pkgutil import iter_modules

from arena.integrity.statistics.flags import Facts, Habit, State

HABITS: dict[str, Habit] = {
    module.name: import_module(f"{__name__}.{module.name}").HABIT
    for module in iter_modules(__path__)
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
