"""Cases small enough to work out on paper."""

import math

import numpy as np
import pytest
from scipy.stats import norm

from ratings.core import Conventions, PairTable, exact_influence, expected_gain, fit, fit_ties
from ratings.core.bradley_terry import Leaderboard

POINTS = 400 / math.log(10)
Z = float(norm.ppf(0.975))


def table(models: str, *counts: tuple[str, str, int, int, int, int]) -> PairTable:
    """Models of one letter each; counts as in `PairTable.as_counts`."""
    return PairTable.from_counts(list(models), counts)


def of(board: Leaderboard, model: str) -> tuple[float, float, float]:
    i = board.models.index(model)
    return float(board.ratings[i]), float(board.lower[i]), float(board.upper[i])


def test_two_models() -> None:
    """60 wins, 20 losses, 12 ties, 8 both bad: 70 points to 30, so the odds are 7 to 3."""
    board = fit(table("ab", ("a", "b", 60, 20, 12, 8)))
    gap = POINTS * math.log(7 / 3)
    hessian = 100 * 0.7 * 0.3
    scores = 60 * 0.3**2 + 20 * 0.7**2 + 20 * 0.2**2
    half = Z * POINTS * math.sqrt(scores) / hessian / 2
    assert of(board, "a") == pytest.approx((1000 + gap / 2, *bounds(1000 + gap / 2, half)))
    assert of(board, "b") == pytest.approx((1000 - gap / 2, *bounds(1000 - gap / 2, half)))
    assert board.rank.tolist() == [1, 2]
    assert board.votes.tolist() == [100, 100]
    assert board.marks == ((), ())


def bounds(rating: float, half: float) -> tuple[float, float]:
    return rating - half, rating + half


def test_a_chain_adds_up() -> None:
    """On a tree of pairs each difference is the log-odds of its pair alone."""
    board = fit(table("abc", ("a", "b", 30, 10, 0, 0), ("b", "c", 10, 2, 4, 0)))
    a, b, c = board.ratings
    assert a - b == pytest.approx(POINTS * math.log(3))
    assert b - c == pytest.approx(POINTS * math.log(3))
    assert (a + b + c) / 3 == pytest.approx(1000)


def test_a_ring_of_wins_is_a_tie_of_all() -> None:
    board = fit(
        table("abc", ("a", "b", 5, 0, 0, 0), ("b", "c", 5, 0, 0, 0), ("a", "c", 0, 5, 0, 0))
    )
    assert board.ratings == pytest.approx([1000] * 3)
    assert board.rank.tolist() == [1] * 3
    assert board.marks == ((),) * 3


def test_scale_base_centre_and_anchor_are_conventions() -> None:
    counts = table("ab", ("a", "b", 3, 1, 0, 0))
    a, b = fit(counts, Conventions(scale=1, base=math.e, centre=0)).ratings
    assert (a, b) == pytest.approx((math.log(3) / 2, -math.log(3) / 2))
    anchored = fit(counts, Conventions(anchor="b", centre=1200))
    assert anchored.ratings[1] == pytest.approx(1200)
    assert anchored.ratings[0] == pytest.approx(1200 + POINTS * math.log(3))
    with pytest.raises(ValueError, match="'c' is not among the models"):
        fit(counts, Conventions(anchor="c"))


def test_a_published_rank_counts_the_models_surely_above() -> None:
    """a and b overlap, both are far above c."""
    board = fit(
        table("abc", ("a", "b", 51, 49, 0, 0), ("a", "c", 80, 20, 0, 0), ("b", "c", 80, 20, 0, 0))
    )
    assert board.rank.tolist() == [1, 1, 3]
    assert board.rank_low.tolist() == [1, 1, 3]
    assert board.rank_high.tolist() == [2, 2, 3]


def test_a_winner_without_a_loss_has_a_finite_rating_and_is_marked() -> None:
    """Two pairs, 10 wins: votes alone give infinity; a prior of half a tie holds it.

    Both models are marked, and both tie half a vote with the average, 0: with d the difference,
    10 (1 - s(d)) = 0.5 (s(d / 2) - 0.5) for each.
    """
    board = fit(table("ab", ("a", "b", 10, 0, 0, 0)))
    d = (board.ratings[0] - board.ratings[1]) / POINTS
    assert 10 / (1 + math.exp(d)) == pytest.approx(0.5 * (1 / (1 + math.exp(-d / 2)) - 0.5))
    assert board.marks == (("no losses",), ("no wins",))


def test_a_model_without_votes_is_average_and_moves_nobody() -> None:
    counts = [("a", "b", 6, 2, 0, 0), ("b", "c", 6, 2, 0, 0), ("a", "c", 5, 3, 0, 0)]
    alone, joined = fit(table("abc", *counts)), fit(table("abcx", *counts))
    np.testing.assert_allclose(joined.ratings[:3], alone.ratings)
    np.testing.assert_allclose(joined.lower[:3], alone.lower)
    assert joined.ratings[3] == pytest.approx(1000)
    # Half a vote at even odds has the information 1/8.
    assert joined.upper[3] - 1000 == pytest.approx(Z * POINTS * math.sqrt(8))
    assert joined.marks == ((), (), (), ("no votes",))


def test_few_votes_among_many_keep_a_wide_interval() -> None:
    """A newcomer's interval is that of its own votes, however many the others have.

    arena-rank's ridge, 1e-5 for each vote on the board, would make it 5 times too narrow here.
    """
    million = 1_000_000
    board = fit(table("abx", ("a", "b", million, million, 0, 0), ("a", "x", 10, 10, 0, 0)))
    _, lower, upper = of(board, "x")
    assert (upper - lower) / 2 == pytest.approx(Z * POINTS * 2 / 3 * math.sqrt(1 / 5), rel=1e-3)


def test_davidson_on_two_models() -> None:
    """The odds are those of the decided votes; nu is the ties over their geometric mean."""
    fitted = fit_ties(table("ab", ("a", "b", 45, 5, 20, 10)))
    a, b = fitted.leaderboard.ratings
    assert a - b == pytest.approx(POINTS * math.log(9))
    assert fitted.nu == pytest.approx(30 / math.sqrt(45 * 5))
    assert fitted.tie_at_par == pytest.approx(fitted.nu / (2 + fitted.nu))


def test_influence_is_the_rating_with_the_votes_minus_the_one_without() -> None:
    whole = table("ab", ("a", "b", 30, 10, 0, 0))
    part = table("ab", ("a", "b", 10, 0, 0, 0))
    gain = exact_influence(whole, part)
    assert gain == pytest.approx(np.array([1, -1]) * POINTS * (math.log(3) - math.log(2)) / 2)
    with pytest.raises(ValueError, match="not part of the table"):
        exact_influence(part, whole)


def test_the_best_of_two_and_of_three_normals() -> None:
    assert expected_gain(1, 10) == pytest.approx(0, abs=1e-9)
    assert expected_gain(2, 10) == pytest.approx(10 / math.sqrt(math.pi))
    assert expected_gain(3, 10) == pytest.approx(15 / math.sqrt(math.pi))
    with pytest.raises(ValueError, match="at least once"):
        expected_gain(0, 10)
