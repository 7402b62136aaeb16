"""Agreement with arena-rank 0.1.1, LMArena's own code, to 1e-4 rating points.

Its answers are in arena_rank.json; make_arena_rank_answers.py made them.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ratings.engine import (
    ARENA_RANK,
    Leaderboard,
    PairTable,
    StyledLeaderboard,
    StyledVotes,
    fit,
    fit_styled,
)

POINTS = 1e-4
LOG_ODDS = POINTS * np.log(10) / 400
CODES = {"model_a": 0, "model_b": 1, "tie": 2, "both_bad": 3}

Answers = dict[str, Any]


@pytest.fixture(scope="module")
def answers() -> Answers:
    text = Path(__file__).with_name("arena_rank.json").read_text()
    loaded: Answers = json.loads(text)
    return loaded


def table_of(rows: list[list[Any]], models: list[str], weights: Any = None) -> PairTable:
    return PairTable.from_votes(models, *sides(rows, models), weights=weights)


def sides(rows: list[list[Any]], models: list[str]) -> tuple[Any, Any, Any]:
    index = {model: position for position, model in enumerate(models)}
    a = np.array([index[row[0]] for row in rows])
    b = np.array([index[row[1]] for row in rows])
    return a, b, np.array([CODES[row[2]] for row in rows])


def assert_agrees(board: Leaderboard, answer: Answers) -> None:
    assert board.marks == ((),) * len(board.models)
    np.testing.assert_allclose(board.ratings, answer["ratings"], rtol=0, atol=POINTS)
    np.testing.assert_allclose(board.lower, answer["rating_lower"], rtol=0, atol=POINTS)
    np.testing.assert_allclose(board.upper, answer["rating_upper"], rtol=0, atol=POINTS)


def test_ratings_and_sandwich_bounds(answers: Answers) -> None:
    models = answers["plain"]["models"]
    assert_agrees(fit(table_of(answers["votes"], models), ARENA_RANK), answers["plain"])


def test_votes_weighted_against_uneven_pairs(answers: Answers) -> None:
    rows, models = answers["votes"], answers["reweighted"]["models"]
    a, b, _ = sides(rows, models)
    pair = np.minimum(a, b) * len(models) + np.maximum(a, b)
    weights = 1 / np.maximum(np.bincount(pair)[pair], 5)
    table = table_of(rows, models, weights)
    # arena-rank adds its ridge once, not per vote, where the votes carry weights.
    conventions = replace(ARENA_RANK, hessian_ridge=ARENA_RANK.hessian_ridge / table.total)
    assert_agrees(fit(table, conventions), answers["reweighted"])


def styled(answers: Answers, ridge: float) -> StyledLeaderboard:
    rows, models = answers["styled_votes"], answers["styled"]["models"]
    features = np.array([row[3:] for row in rows])
    votes = StyledVotes(tuple(models), *sides(rows, models), features=features)
    return fit_styled(votes, ARENA_RANK, ridge=ridge)


def test_style_coefficients_ratings_and_bounds(answers: Answers) -> None:
    fitted = styled(answers, 0.0)
    assert_agrees(fitted.leaderboard, answers["styled"])
    expected = answers["styled"]["coefficients"]
    np.testing.assert_allclose(fitted.coefficients, expected, rtol=0, atol=LOG_ODDS)


def test_style_with_a_penalty(answers: Answers) -> None:
    """Not the bounds: arena-rank leaves the penalty out of its Hessian, and so overstates them."""
    fitted, answer = styled(answers, 0.1), answers["styled_ridge"]
    np.testing.assert_allclose(fitted.leaderboard.ratings, answer["ratings"], rtol=0, atol=POINTS)
    expected = answer["coefficients"]
    np.testing.assert_allclose(fitted.coefficients, expected, rtol=0, atol=LOG_ODDS)
    assert np.abs(expected).max() < 0.8 * np.abs(answers["styled"]["coefficients"]).max()
