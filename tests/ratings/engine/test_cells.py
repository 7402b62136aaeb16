"""Style control from counts: the quantisation, and that it moves ratings by little."""

from dataclasses import replace

import numpy as np
import pytest

from ratings.engine import (
    GRID,
    Conventions,
    StyledTable,
    StyledVotes,
    StyleGrid,
    fit_cells,
    fit_styled,
    fragility,
    style_differences,
    styled_fragility,
)
from ratings.engine.simulate import draw_outcomes, spread_strengths, uniform_pairs
from ratings.engine.style.grid import PRIOR
from ratings.engine.tables import Floats, Indices

MOVES_AT_MOST = 1.5  # points, at effects of the size that LMArena finds; of intervals of +-7


def answers(models: Indices, rng: np.random.Generator) -> Floats:
    """Features of answers by models that differ in length and taste for Markdown."""
    votes, n = len(models), models.max() + 1
    length, header, listed, bold = (
        rng.normal(5.5, 0.5, n),
        rng.gamma(0.5, 2, n),
        rng.gamma(1, 4, n),
        rng.gamma(1, 4, n),
    )
    tokens = np.ceil(np.exp(length[models] + 0.7 * rng.standard_normal(votes)))
    formatted = rng.random(votes) < 0.6
    marks = [
        rng.poisson(taste[models] * formatted * rng.gamma(2, 0.5, votes))
        for taste in (header, listed, bold)
    ]
    return np.column_stack([tokens, *marks]).astype(float)


