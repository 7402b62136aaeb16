"""The published attacks against the preference e-process, and honest voters of every kind.

Seeds differ from those that the constants of the method were chosen on (11 and 21). They are fixed;
each test says how often another seed, of the world and its voters, would fail it in vain. The
figures for that are those of 24 other seeds, and Student's t.
"""

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from arena.integrity.simulator import (
    DETECTORS,
    HONEST,
    Run,
    Verdict,
    World,
    make_world,
    make_young_world,
    run_attack,
    run_honest,
    shift,
)
from arena.integrity.simulator.voters.detectors import e_process, no_defence
from tests.chance import FALSE_ALARM, fewer

ALPHA = 0.01


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(seed=2026)


@pytest.mark.parametrize("kind", HONEST)
def test_at_most_one_honest_voter_in_a_hundred_is_ever_held(world: World, kind: str) -> None:
    """Of "contrast 0.3" 0.21% are held, and of "60% random" 0.17%: there one run in 250 fails in
    vain. Of all other kinds one in 68,000 is held: less than one run in a million.
    """
    verdict = e_process(world, run_honest(world, kind, 300, 120, seed=31), ALPHA)
    assert np.mean(verdict.detected > 0) <= 0.01
    assert 1 - fewer(0.01 * 300 + 1, 300, 0.0021) < 1 / 250
    assert 1 - fewer(0.01 * 300 + 1, 300, 1e-4) < FALSE_ALARM


@pytest.mark.parametrize(
    ("attack", "votes"),
    [
        ("target-only", 15),
        ("demotion of a rival", 20),
        ("target-only, 90% honest", 20),  # for it seeks the battles of its target
        ("omnipresent", 60),
        ("omnipresent after 50 honest votes", 95),
        ("always-A bot", 20),
        ("replay bot", 60),
        ("ties with the top ten", 15),
        ("ties with stronger models, 50% honest", 30),
        ("ties instead of losses", 15),
        ("both bad instead of a rival's wins, 50% honest", 30),
    ],
)
def test_attackers_are_detected_within(world: World, attack: str, votes: int) -> None:
    """Of those who are omnipresent after 50 honest votes 98.3% are detected, after 85 votes, which
    differ by 1.8% and by 3.3 votes from seed to seed: with other seeds one run in 24 fails in vain
    by the first bound, and one in 320 by the second. Of the others at least 99.8% are detected, and
    their medians are five such deviations or more from the bounds: one in 250,000 by either.
    """
    detected = e_process(world, run_attack(world, attack, 150, 120, seed=32), ALPHA).detected
    assert np.mean(detected > 0) >= 0.95
    assert fewer(0.95 * 150, 150, 0.998) < FALSE_ALARM
    assert np.median(detected[detected > 0]) <= votes


def test_a_rigger_who_evades_the_tests_moves_the_target_much_less(world: World) -> None:
    """The lift is 0.11 of the plain one's and differs by 0.01 from seed to seed. Nobody careful
    was ever detected: less than one run in a million fails in vain by the bound of the lift.
    """
    plain, careful = (
        run_attack(world, name, 10, 100, target=40, seed=34)
        for name in ("target-only", "target-only, evades the single-voter test")
    )
    assert not e_process(world, careful, ALPHA).detected.any()
    everything = no_defence(world, careful, ALPHA)
    assert lift(world, careful, everything)[1] < lift(world, plain, everything)[1] * 2 / 3


def test_the_command_prints_every_defence(capsys: pytest.CaptureFixture[str]) -> None:
    call_command(
        *(
            "attack",
            "always-A bot",
            "ties instead of losses",
            "--models=12",
            "--board-votes=5000",
            "--voters=20",
        ),
        *("--votes=40", "--honest-voters=20", "--honest-votes=20"),
    )
    rows = [line.strip("| \n").split(" | ") for line in capsys.readouterr().out.splitlines()]
    (detected,) = [row for row in rows if row[0] == "always-A bot"]
    assert detected[1:3] == ["100.0%", "0.0%"]
    assert detected[5:8] == ["100%", "100%", "0.00%"]
    assert detected[11] == "+0, +0.0"
    (by_ties,) = [row for row in rows if row[0] == "ties instead of losses" and len(row) == 5]
    assert by_ties[3] == "100.0%"
    assert {row[0] for row in rows} >= set(HONEST)
    with pytest.raises(CommandError, match="No such attack: bribery"):
        call_command("attack", "bribery")


def lift(world: World, run: Run, verdict: Verdict) -> tuple[int, float]:
    kept = verdict.kept
    return shift(world, int(run.target[0]), run.a[kept], run.b[kept], run.outcome[kept])


@pytest.mark.parametrize("attack", ["target-only", "omnipresent"])
def test_the_target_stays_where_it_was(world: World, attack: str) -> None:
    """Undefended, the omnipresent lift it by 2.1, which differs by 0.48 from seed to seed: one run
    in 60 fails in vain by that. The e-process left no lift with any seed, and the next best defence
    1.5, which differs by 0.38: one run in 2,800 fails in vain by the comparison.
    """
    run = run_attack(world, attack, 10, 100, target=40, seed=33)
    assert lift(world, run, no_defence(world, run, ALPHA))[1] > 1
    defended = {
        name: abs(lift(world, run, detector(world, run, ALPHA))[1])
        for name, detector in DETECTORS.items()
    }
    assert defended["e-process"] < 1
    assert defended["e-process"] == min(defended.values())


def test_a_thousand_omnipresent_votes_on_a_young_board_lift_by_one_rank_at_most() -> None:
    """Undefended they lift by 14 ranks, which differs by 6 from seed to seed: with other seeds one
    run in 13 fails in vain. Defended, they lifted by none with each of 24 seeds.
    """
    world = make_young_world(seed=2027)
    run = run_attack(world, "omnipresent", 10, 100, target=50, seed=35)
    assert lift(world, run, no_defence(world, run, ALPHA))[0] >= 5
    assert lift(world, run, e_process(world, run, ALPHA))[0] <= 1
