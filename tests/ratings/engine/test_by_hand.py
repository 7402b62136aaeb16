"""Cases small enough to work out on paper."""

import math

import numpy as np
import pytest
from scipy.stats import norm, t

from ratings.engine import (
    Conventions,
    PairTable,
    exact_influence,
    expected_gain,
    fit,
    fit_ties,
    fragility,
)
from ratings.engine.bradley_terry import DEFAULT, Leaderboard
from ratings.snapshots import snapshot_rows

POINTS = 400 / math.log(10)
Z = float(norm.ppf(0.975))
BY_VOTES = Conventions(prior="votes")  # what votes alone give, few or many


def table(models: str, *counts: tuple[str, str, int, int, int, int]) -> PairTable:
    """Models of one letter each; counts as in `PairTable.as_counts`."""
    return PairTable.from_counts(list(models), counts)


def of(board: Leaderboard, model: str) -> tuple[float, float, float]:
    i = board.models.index(model)
    return float(board.ratings[i]), float(board.lower[i]), float(board.upper[i])


def test_two_models() -> None:
    """60 wins, 20 losses, 12 ties, 8 both bad: 70 points to 30, so the odds are 7 to 3."""
    board = fit(table("ab", ("a", "b", 60, 20, 12, 8)), BY_VOTES)
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
    board = fit(table("abc", ("a", "b", 30, 10, 0, 0), ("b", "c", 10, 2, 4, 0)), BY_VOTES)
    a, b, c = board.ratings
    assert a - b == pytest.approx(POINTS * math.log(3))
    assert b - c == pytest.approx(POINTS * math.log(3))
    assert (a + b + c) / 3 == pytest.approx(1000)


def test_a_ring_of_wins_is_a_tie_of_all() -> None:
    board = fit(
        table("abc", ("a", "b", 25, 0, 0, 0), ("b", "c", 25, 0, 0, 0), ("a", "c", 0, 25, 0, 0))
    )
    assert board.ratings == pytest.approx([1000] * 3)
    assert board.rank.tolist() == [1] * 3
    assert board.marks == ((),) * 3


def test_scale_base_centre_and_anchor_are_conventions() -> None:
    counts = table("ab", ("a", "b", 30, 10, 0, 0))
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


def test_a_winner_without_a_loss_has_a_finite_rating_in_old_snapshots_too() -> None:
    """Two models, 10 wins: votes alone give infinity; a prior of half a tie holds it.

    Both models are marked, and both tie half a vote with the average, 0: with d the difference,
    10 (1 - s(d)) = 0.5 (s(d / 2) - 0.5) for each.
    """
    board = fit(table("ab", ("a", "b", 10, 0, 0, 0)), BY_VOTES)
    d = (board.ratings[0] - board.ratings[1]) / POINTS
    assert 10 / (1 + math.exp(d)) == pytest.approx(0.5 * (1 / (1 + math.exp(-d / 2)) - 0.5))
    assert board.marks == (("no losses",), ("no wins",))


def test_a_model_without_votes_is_average_and_changes_no_other_rating() -> None:
    counts = [("a", "b", 60, 20, 0, 0), ("b", "c", 60, 20, 0, 0), ("a", "c", 50, 30, 0, 0)]
    alone, joined = fit(table("abc", *counts)), fit(table("abcx", *counts))
    np.testing.assert_allclose(joined.ratings[:3], alone.ratings)
    np.testing.assert_allclose(joined.lower[:3], alone.lower, rtol=1e-3)
    assert joined.ratings[3] == pytest.approx(1000)
    assert joined.marks == ((), (), (), ("no votes",))
    # Its interval is at least that of the spread that was seen, and at most that of the default.
    assert Z * alone.ratings.std() < joined.upper[3] - 1000 < 1.3 * Z * DEFAULT.prior_spread


def test_one_tie_leaves_a_wide_interval() -> None:
    """Of two models that tied once, neither is sure of its rating or surer to be first."""
    board = fit(table("xy", ("x", "y", 0, 0, 1, 0)))
    assert board.ratings == pytest.approx([1000, 1000])
    assert board.marks == (("few votes",),) * 2
    # Half a difference between models of a spread of 350 points; one vote says little about it.
    half = Z * 350 / math.sqrt(2)
    assert 0.5 * half < 1000 - board.lower[0] < half
    assert board.rank_high.tolist() == [2, 2]
    assert [row["first"] for row in snapshot_rows(board)] == [0.5, 0.5]


