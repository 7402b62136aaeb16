"""The attack simulator at full size: honest voters by the ten thousand, and every attack.

The constants of the methods were chosen on the seeds 11 and 21.
"""

import numpy as np
import pytest

from arena.integrity.simulator import (
    ATTACKS,
    HONEST,
    World,
    make_world,
    make_young_world,
)
from arena.integrity.simulator.voters.figures import (
    FEW_VOTES,
    attack_figures,
    group_figures,
    honest_figures,
    honest_targets,
)
from arena.integrity.simulator.world import Moved
from arena.integrity.statistics.prediction import Floats
from tests.bench.conftest import Report

ALPHA = 0.01
SEED = 3101


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(seed=SEED)


@pytest.fixture(scope="module")
def young() -> World:
    return make_young_world(seed=SEED)


@pytest.fixture(scope="module")
def honest(world: World, young: World) -> list[Floats]:
    """What honest voters on either board show for each target."""
    return [honest_targets(board, alpha=ALPHA, seed=SEED + 4) for board in (world, young)]


@pytest.mark.parametrize("kind", HONEST)
def test_honest_voters_are_hardly_ever_held(world: World, kind: str, report: Report) -> None:
    figures = honest_figures(world, kind, 10_000, 500, alpha=ALPHA, seed=SEED + 1)
    report(
        "10,000 honest voters of each kind with 500 votes each, in percent",
        [
            {
                "kind": kind,
                "held": 100 * figures.held,
                "held by Fisher": 100 * figures.held_by_fisher,
                "votes lost to the filter": 100 * figures.lost_to_filter,
            }
        ],
    )
    assert figures.held <= ALPHA


@pytest.mark.parametrize("name", [name for name in ATTACKS if name not in FEW_VOTES])
def test_attacks(
    world: World, young: World, honest: list[Floats], name: str, report: Report
) -> None:
    here, there = (
        attack_figures(board, name, 1000, 150, honest=targets, alpha=ALPHA, seed=SEED + 2)
        for board, targets in zip((world, young), honest, strict=True)
    )
    report(
        "1,000 attackers with 150 votes each, and ranks that 1,000 votes move one target by",
        [
            {
                "attack": name,
                "detected %": 100 * here.detected,
                "after": "never" if np.isnan(here.after) else f"{here.after:.0f}",
                "through": here.votes_before_detection,
                "together %": 100 * here.coordinated,
                "young: together %": 100 * there.coordinated,
                "honest with them %": 100 * max(here.bystanders, there.bystanders),
                **_ranks(here.moved, there.moved),
            }
        ],
    )


@pytest.mark.parametrize("name", FEW_VOTES)
def test_sybils(world: World, young: World, name: str, report: Report) -> None:
    here, there = (
        group_figures(board, name, 400, alpha=ALPHA, seed=SEED + 3) for board in (world, young)
    )
    report(
        "400 sybils among honest voters, and ranks that 1,000 votes move one target by",
        [
            {
                "attack": name,
                "found %": 100 * here.recall,
                "rightly %": 100 * here.precision,
                **_ranks(here.moved, there.moved),
            }
        ],
    )


def _ranks(here: dict[str, Moved], there: dict[str, Moved]) -> dict[str, int]:
    return {
        **{name: ranks for name, (ranks, _) in here.items()},
        **{f"young: {name}": there[name][0] for name in ("none", "ours")},
    }
