"""The methods on votes from a known truth. Seeded; a wrong method is far outside the bounds.

The bounds are those of the issue; the number of trials puts the sampling error of each figure
well below its distance to them.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import norm

from ratings.core import (
    Leaderboard,
    PairTable,
    StyledVotes,
    bootstrap,
    fit,
    fit_styled,
    fit_ties,
    pair_probabilities,
    pairing_gain,
    probability_first,
)
from ratings.core.bradley_terry import DEFAULT, points_per_logit
from ratings.core.simulate import draw_outcomes, spread_strengths, uniform_pairs
from ratings.core.tables import Floats, Indices

POINTS = points_per_logit(DEFAULT)


def simulated(truth: Floats, votes: int, rng: np.random.Generator) -> PairTable:
    a, b = uniform_pairs(len(truth), votes, rng)
    return table_of(truth, a, b, rng)


def table_of(truth: Floats, a: Indices, b: Indices, rng: np.random.Generator) -> PairTable:
    names = [f"m{number:02d}" for number in range(len(truth))]
    return PairTable.from_votes(names, a, b, draw_outcomes(truth[a] - truth[b], rng))


def test_intervals_and_ranks_cover_the_truth() -> None:
    """12 models of 1,000 votes each on average, 25% ties between equals, 500 boards."""
    rng = np.random.default_rng(1)
    truth = spread_strengths(12, 0.8, rng)
    true_rank = 1 + np.argsort(np.argsort(-truth))
    covered, ranked, width = [], [], []
    for _ in range(500):
        board = fit(simulated(truth, 6000, rng))
        rating = 1000 + POINTS * truth
        covered.append((board.lower <= rating) & (rating <= board.upper))
        ranked.append(((board.rank_low <= true_rank) & (true_rank <= board.rank_high)).all())
        width.append(np.mean(board.rank_high - board.rank_low))
    assert 0.93 <= np.mean(covered) <= 0.97
    assert np.mean(ranked) >= 0.95
    assert np.mean(width) < 6  # of 11: they say something


def test_intervals_cover_where_models_have_unequal_votes() -> None:
    """2 newcomers of about 100 votes among 8 models of about 5,000."""
    rng = np.random.default_rng(2)
    truth = spread_strengths(10, 0.8, rng)
    share = np.array([50.0] * 8 + [1.0] * 2)
    pairs = np.outer(share, share) * (1 - np.eye(10))
    covered = []
    for _ in range(400):
        cells = rng.multinomial(20_000, (pairs / pairs.sum()).ravel())
        a, b = np.divmod(np.repeat(np.arange(100), cells), 10)
        board = fit(table_of(truth, a, b, rng))
        rating = 1000 + POINTS * truth
        covered.append((board.lower <= rating) & (rating <= board.upper))
    assert 0.93 <= np.mean(np.array(covered)[:, 8:]) <= 0.97


def test_bootstrap_and_sandwich_agree() -> None:
    rng = np.random.default_rng(3)
    table = simulated(spread_strengths(15, 0.8, rng), 20_000, rng)
    board, drawn = fit(table), bootstrap(table, resamples=2000, seed=4)
    ratio = (drawn.upper - drawn.lower) / (board.upper - board.lower)
    assert np.mean(ratio) == pytest.approx(1, abs=0.02)
    np.testing.assert_allclose(ratio, 1, atol=0.12)
    covariance = np.cov(drawn.ratings.T)
    np.testing.assert_allclose(covariance, board.covariance, atol=0.1 * board.covariance.max())
    again = bootstrap(table, resamples=2000, seed=4)
    np.testing.assert_array_equal(again.ratings, drawn.ratings)


def test_style_control_recovers_planted_coefficients() -> None:
    """Strong models write longer; without control length is taken for strength."""
    rng = np.random.default_rng(5)
    truth, planted = np.linspace(-0.5, 0.5, 8), np.array([0.9, 0.0, -0.3, 0.4])
    errors, covered = [], []
    for _ in range(60):
        a, b = uniform_pairs(8, 4000, rng)
        features = np.clip(rng.normal(0, 0.3, (4000, 4)), -1, 1)
        features[:, 0] += 0.4 * (truth[a] - truth[b])
        outcome = draw_outcomes(truth[a] - truth[b] + features @ planted, rng)
        names = tuple(f"m{number}" for number in range(8))
        votes = StyledVotes(names, a, b, outcome, features)
        fitted = fit_styled(votes)
        errors.append(fitted.coefficients - planted)
        covered.append((fitted.lower <= planted) & (planted <= fitted.upper))
        plain = fit(votes.table()).ratings
    assert np.abs(np.mean(errors, axis=0)).max() < 0.04
    assert np.std(errors) < 0.2
    assert 0.9 <= np.mean(covered) <= 0.99  # 240 intervals: 1.4% of standard error
    # The last board: its spread is the true one with control, a third more without.
    assert np.ptp(fitted.leaderboard.ratings) == pytest.approx(POINTS, rel=0.2)
    assert np.ptp(plain) > 1.2 * np.ptp(fitted.leaderboard.ratings)


def test_the_tie_model_recovers_its_parameter() -> None:
    rng = np.random.default_rng(6)
    truth, nu = np.linspace(-0.8, 0.8, 10), 0.7
    a, b = uniform_pairs(10, 200_000, rng)
    half = (truth[a] - truth[b]) / 2
    weights = np.stack([np.exp(half), np.exp(-half), np.full_like(half, nu)])
    outcome = (rng.random(len(a)) > np.cumsum(weights / weights.sum(axis=0), axis=0)).sum(axis=0)
    fitted = fit_ties(PairTable.from_votes([*"abcdefghij"], a, b, outcome))
    assert fitted.nu == pytest.approx(nu, abs=0.015)
    np.testing.assert_allclose(fitted.leaderboard.ratings, 1000 + POINTS * truth, atol=8)


def test_the_chance_to_be_first_is_calibrated() -> None:
    """The truth is drawn anew each time, as widely as a flat prior needs."""
    rng = np.random.default_rng(7)
    chances, first = [], []
    for _ in range(600):
        truth = spread_strengths(6, 1.0, rng)
        board = fit(simulated(truth, 400, rng))
        chances.append(probability_first(board.ratings, board.covariance, draws=2000))
        first.append(np.arange(6) == truth.argmax())
    said, came = np.array(chances).ravel(), np.array(first).ravel()
    for low, high in ((0.02, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 0.98)):
        inside = (said >= low) & (said < high)
        error = norm.ppf(0.999) * np.sqrt(0.25 / inside.sum())
        assert np.mean(came[inside]) == pytest.approx(np.mean(said[inside]), abs=error)


def test_gain_is_the_drop_that_one_vote_brings() -> None:
    """Against the covariance with that vote's information added, in full."""
    rng = np.random.default_rng(8)
    board = fit(simulated(spread_strengths(6, 0.8, rng), 3000, rng))
    gain = pairing_gain(board)
    d = np.zeros(6)
    d[1], d[4] = 1, -1
    p = expit((board.ratings[1] - board.ratings[4]) / POINTS)
    w = p * (1 - p) / POINTS**2
    c = board.covariance
    after = c - w * np.outer(c @ d, c @ d) / (1 + w * d @ c @ d)
    z = norm.ppf(0.975)
    before, then = (np.mean((2 * z * np.sqrt(np.diag(m))) ** 4) ** 0.25 for m in (c, after))
    assert gain[1, 4] == pytest.approx(before - then, rel=0.01)
    np.testing.assert_allclose(gain, gain.T)


