"""Intervals clustered by voter: what many votes of one voter are worth."""

import json
from typing import Any

import numpy as np
import pytest

from ratings.engine import Clusters, PairTable, fit, fit_cells
from ratings.engine.bradley_terry import DEFAULT, solve
from ratings.engine.style.table import StyledTable
from ratings.snapshots import snapshot, snapshot_rows, verify
from tests.chance import FALSE_ALARM, fewer, mean_outside
from tests.ratings.engine.worlds import crowd, crowd_coverage

# 60 worlds of 20 models give the coverage to 0.8% (standard error). The bounds are 93 and 97%, and
# four of these errors beyond.
ERROR = 0.008
WORLDS = 60
LOW, HIGH = 0.93 - 4 * ERROR, 0.97 + 4 * ERROR
TWICE = {"of": "voter", "number": 1, "models": [["a", 1, 1]] * 2, "sums": [[0], [0, 0]]}
NAN = {"of": "voter", "number": 1, "models": [["a", 1, 1]], "sums": [[float("nan")]]}


@pytest.mark.parametrize("kind", ["voter", "group"])
def test_intervals_cover_where_some_voters_cast_many_votes(kind: str) -> None:
    """300 voters of Zipf shares with tastes of 0.5 log-odds.

    The worlds are as in `python -m tests.ratings.engine.worlds voters`, whose long run tells the
    exact figures: 95%, and 94% of the models with many votes. With these, one run in a million
    fails in vain by the first bound, and one in 1,500 by the second.
    """
    covered, votes = crowd_coverage(kind, repetitions=WORLDS, seed=31)
    worlds = covered.reshape(WORLDS, -1).mean(axis=1)
    assert LOW <= worlds.mean() <= HIGH
    assert mean_outside(worlds, low=LOW, high=HIGH, truth=0.95) < FALSE_ALARM
    many = covered[votes > 1000]  # about 200
    assert many.mean() >= 0.88
    assert fewer(0.88 * len(many), len(many), 0.94) < 1e-3


def test_intervals_by_vote_are_too_narrow_if_some_voters_cast_many_votes() -> None:
    """The coverage is 85%, and 75% of the models with many votes.

    With these, one run in a million fails in vain by the first bound, and one in 10,000 by the
    second.
    """
    covered, votes = crowd_coverage("vote", repetitions=3 * WORLDS, seed=31)
    worlds = covered.reshape(3 * WORLDS, -1).mean(axis=1)
    assert worlds.mean() < LOW
    assert mean_outside(worlds, high=LOW) < FALSE_ALARM
    many = covered[votes > 1000]
    assert many.mean() < 0.82
    assert 1 - fewer(0.82 * len(many), len(many), 0.75) < 1e-4


def test_without_tastes_clusters_widen_little() -> None:
    rng = np.random.default_rng(32)
    ratios = []
    for _ in range(40):
        world = crowd(rng, taste=0.0)
        by_vote, by_voter = fit(world.table), fit(world.table, DEFAULT, world.by_voter())
        ratio = (by_voter.upper - by_voter.lower) / (by_vote.upper - by_vote.lower)
        ratios.append(ratio.mean())
    assert 1.0 < np.mean(ratios) < 1.1
    assert mean_outside(ratios, low=1.0, high=1.1) < FALSE_ALARM


def votes_of(rng: np.random.Generator, votes: int) -> dict[str, Any]:
    a = rng.integers(0, 3, votes)
    return {
        "a": a,
        "b": (a + rng.integers(1, 3, votes)) % 3,
        "outcome": rng.choice(4, votes, p=[0.4, 0.3, 0.2, 0.1]),
    }


def clustered(votes: dict[str, Any], voter: Any) -> tuple[PairTable, Clusters]:
    table = PairTable.from_votes("abc", **votes)
    return table, Clusters.of_votes(table, *solve(table), voter=voter, **votes)


def test_clusters_of_one_vote_each_do_not_change_intervals() -> None:
    votes = votes_of(np.random.default_rng(1), 3000)
    table, clusters = clustered(votes, np.arange(3000))
    by_vote, by_voter = fit(table), fit(table, DEFAULT, clusters)
    np.testing.assert_allclose(by_voter.upper, by_vote.upper, atol=0.05)
    np.testing.assert_array_equal(by_voter.ratings, by_vote.ratings)


def test_repeated_votes_of_the_same_voter_do_not_narrow_intervals() -> None:
    """4 times the votes of 800 voters, each cast 4 times alike: the interval of 800 votes."""
    votes = votes_of(np.random.default_rng(2), 800)
    once, _ = clustered(votes, np.arange(800))
    repeated = {name: np.repeat(column, 4) for name, column in votes.items()}
    table, clusters = clustered(repeated, np.repeat(np.arange(800), 4))
    alone, together = fit(once), fit(table, DEFAULT, clusters)
    width = alone.upper - alone.lower
    assert together.upper - together.lower == pytest.approx(width, rel=0.03)
    assert fit(table).upper - fit(table).lower == pytest.approx(width / 2, rel=0.03)


