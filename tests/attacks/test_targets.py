"""The pooled test detects riggers below the threshold by the target that they share.

Seeds differ from those that the constants of the method were chosen on (11 and 21).
"""

from itertools import product

import numpy as np
import pytest

from arena.integrity.simulator import World, make_world, make_young_world, run_attack
from arena.integrity.simulator.voters.detectors import weighed
from arena.integrity.simulator.voters.figures import honest_targets
from arena.integrity.statistics.collusion.targets import RATES, identified, pooled
from arena.integrity.statistics.prediction import Floats

ALPHA = 0.01


@pytest.fixture(scope="module", params=[make_world, make_young_world])
def world(request: pytest.FixtureRequest) -> World:
    made: World = request.param(seed=2029)
    return made


@pytest.fixture(scope="module")
def honest(world: World) -> Floats:
    return honest_targets(world, alpha=ALPHA, seed=51)


def test_nobody_is_identified_if_nobody_rigs(honest: Floats) -> None:
    """Of 1,760 voters nobody was, with 24 other seeds of each of two worlds: it fails in vain in
    at most one run of 16.
    """
    assert not identified(honest, pooled(honest), ALPHA).any()


@pytest.mark.parametrize(
    "attack",
    ["target-only, evades the single-voter test", "omnipresent, evades the single-voter test"],
)
def test_the_pooled_test_detects_riggers_who_evade_the_single_voter_test(
    world: World, honest: Floats, attack: str
) -> None:
    """With 24 other seeds of each world nine of ten or all were found together, and none alone, and
    at most one honest voter of 1,760 with them: it fails in vain in at most one run of 16.
    """
    riggers = run_attack(world, attack, 10, 100, target=40, seed=52)
    log_e, alone = weighed(world, riggers, ALPHA)
    assert not alone.any()
    pool = pooled(honest) + pooled(log_e)
    found = identified(log_e, pool, ALPHA)
    assert found.any(axis=1).mean() >= 0.8
    assert identified(honest, pool, ALPHA).any(axis=1).mean() <= ALPHA
    plan = attack.startswith("omnipresent") * 2 * world.models
    assert set(np.flatnonzero(found.any(axis=0))) >= {plan + 40}


def test_one_voter_cannot_find_a_target_for_oneself(honest: Floats) -> None:
    """A voter's own votes choose no target that the voter is named for."""
    one = np.zeros((1, honest.shape[1]))
    one[0, 7] = 60.0
    assert not identified(one, pooled(honest) + pooled(one), ALPHA).any()
    three = np.repeat(one, 3, axis=0)
    assert identified(three, pooled(honest) + pooled(three), ALPHA)[:, 7].all()


def test_the_pools_expectation_is_at_most_one() -> None:
    """Exactly: two voters for one target, each doubling an e-value of its own or losing it."""
    for rate in range(len(RATES)):
        outcomes = [
            np.exp(pooled(np.log(np.array([[first], [second]])))[rate, 0])
            for first, second in product((2.0, 1e-300), repeat=2)
        ]
        assert np.mean(outcomes) == pytest.approx(1)
