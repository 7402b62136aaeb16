"""What attacks cost in the simulator, and how many honest votes count in it."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from arena.integrity.simulator.site.boards import BOARDS, TARGET, site_on
from arena.integrity.simulator.site.economics import (
    GRID,
    PRECISE,
    Prices,
    effort_of,
    least_votes,
)
from arena.integrity.simulator.site.farms import FARMS, Site
from arena.integrity.simulator.site.gangs import ATTACKS, GANGS, Town
from arena.integrity.simulator.site.honest_days import CROWDS, largest
from arena.voters.throttling.price import Allowance, Newcomers, work_of
from tests.drawn import drawn

SEED = 6201


@pytest.fixture(scope="module")
def site() -> Site:
    return site_on("young", SEED)


@pytest.fixture(scope="module")
def town(site: Site) -> Town:
    return Town(site, alpha=0.01, seed=SEED)


@given(st.integers(1, 30_000))
def test_the_least_votes_are_found(needed: int) -> None:
    tried: list[int] = []

    def reached(votes: int) -> bool:
        tried.append(votes)
        return votes >= needed

    found = least_votes(reached)
    if needed > GRID[-1]:
        assert found is None
    elif needed <= GRID[0]:
        assert found == GRID[0]
    else:
        assert found is not None
        assert needed <= found <= PRECISE * needed + 1
    assert len(tried) <= len(GRID) + 6


def test_an_effect_that_sinks_again_is_found_where_it_is() -> None:
    """With weights, more votes may move less: the last point of the grid misses the goal."""
    found = least_votes(lambda votes: 700 <= votes <= 4000)
    assert found is not None
    assert 700 <= found <= 770


def test_attacks_from_one_network_cost_more_than_from_many(site: Site) -> None:
    efforts = {
        name: effort_of(site.farmed(FARMS[name], 1000, target=TARGET, seed=SEED), site.votes)
        for name in ("one network, an hour", "one network, a fortnight", "twenty networks, a day")
    }
    hour, fortnight, twenty = efforts.values()
    assert hour.opened == fortnight.opened == twenty.opened == 50_000
    assert (hour.networks, twenty.networks) == (1, 20)
    assert hour.accounts == 1000
    assert hour.iterations > twenty.iterations > 0
    assert fortnight.iterations > 0.1 * hour.iterations, "patience does not reset the price"
    prices = Prices()
    assert prices.money(hour) == pytest.approx(
        prices.address + prices.seconds(hour) / 3600 * prices.core_hour
    )
    spread = replace(hour, networks=1000, iterations=0)
    assert prices.money(spread) == pytest.approx(50_000 * 0.2 / 1000 * prices.gigabyte)


def test_the_price_of_an_attack_is_the_one_of_the_site(site: Site) -> None:
    """Of a burst from one network: what the site asks of each battle, one after the other."""
    burst = site.farmed(FARMS["one network, an hour"], 40, target=TARGET, seed=SEED)
    burst = replace(burst, at=np.full(40, 13.0))
    found = effort_of(burst, site.votes).iterations
    usual = effort_usual(site)
    asked = sum(
        work_of(Newcomers(n, n, usual + n, usual + n / 28), Allowance()) for n in range(40 * 50)
    )
    assert found == pytest.approx(asked, rel=0.05)
    assert effort_of(burst.chosen(np.arange(40) < 1), site.votes).iterations == 0


def effort_usual(site: Site) -> float:
    """Battles that guests open in a day, and members on their first one."""
    members = np.bincount(site.votes.voter)[site.votes.voter] >= 140
    first_day = site.votes.at < 2
    return float(site.votes.opened[~members | first_day].sum() / BOARDS["young"][1].days)


def test_voters_of_long_standing_pay_nothing_unless_they_leave_most_battles(site: Site) -> None:
    burst = site.farmed(FARMS["one network, an hour"], 400, target=TARGET, seed=SEED)
    known = replace(burst, earlier=np.full(400, 5))
    assert effort_of(known, site.votes).iterations > 0
    assert effort_of(replace(known, opened=np.full(400, 1.4)), site.votes).iterations == 0


def test_held_accounts_reach_no_board(town: Town) -> None:
    plain = town.cast("target-only", 1000, target=TARGET)
    assert plain.held.all()
    assert not len(plain.free.voter)
    found = town.site.joined(plain.free, target=TARGET, seed=SEED)
    assert found.plain == found.weighed == (0, 0.0)
    hidden = town.cast("target-only, mildly selective, 90% classifier", 1000, target=TARGET)
    assert not hidden.held.any()
    assert hidden.votes.opened.mean() < 5
    shows = (hidden.votes.a == TARGET) | (hidden.votes.b == TARGET)
    assert 0.04 < shows.mean() < 0.1


def test_a_poorer_classifier_moves_less(site: Site, town: Town) -> None:
    worse = Town(site, alpha=0.01, seed=SEED, classifier=0.5)
    for name in ("nothing shared, a day", "target-only, non-selective"):
        moved = [
            site.moved_by(
                where.cast(name, 1000, target=TARGET).free, target=TARGET, seed=SEED, weighed=False
            )[1]
            for where in (worse, town)
        ]
        assert 0 < moved[0] < 0.8 * moved[1]


def test_the_figures_of_a_gang_are_of_all_its_votes(town: Town) -> None:
    found = town.attacked("target-only", 1000, target=TARGET)
    assert (found.held, found.accounts) == (1.0, 10)
    assert found.opened > 30_000
    assert found.plain == found.weighed == (0, 0.0)
    assert found.counted > 0.9


def test_riders_at_the_edge_are_not_found_and_push_all_the_same(town: Town) -> None:
    """They vote on their target as far as the null goes: as a valid test must let them."""
    name = next(name for name in GANGS if "after 1,000 honest" in name)
    ridden = town.cast(name, 20_000, target=TARGET)
    assert ridden.held.mean() <= 0.05
    assert set(ridden.votes.earlier.tolist()) == {1000}
    assert len(set(ridden.votes.voter.tolist())) == 20
    found = town.site.joined(ridden.free, target=TARGET, seed=SEED)
    assert found.plain[1] > 40
    assert abs(found.weighed[1]) < found.plain[1] / 3


def test_the_command_prints_costs_and_goes_on_where_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("economics", "one network, an hour", "--board=young", "--worlds=1", "--most=300")

    def rows() -> list[list[str]]:
        call_command(*arguments, f"--cache={tmp_path}")
        lines = capsys.readouterr().out.splitlines()
        return [line.strip("| ").split(" | ") for line in lines if line.startswith("| one")]

    first = rows()
    assert [row[1] for row in first] == ["10 points", "one rank", "first place"]
    assert first[0][2] == "30", "without weights 30 votes are enough"
    assert first[-1][8:12] == ["not with 300", "15,000", "300", "1"]
    assert int(first[-1][12].replace(",", "")) > 10_000, "seconds of one core"
    assert rows() == first
    (file,) = tmp_path.iterdir()
    known = json.loads(file.read_text())
    key = "young, one network, an hour, 30 votes, seed 1, before"
    file.write_text(json.dumps(known | {key: {"ranks": 0, "points": 9.0, "above": 40}}))
    assert int(rows()[0][2]) > 30, "known figures are taken, not found again"
    file.rename(tmp_path / "economics-0123456789ab.json")
    assert rows() == first, "those of other code are not"
    with pytest.raises(CommandError, match="No such attack: bribery"):
        call_command("economics", "bribery")


def kind_of(name: str) -> str:
    return name.partition(",")[0]


DRAWN = drawn(list(GANGS), kind_of)


@pytest.mark.parametrize("name", DRAWN)
def test_gangs_cast_what_they_are_asked_for(town: Town, name: str) -> None:
    cast = town.cast(name, 3000, target=TARGET)
    assert len(cast.votes.voter) == 3000
    assert cast.votes.rigged.all()
    assert len(np.unique(cast.votes.voter)) == 3000 // GANGS[name].each
    assert len(cast.free.voter) == np.count_nonzero(~cast.held)


def test_attacks_have_names_of_their_own() -> None:
    assert len(set(ATTACKS)) == len(FARMS) + len(GANGS)


def test_the_command_prints_the_share_of_honest_votes_that_count(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("crowds", "ordinary days", "--worlds=1", f"--seed={SEED}", f"--cache={tmp_path}")
    out = capsys.readouterr().out
    rows = [line.strip("| ").split(" | ") for line in out.splitlines()][2:]
    assert [row[1] for row in rows] == ["all voters", "newcomers", "width of intervals"]
    established, young = (float(cell.split("%")[0]) for cell in rows[0][2:])
    assert established >= 95
    assert young >= 85
    assert all(float(cell.split()[0]) <= 1.05 for cell in rows[2][2:])
    with pytest.raises(CommandError, match="No such crowd: bots"):
        call_command("crowds", "bots")


@pytest.mark.parametrize("name", [name for name in CROWDS if "largest network" in name])
def test_a_farm_in_a_network_costs_its_honest_voters_little(site: Site, name: str) -> None:
    found = CROWDS[name](site, BOARDS["young"][1], TARGET, SEED)
    several, alone = found["5 votes or more"], found["5 votes or more, without the farm"]
    assert several.votes == alone.votes > 0
    assert several.value >= alone.value - 0.02
    assert found["fewer than 5 votes"].value >= 0.8
    (network,) = largest(site.votes)
    assert len(set(site.votes.voter[site.votes.network == network].tolist())) > 10


def test_a_community_is_heard_beside_the_others(site: Site) -> None:
    found = CROWDS["ten times the guests on a day, one community"](
        site, BOARDS["young"][1], TARGET, SEED
    )
    assert found["the community"].value >= 0.8
    assert found["the community"].votes > 5_000
    assert found["others of that day"].value >= 0.85
