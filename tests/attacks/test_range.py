"""The published attacks against the preference e-process, and honest voters of every kind.

Seeds differ from those that the constants of the method were chosen on (11 and 21).
"""

import numpy as np
import pytest

from arena.integrity.core.attack_range import HONEST, World, make_world, run_attack, run_honest
from arena.integrity.core.attack_range import shift as shifted
from arena.integrity.core.detectors import DETECTORS, e_process, no_defence

ALPHA = 0.01


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(seed=2026)


@pytest.mark.parametrize("kind", HONEST)
def test_at_most_one_honest_voter_in_a_hundred_is_ever_held(world: World, kind: str) -> None:
    verdict = e_process(world, run_honest(world, kind, 500, 150, seed=31), ALPHA)
    assert np.mean(verdict.caught > 0) <= 0.01


@pytest.mark.parametrize(
    ("attack", "votes"),
    [("target-only", 20), ("demotion of a rival", 25), ("omnipresent", 60), ("always-A bot", 20)],
)
def test_attackers_are_caught_within(world: World, attack: str, votes: int) -> None:
    caught = e_process(world, run_attack(world, attack, 200, 100, seed=32), ALPHA).caught
    assert np.mean(caught > 0) >= 0.99
    assert np.median(caught[caught > 0]) <= votes


@pytest.mark.parametrize("attack", ["target-only", "omnipresent"])
def test_the_target_stays_where_it_was(world: World, attack: str) -> None:
    run = run_attack(world, attack, 10, 100, target=40, seed=33)
    _, points = shifted(world, run, no_defence(world, run, ALPHA).kept)
    assert points > 1
    defended = {
        name: abs(shifted(world, run, detector(world, run, ALPHA).kept)[1])
        for name, detector in DETECTORS.items()
    }
    assert defended["e-process"] < 1
    assert defended["e-process"] == min(defended.values())