def votes_needed(
    start: PairTable, truth: Floats, target: float, chances: Callable[[Leaderboard], Floats]
) -> int:
    """Votes until no interval is wider than the target."""
    rng, n, batch = np.random.default_rng(9), len(truth), 500
    table, needed = start, 0
    while np.max((board := fit(table)).upper - board.lower) > target:
        p = chances(board).ravel()
        a, b = np.divmod(rng.choice(n * n, batch, p=p / p.sum()), n)
        more = table_of(truth, a, b, rng)
        cells = np.zeros((n, n, 4))
        for part in (table, more):
            cells[part.first, part.second] += part.cells
        first, second = np.nonzero(cells.any(axis=2))
        a_wins, b_wins, ties, both_bad = np.ascontiguousarray(cells[first, second].T)
        table = PairTable(table.models, first, second, a_wins, b_wins, ties, both_bad)
        needed += batch
    return needed


@pytest.mark.parametrize("pool", ["grown", "joined"])
def test_active_sampling_needs_at_most_70_percent_of_the_votes(pool: str) -> None:
    """50 models with a standard deviation of 150 points; all intervals at most 60 points wide.

    On a board that grew, votes per model are log-normal with median 400 and deviation 1, as on
    boards that models join and leave; on the other, 10 newcomers with 20 votes join 40 models with
    1,500. Where all have equally many votes, drawing pairs alike is near the best and no method
    saves that much.
    """
    rng = np.random.default_rng(10)
    truth = spread_strengths(50, 150 / POINTS, rng)
    votes = np.repeat([1500.0, 20.0], [40, 10])
    if pool == "grown":
        votes = np.exp(rng.normal(6, 1, 50))
    pairs = np.outer(votes, votes) * (1 - np.eye(50))
    drawn = rng.choice(2500, int(votes.sum() / 2), p=(pairs / pairs.sum()).ravel())
    start = table_of(truth, *np.divmod(drawn, 50), rng)
    uniform = votes_needed(start, truth, 60, lambda board: 1 - np.eye(50))
    active = votes_needed(
        start, truth, 60, lambda board: pair_probabilities(pairing_gain(board), floor=0.1)
    )
    assert active <= 0.7 * uniform
    assert active > 2000  # the target is not reached at the start


def test_caps_and_floor_hold() -> None:
    rng = np.random.default_rng(11)
    board = fit(replace(simulated(spread_strengths(9, 0.8, rng), 9000, rng)))
    newcomer = replace(board, upper=board.upper + 500 * (np.arange(9) == 3))
    gain = pairing_gain(newcomer)
    free = pair_probabilities(gain, floor=0.1)
    capped = pair_probabilities(gain, floor=0.1, caps=np.where(np.arange(9) == 3, 0.3, 1.0))
    assert free.sum() == pytest.approx(2)
    assert capped.sum() == pytest.approx(2)
    assert free[3].sum() > 0.5
    assert capped[3].sum() == pytest.approx(0.3)
    assert free[~np.eye(9, dtype=bool)].min() >= 0.1 / 36 * (1 - 1e-9)
