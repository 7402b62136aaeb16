"""What farms of accounts move, and how many honest votes count, with weights.

Worlds and crowds are drawn from the seeds named here, none of which any constant was chosen on.
The bounds are the project's own; the seeds are fixed, so chance fails none of these tests.
"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.integrity.simulator.site.days import (
    ESTABLISHED,
    YOUNG,
    Traffic,
    Votes,
    ordinary_days,
)
from arena.integrity.simulator.site.farms import (
    COUNTS,
    FARMS,
    Farm,
    Site,
    farm_votes,
    table_of,
)
from arena.integrity.statistics.prediction import Floats
from arena.integrity.statistics.weights.vote_weights import (
    BOUNDS,
    Ballots,
    Bound,
    Class,
    Group,
    compute_weights,
)
from tests.drawn import drawn

SEED = 4101
TARGET = 40
MODELS = 100
RIGGED = 1000

POINTS = {"established": 3.5, "young": 25.0}
"""Most that 1,000 rigging votes may move their target, in rating points."""


def truth_of(kind: str) -> Floats:
    deviation = 1.0 if kind == "established" else 0.3
    strengths = deviation * np.random.default_rng(SEED).standard_normal(MODELS)
    truth: Floats = np.sort(strengths - strengths.mean())[::-1]
    return truth


@pytest.fixture(scope="module")
def sites() -> dict[str, Site]:
    traffic = {"established": ESTABLISHED, "young": YOUNG}
    return {kind: Site.of(truth_of(kind), traffic[kind], seed=SEED) for kind in traffic}


def weigh(votes: Votes) -> Floats:
    return compute_weights(votes.ballots(MODELS, np.random.default_rng(SEED))).weight


@pytest.mark.parametrize(("kind", "share"), [("established", 0.95), ("young", 0.85)])
def test_honest_votes_count(sites: dict[str, Site], kind: str, share: float) -> None:
    site = sites[kind]
    few = np.bincount(site.votes.voter)[site.votes.voter] <= 5
    assert np.mean(site.weight >= COUNTS) >= share
    assert np.mean(site.weight[few] >= COUNTS) >= share - 0.03
    widths = [board.upper - board.lower for board in (site.plain, site.weighed)]
    assert np.all(widths[1] <= 1.05 * widths[0])


def kind_of(case: tuple[str, str]) -> str:
    return case[0]


CASES = drawn([(kind, name) for kind in POINTS for name in FARMS], kind_of)


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_a_farm_moves_its_target_little(sites: dict[str, Site], kind: str, name: str) -> None:
    found = sites[kind].attacked(FARMS[name], RIGGED, target=TARGET, seed=SEED)
    assert abs(found.weighed[1]) <= POINTS[kind]
    assert abs(found.plain[1]) > POINTS[kind], "without weights the attack works"


def test_no_farm_is_large_enough_to_disappear(sites: dict[str, Site]) -> None:
    for votes in (200, 1000, 5000):
        found = sites["young"].attacked(
            FARMS["one network, an hour"], votes, target=TARGET, seed=SEED
        )
        assert abs(found.weighed[1]) <= 5
        assert found.plain[1] > 100


@pytest.mark.parametrize("kind", list(POINTS))
def test_a_gang_of_active_accounts_is_outvoted(sites: dict[str, Site], kind: str) -> None:
    """200 accounts that cast 100 votes each, a few of them for their target."""
    gang = Farm(each=100, days=13, filler=0.98)
    found = sites[kind].attacked(gang, 20_000, target=TARGET, seed=SEED)
    assert abs(found.weighed[1]) <= 0.7 * found.plain[1]
    assert found.counted >= 0.9


def test_a_flood_does_not_silence_newcomers(sites: dict[str, Site]) -> None:
    site = sites["established"]
    for name in ("one network, an hour", "nothing shared, a day"):
        flood = farm_votes(
            FARMS[name], site.truth, TARGET, 1000, np.random.default_rng(SEED), last=13.5
        )
        together = site.votes.with_(flood)
        of_day = (together.at >= 13) & ~together.rigged
        few = np.bincount(together.voter)[together.voter] <= 5
        assert np.mean(weigh(together)[of_day & few] >= COUNTS) >= 0.9


def test_honest_people_in_the_network_of_a_farm_keep_their_votes(sites: dict[str, Site]) -> None:
    site = sites["established"]
    largest = int(np.bincount(site.votes.network).argmax())
    farm = farm_votes(
        FARMS["one network, a fortnight"],
        site.truth,
        TARGET,
        1000,
        np.random.default_rng(SEED),
        last=13.5,
    )
    together = site.votes.with_(farm)
    network = np.where(together.rigged, largest, together.network)
    weight = weigh(replace(together, network=network))
    inside = (network == largest) & ~together.rigged
    many = np.bincount(together.voter)[together.voter] > 5
    assert np.count_nonzero(inside & ~many) > 200
    assert np.mean(weight[inside & ~many] >= COUNTS) >= 0.8
    assert np.mean(weight[inside & many] >= COUNTS) >= 0.9
    assert weight[together.rigged].mean() < 0.1


def test_a_community_that_comes_on_one_day_is_heard(sites: dict[str, Site]) -> None:
    site = sites["established"]
    taste = np.zeros(MODELS)
    taste[[20, 50, 80]] = 0.5, -0.5, 0.5
    guests = Traffic(guests=10 * ESTABLISHED.guests, members=0, days=1)
    crowd = ordinary_days(site.truth + taste, guests, np.random.default_rng(SEED))
    together = site.votes.with_(replace(crowd, at=crowd.at + 13))
    weight = weigh(together)
    assert np.mean(weight[len(site.votes.voter) :] >= COUNTS) >= 0.8
    assert np.mean(weight[: len(site.votes.voter)] >= COUNTS) >= 0.95


def test_weights_are_tenths_and_no_order_of_votes_changes_them(sites: dict[str, Site]) -> None:
    site = sites["young"]
    farm = farm_votes(FARMS["5 votes, a day"], site.truth, TARGET, 300, rng(), last=13.5)
    ballots = site.votes.with_(farm).ballots(MODELS, rng())
    found = compute_weights(ballots)
    assert np.allclose(found.weight * 10, np.round(found.weight * 10))
    assert np.all((found.weight < 1) == (found.group != Group.NONE))
    order = rng().permutation(len(found.weight))
    fields = ("voter", "network", "day", "a", "b", "score", "lot")
    shuffled = compute_weights(
        replace(ballots, **{name: getattr(ballots, name)[order] for name in fields})
    )
    assert np.array_equal(shuffled.weight, found.weight[order])


def test_later_votes_make_the_first_one_count(sites: dict[str, Site]) -> None:
    """A guest's vote falls on the day of a farm; with votes on other models it counts fully."""
    site = sites["young"]
    farm = farm_votes(FARMS["nothing shared, an hour"], site.truth, TARGET, 1000, rng(), last=13.5)
    guest = replace(
        farm_votes(Farm(each=1), site.truth, TARGET, 1, rng(), last=13.5), rigged=np.array([False])
    )
    crowd = site.votes.with_(farm)
    first = len(crowd.voter)
    assert weigh(crowd.with_(guest))[first] < 0.3
    more = ordinary_days(site.truth, Traffic(guests=0, members=3, days=1), rng())
    returned = crowd.with_(guest).with_(
        replace(more, voter=np.zeros(len(more.voter), dtype=np.intp), at=more.at + 13)
    )
    voter = np.where(returned.voter == returned.voter[-1], returned.voter[first], returned.voter)
    assert weigh(replace(returned, voter=voter))[first] >= COUNTS


