"""The board without one voter is the board of the others, to the last digits that matter."""

from collections.abc import Callable

import numpy as np
import pytest

from arena.integrity.simulator import make_world
from arena.integrity.statistics.board import Board, predict
from ratings.engine.tables import Floats, PairTable


@pytest.fixture(scope="module")
def table() -> PairTable:
    return make_world(20, votes=20_000, seed=5).table


def few(cells: Floats) -> Floats:
    """A vote each in ten pairs."""
    own = np.zeros_like(cells)
    own[:10, 0] = np.minimum(cells[:10, 0], 1)
    return own


def many(cells: Floats) -> Floats:
    """A third of all votes."""
    return np.floor(cells / 3)


def all_wins_of_one(cells: Floats) -> Floats:
    """What leaves a model without any point: votes alone do not fix its strength then."""
    own = np.zeros_like(cells)
    own[:19, [0, 2, 3]] = cells[:19, [0, 2, 3]]  # the first 19 pairs are those of the first model
    return own


@pytest.mark.parametrize("of_voter", [few, many, all_wins_of_one])
def test_the_rest_is_fitted_exactly(table: PairTable, of_voter: Callable[[Floats], Floats]) -> None:
    own = of_voter(table.cells)
    rest = Board(table, range(20), 20).without(own)
    exact = predict(table.with_cells(table.cells - own))
    assert rest.fit is not None
    found = rest.fit.prediction()
    a, b = np.triu_indices(20, 1)
    for one, other in (
        (found.expected(a, b).difference, exact.expected(a, b).difference),
        (found.expected(a, b).error, exact.expected(a, b).error),
        (found.covariance, exact.covariance),
    ):
        assert one == pytest.approx(other, abs=1e-6 * np.abs(other).max())
    assert found.strengths != pytest.approx(predict(table).strengths, abs=1e-9)
    for pair in ((0, 1), (19, 3)):
        of_pair = exact.expected(*(np.array([model]) for model in pair))
        one_vote = rest.expected(*pair)
        assert one_vote.difference == pytest.approx(of_pair.difference, abs=1e-6)
        assert one_vote.error == pytest.approx(of_pair.error, rel=1e-6)
        assert (one_vote.gradient_sign == of_pair.gradient_sign).all()
