"""The attack simulator: honest voters of many kinds, published attacks, and detectors.

The detectors see what the site sees: models, sides, outcomes, times, prompts, networks and browser
kinds, never the truth. `key` says what each attack does.
"""

from arena.integrity.simulator.voters.attacks import ATTACKS
from arena.integrity.simulator.voters.crowds import HONEST
from arena.integrity.simulator.voters.detectors import DETECTORS, Verdict
from arena.integrity.simulator.voters.mixture import Mixture, mix
from arena.integrity.simulator.voters.runs import Run, run_attack, run_honest
from arena.integrity.simulator.world import World, make_world, make_young_world, shift

__all__ = [
    "ATTACKS",
    "DETECTORS",
    "HONEST",
    "Mixture",
    "Run",
    "Verdict",
    "World",
    "make_world",
    "make_young_world",
    "mix",
    "run_attack",
    "run_honest",
    "shift",
]
