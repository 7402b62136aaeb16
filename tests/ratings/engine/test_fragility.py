"""How firm first place is, against all other models."""

import numpy as np
import pytest

from ratings.engine import Conventions, PairTable, fit, fragility
from ratings.engine.bradley_terry import solve
from ratings.engine.simulate import draw_outcomes, spread_strengths
from ratings.engine.tables import Floats


def uneven_board(seed: int) -> PairTable:
    """5 to 15 models with 200 to 3,000 votes, some in many of them and some in few."""
    rng = np.random.default_rng(seed)
    models, votes = int(rng.integers(5, 16)), int(rng.integers(200, 3000))
    share = np.exp(rng.normal(0, 1.3, models))
    pairs = np.outer(share, share) * (1 - np.eye(models))
    a, b = np.divmod(rng.choice(models**2, votes, p=(pairs / pairs.sum()).ravel()), models)
    truth = spread_strengths(models, 0.8, rng)
    names = [f"m{number:02}" for number in range(models)]
    return PairTable.from_votes(names, a, b, draw_outcomes(truth[a] - truth[b], rng))


@pytest.mark.parametrize("seed", range(40))
def test_no_model_overtakes_the_first_with_fewer_votes(seed: int) -> None:
    """40 boards: against each model by itself, one vote at a time, with a fit after each.

    Votes are removed greedily: always the one that adds most to the gap of the two as they are
    now, by the ratings of what is left. That is exact but slow, and knows nothing of the search.
    """
    table = uneven_board(seed)
    found = fragility(table)
    assert found is not None
    assert found.votes
    board = fit(table)
    first = board.order()[0]
    assert found.first == table.models[first]
    met = {*table.first.tolist(), *table.second.tolist()}
    met -= {model for model in met if board.ratings[model] >= board.ratings[first]}
    for other in sorted(met):
        assert not overtakes(table, first, other, min(found.votes - 1, 12))


def overtakes(table: PairTable, first: int, other: int, votes: int) -> bool:
    """Whether it passes the first without so many votes, removed greedily."""
    cells = table.cells
    for _ in range(votes):
        strengths, _ = solve(table.with_cells(cells))
        if strengths[other] > strengths[first] + 1e-9:
            return True
        gains = _gains(table, cells, strengths, first, other)
        gains[cells < 1] = -np.inf
        cells[np.unravel_index(gains.argmax(), gains.shape)] -= 1
    strengths, _ = solve(table.with_cells(cells))
    return bool(strengths[other] > strengths[first] + 1e-9)


def _gains(table: PairTable, cells: Floats, strengths: Floats, first: int, other: int) -> Floats:
    """What a vote of each pair and outcome adds to the gap, by one step."""
    n = len(table.models)
    p = 1 / (1 + np.exp(strengths[table.second] - strengths[table.first]))
    d = np.zeros((len(p), n))
    d[range(len(p)), table.first], d[range(len(p)), table.second] = 1, -1
    information = (d.T * (cells.sum(axis=1) * p * (1 - p))) @ d
    lever = d @ (np.linalg.pinv(information)[first] - np.linalg.pinv(information)[other])
    gains: Floats = (np.array([1, 0, 0.5, 0.5]) - p[:, None]) * lever[:, None]
    return gains


def test_a_model_below_the_second_can_overtake_the_first() -> None:
    """b is 14 points behind by 20,000 votes, x is 18 points behind by 38."""
    table = PairTable.from_counts(
        "abx", [("a", "b", 10_400, 9_600, 0, 0), ("a", "x", 20, 18, 0, 0)]
    )
    found, second = fragility(table), fragility(table, Conventions(overtakers="second"))
    assert found is not None
    assert second is not None
    assert (found.second, second.second) == ("x", "b")
    assert (found.votes, second.votes) == (3, 801)