@pytest.mark.parametrize("ties", [10, 100, 10_000])
def test_ties_alone_leave_wide_intervals(ties: int) -> None:
    """n ties: what never happened may still happen about once in n votes, as for any frequency."""
    board = fit(table("xy", ("x", "y", 0, 0, ties, 0)))
    assert 1000 - board.lower[0] > Z * POINTS / ties
    assert bool(board.marks[0]) == (ties < 30)


def test_a_tie_of_a_newcomer_with_the_first_does_not_make_it_first() -> None:
    counts = [("a", "b", 64_000, 36_000, 0, 0), ("b", "c", 64_000, 36_000, 0, 0)]
    board = fit(table("abcx", *counts, ("a", "x", 0, 0, 1, 0)))
    rating, lower, upper = of(board, "x")
    assert board.marks == ((), (), (), ("few votes",))
    assert of(board, "b")[0] < rating < of(board, "a")[0]
    assert upper - lower > 300
    assert board.rank.tolist() == [1, 2, 3, 4]
    assert (board.rank_low[3], board.rank_high[3]) == (1, 4)


def test_a_preliminary_model_ranks_by_its_lower_bound() -> None:
    """Whatever it won: four wins do not put it above those who have shown more."""
    counts = [("a", "b", 550, 450, 0, 0), ("b", "c", 550, 450, 0, 0), ("a", "x", 0, 4, 0, 0)]
    board = fit(table("abcx", *counts))
    assert board.ratings[3] > board.ratings[0]
    assert board.rank.tolist()[3] == 4
    assert [board.models[i] for i in board.order()] == ["a", "b", "c", "x"]
    found = fragility(table("abcx", *counts))
    assert found is not None
    assert (found.first, found.second) == ("a", "b")


def test_models_of_equal_records_have_equal_chances() -> None:
    """A ring of ties, and a star: draws alone would favour the one or the other a little."""
    ring = fit(table("abcd", *[(*pair, 0, 0, 1, 0) for pair in ("ab", "bc", "cd", "ad")]))
    assert {row["first"] for row in snapshot_rows(ring)} == {0.25}
    star = fit(table("abcd", *[("a", other, 2, 2, 3, 0) for other in "bcd"]))
    chances = {row["slug"]: row["first"] for row in snapshot_rows(star)}
    assert chances["b"] == chances["c"] == chances["d"]
    assert sum(chances.values()) == pytest.approx(1, abs=2e-4)


def test_without_votes_the_interval_is_that_of_the_spread() -> None:
    """Three models of a known spread: what may be expected of the next one (Student)."""
    counts = [("a", "b", 6400, 3600, 0, 0), ("b", "c", 6400, 3600, 0, 0)]
    board = fit(table("abcx", *counts))
    step = POINTS * math.log(64 / 36)
    spread = step * math.sqrt(1 + 1 / 3)  # the standard deviation of -1, 0 and 1 is 1
    assert board.upper[3] - 1000 == pytest.approx(t.ppf(0.975, 2) * spread, rel=0.01)


def test_no_rating_jumps_when_a_model_is_no_longer_preliminary() -> None:
    """A newcomer that wins two of three: its lead over others nears the log-odds of its votes."""
    leads = []
    for lost in range(2, 14):
        counts = [("a", "b", 500, 500, 0, 0), ("a", "x", lost, 2 * lost, 0, 0)]
        board = fit(table("abx", *counts))
        leads.append(of(board, "x")[0] - of(board, "a")[0])
    steps = np.diff(leads)
    assert (steps > -1e-9).all()
    assert steps.max() < 10
    assert leads[8:] == pytest.approx([POINTS * math.log(2)] * 4)


def test_few_votes_among_many_keep_a_wide_interval() -> None:
    """A newcomer's interval is that of its own votes, however many the others have.

    arena-rank's ridge, 1e-5 for each vote on the board, would make it 5 times too narrow here.
    """
    million = 1_000_000
    counts = table("abx", ("a", "b", million, million, 0, 0), ("a", "x", 10, 10, 0, 0))
    board = fit(counts, BY_VOTES)
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
