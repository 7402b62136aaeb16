"""What single votes change, against fits of the board without each of them."""

import numpy as np
import pytest
from numpy.typing import NDArray

from ratings.engine import PairTable, SingleVotes, exact_influence
from ratings.engine.simulate import draw_outcomes, spread_strengths
from ratings.engine.tables import Floats

Numbers = NDArray[np.int64]


def board(seed: int, models: int, votes: int) -> tuple[PairTable, Numbers]:
    """A board whose votes weigh 0.1 to 1, and its votes: first, second, outcome, tenths."""
    rng = np.random.default_rng(seed)
    a = rng.integers(0, models, votes)
    b = (a + rng.integers(1, models, votes)) % models
    truth = spread_strengths(models, 0.8, rng)
    outcome = draw_outcomes(truth[a] - truth[b], rng)
    tenths = rng.integers(1, 11, votes)
    names = [f"m{number:02}" for number in range(models)]
    table = PairTable.from_votes(names, a, b, outcome, tenths / 10)
    return table, np.column_stack([a, b, outcome, tenths])


def refitted(table: PairTable, vote: Numbers) -> Floats:
    """Points that the vote gives its two models, by two fits."""
    a, b, outcome, tenths = (np.array([value]) for value in vote)
    alone = PairTable.from_votes(table.models, a, b, outcome, tenths / 10)
    gained: Floats = exact_influence(table, alone)[vote[:2]]
    return gained


@pytest.mark.parametrize(("models", "votes"), [(8, 600), (12, 2400), (20, 20_000)])
def test_one_newton_step_agrees_with_a_fit_without_the_vote(models: int, votes: int) -> None:
    table, cast = board(models, models, votes)
    some = cast[:: votes // 30]
    found = SingleVotes.of(table).points(some[:, 0], some[:, 1], some[:, 2], some[:, 3] / 10)
    exact = np.array([refitted(table, vote) for vote in some])
    assert np.abs(exact).max() > 0.2
    assert found == pytest.approx(exact, rel=0.02, abs=0.002)


def test_a_vote_of_little_weight_changes_little_and_no_weight_nothing() -> None:
    table, cast = board(1, 8, 600)
    a, b, outcome = np.repeat(cast[:1, :3], 3, axis=0).T
    weights = np.array([0, 0.1, 1])
    none, tenth, full = SingleVotes.of(table).points(a, b, outcome, weights)
    assert not none.any()
    assert full == pytest.approx(10 * tenth, rel=0.05)


def test_a_vote_that_the_board_does_not_have_yet_stays_finite() -> None:
    """Two models that never met and have no other votes."""
    table = PairTable.from_counts("abcd", [("a", "b", 1, 0, 0, 0), ("c", "d", 1, 0, 0, 0)])
    a, c, won = np.array([0]), np.array([2]), np.array([0])
    gained, lost = SingleVotes.of(table).points(a, c, won, np.ones(1))[0]
    assert 0 < gained < 1000
    assert lost == pytest.approx(-gained)