def test_a_site_of_newcomers_alone_weighs_them_against_one_another() -> None:
    truth = truth_of("young")
    votes = ordinary_days(truth, Traffic(guests=100, members=0, days=3), rng())
    few = np.bincount(votes.voter)[votes.voter] <= 5
    alone = Votes(**{name: getattr(votes, name)[few] for name in Votes.__dataclass_fields__})
    assert np.mean(weigh(alone) >= COUNTS) >= 0.85


def test_older_votes_are_compared_with_but_not_weighed(sites: dict[str, Site]) -> None:
    """A farm of today, on a site whose other votes are all older than the period."""
    site = sites["established"]
    farm = farm_votes(FARMS["nothing shared, an hour"], site.truth, TARGET, 400, rng(), last=0.5)
    board = table_of(site.votes, MODELS, site.weight)
    ballots: Ballots = farm.ballots(MODELS, rng())
    found = compute_weights(ballots, board)
    assert found.weight.mean() < 0.15
    assert set(found.of_class.tolist()) == {Class.ONE_VOTE}
    earlier = replace(ballots, earlier=np.full(400, 100.0))
    assert set(compute_weights(earlier, board).of_class.tolist()) == {Class.MANY_VOTES}


bounds = st.builds(
    lambda full, falls, gone, least: Bound(full, full + falls, full + falls + gone, least),
    st.floats(0.1, 3),
    st.floats(0.1, 3),
    st.floats(0.1, 3),
    st.floats(0, 5),
)


@given(st.one_of(bounds, st.sampled_from(list(BOUNDS.values()))), st.floats(0.05, 50))
def test_a_bound_lets_chance_pass_and_stops_what_is_beyond(bound: Bound, error: float) -> None:
    unit = max(error, bound.least)
    pull = np.linspace(-20 * unit, 20 * unit, 401)
    allowed = bound.allowed(pull, np.full(401, error))
    assert np.allclose(allowed, allowed[::-1])
    assert np.all(allowed <= np.minimum(np.abs(pull), bound.full * unit) + 1e-9)
    inside = np.abs(pull) <= bound.full * unit
    assert np.allclose(allowed[inside], np.abs(pull)[inside])
    assert np.all(allowed[np.abs(pull) >= bound.gone * unit] <= 1e-9)


def rng() -> np.random.Generator:
    return np.random.default_rng(SEED)