class Simulated:
    """Votes whose outcome depends on style by known coefficients."""

    def __init__(self, coefficients: list[float], *, models: int, votes: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.models = tuple(f"m{number}" for number in range(models))
        self.a, self.b = uniform_pairs(models, votes, rng)
        both = answers(np.concatenate([self.a, self.b]), rng)
        self.style = both[:votes], both[votes:]
        self.differences = style_differences(*self.style)
        strengths = spread_strengths(models, 0.7, rng)
        logits = strengths[self.a] - strengths[self.b] + self.differences @ np.array(coefficients)
        self.outcome = draw_outcomes(logits, rng)

    def table(self) -> StyledTable:
        return StyledTable.from_votes(self.models, self.a, self.b, self.outcome, style=self.style)

    def by_vote(self, features: Floats) -> StyledVotes:
        return StyledVotes(self.models, self.a, self.b, self.outcome, features)


def test_the_quantisation_moves_ratings_by_less_than_it_states() -> None:
    votes = Simulated([0.9, 0.1, 0.2, 0.15], models=25, votes=120_000, seed=4)
    exact = fit_styled(votes.by_vote(votes.differences))
    counted = fit_cells(votes.table())
    moved = np.abs(counted.leaderboard.ratings - exact.leaderboard.ratings)
    assert moved.max() < MOVES_AT_MOST
    half = (exact.leaderboard.upper - exact.leaderboard.lower) / 2
    assert moved.max() < 0.25 * half.min()
    counted_half = (counted.leaderboard.upper - counted.leaderboard.lower) / 2
    assert counted_half == pytest.approx(half, rel=0.02)
    assert counted.coefficients == pytest.approx(exact.coefficients, abs=0.015)


def test_planted_coefficients_are_recovered() -> None:
    planted = [0.8, 0.3, -0.2, 0.25]
    found = fit_cells(Simulated(planted, models=15, votes=200_000, seed=8).table())
    assert found.coefficients == pytest.approx(planted, abs=0.04)
    plain = fit_cells(Simulated([0, 0, 0, 0], models=15, votes=200_000, seed=8).table())
    assert ((plain.lower < 0) & (plain.upper > 0)).all()


def test_it_is_the_fit_by_vote_of_the_quantised_votes() -> None:
    votes = Simulated([0.9, 0.1, 0.2, 0.15], models=6, votes=4_000, seed=5)
    table = votes.table()
    row = {pair: n for n, pair in enumerate(zip(table.first, table.second, strict=True))}
    swapped = votes.a > votes.b
    pair = np.array(
        [row[min(i, j), max(i, j)] for i, j in zip(votes.a, votes.b, strict=True)], dtype=np.intp
    )
    swap = swapped[:, None]
    placed = GRID.place(np.where(swap, *votes.style[::-1]), np.where(swap, *votes.style))
    features = table.features()[pair, placed.cell] * np.where(swap, -1, 1)
    counted, by_vote = fit_cells(table), fit_styled(votes.by_vote(features), ridge=PRIOR / 4_000)
    assert counted.leaderboard.ratings == pytest.approx(by_vote.leaderboard.ratings, abs=1e-4)
    assert counted.leaderboard.lower == pytest.approx(by_vote.leaderboard.lower, abs=0.05)
    assert counted.coefficients == pytest.approx(by_vote.coefficients, abs=1e-6)
    assert counted.upper == pytest.approx(by_vote.upper, abs=5e-3)


def test_swapping_the_sides_mirrors_a_vote() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.integers(0, 30, (2, 500, 4)).astype(float)
    forth, back = GRID.place(a, b), GRID.place(b, a)
    assert (forth.thousandths == -back.thousandths).all()
    shape = np.array(GRID.shape)
    levels = forth.ranges - GRID.offsets
    assert (back.ranges - GRID.offsets == shape - 1 - levels).all()


def test_an_edge_belongs_to_the_outer_range() -> None:
    grid = StyleGrid(names=("tokens",), edges=((200,),))
    b = np.array([[2.0], [3.0], [1.0], [0.0]])
    placed = grid.place(np.array([[3.0], [2.0], [1.0], [0.0]]), b)  # 1/5, -1/5, 0, nothing at all
    assert placed.cell.tolist() == [2, 0, 1, 1]


def test_counts_and_grid_go_through_json_and_back() -> None:
    votes = Simulated([0.5, 0, 0, 0], models=5, votes=500, seed=1)
    table = votes.table()
    grid = StyleGrid.from_dict(GRID.as_dict())
    again = StyledTable.from_counts(table.models, table.as_counts(), grid)
    assert again.digest() == table.digest()
    before, after = fit_cells(table), fit_cells(again)
    assert (before.leaderboard.ratings == after.leaderboard.ratings).all()
    with pytest.raises(ValueError, match="not known"):
        StyleGrid.from_dict({"names": [], "edges": []})
    with pytest.raises(ValueError, match="not among"):
        StyledTable.from_counts(("m0",), table.as_counts())


def test_few_votes_and_none_give_finite_answers() -> None:
    one = np.array([0]), np.array([1]), np.array([0])
    style = np.array([[900.0, 3, 9, 4]]), np.array([[10.0, 0, 0, 0]])
    for table in (
        StyledTable.from_votes(("x", "y"), *one, style=style),
        StyledTable.from_votes(
            ("x", "y"), *(part[:0] for part in one), style=(style[0][:0], style[1][:0])
        ),
    ):
        found = fit_cells(table, Conventions())
        assert np.isfinite(found.leaderboard.ratings).all()
        assert np.isfinite(found.leaderboard.covariance).all()
        assert np.isfinite(found.coefficients).all()


def test_a_constant_style_changes_no_rating_and_has_a_wide_interval() -> None:
    a, b = np.zeros(40, dtype=int), np.ones(40, dtype=int)
    outcome = np.array([0] * 30 + [1] * 10)
    style = np.full((40, 4), [900.0, 3, 9, 4]), np.full((40, 4), [10.0, 0, 0, 0])
    found = fit_cells(StyledTable.from_votes(("x", "y"), a, b, outcome, style=style))
    # Model x always formats: what is style and what is x, these votes cannot tell.
    assert found.coefficients == pytest.approx(np.zeros(4), abs=1e-6)
    assert found.upper == pytest.approx(np.full(4, 1.96), abs=0.05)
    assert found.leaderboard.ratings[0] - found.leaderboard.ratings[1] == pytest.approx(
        400 * np.log10(3), abs=0.01
    )


def without(table: StyledTable, removed: list[tuple[str, str, str, int, int]]) -> StyledTable:
    """The table without these votes, each of the mean style of its pair and ranges."""
    counts = table.counts.copy()
    for a, b, outcome, votes, cell in removed:
        pair = (table.first == table.models.index(a)) & (table.second == table.models.index(b))
        counts[pair, cell, ["a", "b", "tie"].index(outcome)] -= votes
    assert (counts >= 0).all()
    assert table.counts.sum() - counts.sum() == sum(row[3] for row in removed)
    held, left = (c.sum(axis=2) @ table.grid.member() for c in (table.counts, counts))
    share = np.divide(left, held, out=np.zeros_like(held), where=held > 0)
    return replace(table, counts=counts, sums=table.sums * share)


@pytest.mark.parametrize(("votes", "seed"), [(60, 1), (300, 2), (300, 3), (5_000, 4)])
def test_fragility_with_style_is_confirmed_by_an_exact_refit(votes: int, seed: int) -> None:
    """Without its votes another model is above the first."""
    table = Simulated([0.9, 0.1, 0.2, 0.15], models=5, votes=votes, seed=seed).table()
    found = styled_fragility(table)
    assert found is not None
    assert found.votes
    removed = [(*row, cell) for row, cell in zip(found.removed, found.cells, strict=True)]
    assert sum(row[3] for row in removed) == found.votes
    first, second = (table.models.index(name) for name in (found.first, found.second))
    before = fit_cells(table).leaderboard.ratings
    assert before[first] == before.max()
    after = fit_cells(without(table, removed)).leaderboard.ratings
    assert after[second] > after[first]


def test_fragility_where_all_answers_look_alike_is_that_without_style() -> None:
    votes = Simulated([0, 0, 0, 0], models=5, votes=400, seed=9)
    alike = np.full((400, 4), 7.0)
    table = StyledTable.from_votes(
        votes.models, votes.a, votes.b, votes.outcome, style=(alike, alike)
    )
    styled, plain = styled_fragility(table), fragility(table.table())
    assert styled is not None
    assert plain is not None
    assert (styled.first, styled.second, styled.votes) == (plain.first, plain.second, plain.votes)
    assert styled.removed == plain.removed
