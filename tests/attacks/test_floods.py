"""A flood of newcomers costs the farm much, and the honest little; ordinary days cost nothing."""

import pytest
from django.core.management import call_command

from arena.integrity.simulator.site.boards import BOARDS, TARGET, site_on
from arena.integrity.simulator.site.floods import FLOODS, flooded, opened_by_one_core
from arena.voters.throttling.price import DAY, Allowance

SEED = 5201  # no constant was chosen on it
COUNTED = {"established": 0.9, "young": 0.85}
"""Least share of the votes of honest newcomers elsewhere that count, whatever floods the site."""


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("flood", FLOODS)
def test_a_thousand_sybils_in_a_day_do_not_silence_the_honest(board: str, flood: str) -> None:
    found = flooded(site_on(board, SEED), flood, target=TARGET, seed=SEED)
    assert found.opened == 50_000
    assert found.elsewhere <= 3
    assert found.counted >= COUNTED[board]
    assert found.inside <= 40
    assert found.asked <= 0.03
    assert found.ordinary <= 3
    assert found.core_hours >= (60 if flood == "one network" else 1)


def test_patience_does_not_make_the_battles_of_one_network_cheap() -> None:
    """Without the price one machine opens 3,600 an hour, and 86,400 a day, from each network."""
    hour, day, week = (opened_by_one_core(span, Allowance()) for span in (3_600, DAY, 7 * DAY))
    assert hour <= 1_100
    assert day <= 13_000
    assert week <= 7 * day


def test_the_command_prints_both_sites(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("floods", "--sybils=100", "--worlds=1")
    rows = [line.strip("| \n").split(" | ") for line in capsys.readouterr().out.splitlines()]
    assert [row[:2] for row in rows[2:6]] == [
        [board, f"100, {flood}"] for board in BOARDS for flood in FLOODS
    ]
