"""Sybils who each vote too little to be seen alone, in a crowd with offices and classes.

The constants were chosen on the seeds 11 and 21.
"""

from collections.abc import Sequence

import numpy as np
import pytest

from arena.integrity.simulator import (
    Run,
    World,
    make_world,
    mix,
    run_attack,
    run_honest,
)
from arena.integrity.simulator.voters.detectors import e_process
from arena.integrity.statistics.collusion.rings import Group, communities, find_groups

ALPHA = 0.01
CROWD = {"crowd": 300, "style lovers": 100, "careless": 100, "offices": 80, "classes": 100}


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(seed=2028)


@pytest.fixture(scope="module")
def honest(world: World) -> Sequence[Run]:
    return [run_honest(world, kind, n, 20, seed=40 + n) for kind, n in CROWD.items()]


def groups_of(world: World, honest: Sequence[Run], riggers: Sequence[Run]) -> list[Group]:
    mixture = mix(honest, riggers)
    linked = communities(mixture.sightings)
    return find_groups(mixture.votes, linked, lambda _: world.prediction, ALPHA)


def test_sybils_of_five_votes_are_found_together_though_few_are_alone(
    world: World, honest: Sequence[Run]
) -> None:
    """30 of 160 are detected alone, which differs by 4.6 from seed to seed: with other seeds one
    run in 40 fails in vain. 93.1% are named and 99.7% of those rightly, which differ by 2.6% and
    0.6%: one run in 30,000. None of 24 seeds missed a target: one run in 8 at most.
    """
    sybils = run_attack(world, "sybils of 5 votes", 160, 5, seed=41)
    assert np.mean(e_process(world, sybils, ALPHA).detected > 0) < 0.25
    groups = groups_of(world, honest, [sybils])
    rigs = mix(honest, [sybils]).rigs
    named = np.concatenate([group.involved for group in groups])
    assert rigs[named].sum() >= 0.8 * rigs.sum()
    assert rigs[named].mean() >= 0.95
    targets = {group.alternative.model for group in groups}
    assert targets >= set(np.unique(sybils.target).tolist())


def test_browsers_link_sybils_who_share_nothing_else(world: World, honest: Sequence[Run]) -> None:
    """87.4% and 80.7% are found, which differ by 4.3% and 3.3% from seed to seed: with other seeds
    one run in 3 fails in vain by the first bound, and one in 19 by the second. Of the named 99.7%
    are sybils, which differs by 0.5%: one run in 900.
    """
    found = {}
    for name in ("sybils of 1 vote", "sybils of 1 vote, any browser"):
        sybils = run_attack(world, name, 200, 0, seed=43)
        named = np.concatenate([g.involved for g in groups_of(world, honest, [sybils])])
        rigs = mix(honest, [sybils]).rigs
        assert rigs[named].mean() >= 0.98
        found[name] = rigs[named].sum() / rigs.sum()
    assert found["sybils of 1 vote"] >= 0.85
    assert found["sybils of 1 vote, any browser"] >= 0.75


def test_offices_and_classes_are_not_convicted(world: World, honest: Sequence[Run]) -> None:
    """524 to 580 voters are linked, and with none of 24 other seeds a group was named: it fails in
    vain in at most one run of 8.
    """
    linked = communities(mix(honest, []).sightings)
    assert sum(map(len, linked)) > 150
    assert groups_of(world, honest, []) == []
