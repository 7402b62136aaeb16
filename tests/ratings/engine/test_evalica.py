"""Agreement with evalica 0.4.2 where it computes the same; see make_evalica_answers.py.

Its answers are odds without a scale, so differences are compared, to 1e-4 rating points.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ratings.engine import Conventions, Elo, PairTable, fit, fit_ties
from ratings.engine.tables import Floats

CODES = {"model_a": 0, "model_b": 1, "tie": 2, "both_bad": 3}

Votes = list[tuple[str, str, int]]


@pytest.fixture(scope="module")
def answers() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(Path(__file__).with_name("evalica.json").read_text())
    return loaded


@pytest.fixture(scope="module")
def votes() -> Votes:
    rows = json.loads(Path(__file__).with_name("arena_rank.json").read_text())["votes"]
    return [(row[0], row[1], CODES[row[2]]) for row in rows]


@pytest.fixture(scope="module")
def table(votes: Votes) -> PairTable:
    models = sorted({model for a, b, _ in votes for model in (a, b)})
    rows = np.array([(models.index(a), models.index(b), code) for a, b, code in votes])
    return PairTable.from_votes(models, *rows.T)


def points(odds: dict[str, float], models: tuple[str, ...]) -> Floats:
    logs = 400 * np.log10([odds[model] for model in models])
    centred: Floats = 1000 + logs - logs.mean()
    return centred


def test_bradley_terry_with_ties_as_half_wins(answers: dict[str, Any], table: PairTable) -> None:
    expected = points(answers["bradley_terry"], table.models)
    np.testing.assert_allclose(fit(table).ratings, expected, rtol=0, atol=1e-4)


def test_davidson_is_the_tie_model_that_newman_solves(
    answers: dict[str, Any], table: PairTable
) -> None:
    fitted = fit_ties(table)
    expected = points(answers["newman"], table.models)
    np.testing.assert_allclose(fitted.leaderboard.ratings, expected, rtol=0, atol=1e-4)
    assert fitted.nu == pytest.approx(2 * answers["newman_v"], abs=1e-8)


def test_elo(answers: dict[str, Any], votes: Votes) -> None:
    elo = Elo(k=answers["elo_k"], conventions=Conventions())
    elo.votes(votes)
    assert elo.ratings == pytest.approx(answers["elo"], abs=1e-9)


def test_elo_depends_on_the_order_of_the_votes(votes: Votes) -> None:
    """Why Elo is a ticker and no headline (Boubdir et al. 2023)."""
    forward, backward = Elo(), Elo()
    forward.votes(votes)
    backward.votes(reversed(votes))
    moved = [abs(forward.ratings[model] - backward.ratings[model]) for model in forward.ratings]
    assert max(moved) > 5