@pytest.mark.parametrize("voters", [1, 2, 4])
def test_few_voters_leave_wide_intervals(voters: int) -> None:
    """The fit follows a single voter, whose sums then are 0: their board is preliminary."""
    votes = votes_of(np.random.default_rng(3), 900)
    table, clusters = clustered(votes, np.arange(900) % voters)
    by_vote, by_voter = fit(table), fit(table, DEFAULT, clusters)
    assert by_voter.marks == (("few voters",),) * 3
    assert (by_voter.upper - by_voter.lower > 2 * (by_vote.upper - by_vote.lower)).all()


def test_votes_on_preliminary_models_are_in_no_sum() -> None:
    votes = votes_of(np.random.default_rng(4), 900)
    _, alone = clustered(votes, np.arange(900) % 60)
    more: dict[str, Any] = {
        "a": np.append(votes["a"], [3] * 20),
        "b": np.append(votes["b"], [0] * 20),
        "outcome": np.append(votes["outcome"], [0] * 20),
    }
    table = PairTable.from_votes("abcx", **more)
    clusters = Clusters.of_votes(table, *solve(table), voter=np.arange(920) % 60, **more)
    assert clusters.models == ("a", "b", "c")
    np.testing.assert_array_equal(clusters.squares, alone.squares)
    np.testing.assert_allclose(clusters.sums, alone.sums, rtol=0.2, atol=1)
    board = fit(table, DEFAULT, clusters)
    assert board.marks[3] == ("no losses",)
    by_vote = fit(table)
    assert (board.upper - board.lower)[3] >= (by_vote.upper - by_vote.lower)[3] - 1e-9


def test_a_snapshot_with_clusters_is_recomputed_from_their_sums() -> None:
    world = crowd(np.random.default_rng(33))
    clusters = world.by_voter()
    published = json.loads(json.dumps(snapshot(world.table, DEFAULT, clusters)))
    checks = verify(published)
    assert "clusters" in {check.name for check in checks}
    assert [check for check in checks if check.differences] == []
    # Whoever narrows the intervals must forge the sums; without them the bounds are others.
    del published["clusters"]
    names = {check.name for check in verify(published) if check.differences}
    assert {"lower", "upper"} <= names
    assert "rating" not in names


@pytest.mark.parametrize(
    ("forged", "fault"),
    [
        (lambda sums: sums["models"][0].__setitem__(1, 1), "no squares"),
        (lambda sums: sums["models"][0].__setitem__(2, 1), "no cubes"),
        (lambda sums: sums["sums"][0].__setitem__(0, 0.0), "add up to 0"),
        (lambda sums: sums["sums"][0].__setitem__(0, 1e9), "larger than its votes can give"),
    ],
)
def test_impossible_sums_are_reported(forged: Any, fault: str) -> None:
    world = crowd(np.random.default_rng(34))
    sums = json.loads(json.dumps(world.by_voter().as_dict()))
    assert Clusters.from_dict(sums).faults(world.table) == []
    forged(sums)
    assert any(fault in found for found in Clusters.from_dict(sums).faults(world.table))


@pytest.mark.parametrize(
    "published", [{}, {"models": [["a", 1]], "sums": []}, {"models": 3}, NAN, TWICE]
)
def test_malformed_clusters_are_refused(published: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="clusters"):
        Clusters.from_dict(published)


def test_with_style_equal_the_same_clusters_widen_as_much() -> None:
    """All answers look alike: style changes nothing."""
    world = crowd(np.random.default_rng(35))
    alike = np.full((len(world.a), 4), 7.0)
    styled = StyledTable.from_votes(
        world.models, world.a, world.b, world.outcome, style=(alike, alike)
    )
    clusters = world.by_voter()
    plain = fit(world.table, DEFAULT, clusters)
    held_equal = fit_cells(styled, DEFAULT, clusters).leaderboard
    np.testing.assert_allclose(held_equal.upper, plain.upper, atol=1e-3)


def test_clusters_change_ranks_and_probabilities_of_being_best() -> None:
    world = crowd(np.random.default_rng(36), votes=20_000)
    by_vote, by_voter = fit(world.table), fit(world.table, DEFAULT, world.by_voter())
    assert (by_voter.rank_high - by_voter.rank_low).sum() > (
        by_vote.rank_high - by_vote.rank_low
    ).sum()
    assert snapshot_rows(by_voter)[0]["first"] < snapshot_rows(by_vote)[0]["first"]


def test_a_board_with_one_model_of_many_votes_verifies() -> None:
    """The models of clusters are those of many votes; here none of them met another."""
    place = np.arange(60)
    votes: dict[str, Any] = {"a": 0 * place, "b": place % 3 + 1, "outcome": place % 3}
    table = PairTable.from_votes("abcd", **votes)
    strengths, prior = solve(table, DEFAULT)
    clusters = Clusters.of_votes(table, strengths, prior, voter=place % 9, **votes)
    assert clusters.models == ("a",)
    assert [
        check for check in verify(snapshot(table, DEFAULT, clusters)) if check.differences
    ] == []
