"""Bradley-Terry ratings by Newton's method on pair counts, with sandwich intervals.

P(i beats j) = 1 / (1 + base^((R_j - R_i) / scale)). Bradley and Terry 1952; the sandwich
covariance H^-1 S H^-1 as in Chiang et al. 2024, arXiv 2403.04132, section 4.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.special import expit
from scipy.stats import norm

from ratings.core.conventions import Conventions
from ratings.core.tables import Floats, PairTable

MAX_STEPS = 100


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """A fitted board; all arrays have shape (models,) in the order of `models`.

    Ratings and bounds are in points. `rank` is 1 + the number of models whose lower bound
    exceeds this one's upper bound; `rank_low` and `rank_high` bound the true rank, for all
    models at once. `marks` says for each model what is special about its rating.
    """

    models: tuple[str, ...]
    ratings: Floats
    lower: Floats
    upper: Floats
    rank: NDArray[np.int64]
    rank_low: NDArray[np.int64]
    rank_high: NDArray[np.int64]
    votes: Floats
    marks: tuple[tuple[str, ...], ...]


def fit(table: PairTable, conventions: Conventions = Conventions()) -> Leaderboard:
    """Fit a board. Always finite: see `Conventions.prior_votes`."""
    n = len(table.models)
    points = conventions.scale / math.log(conventions.base)
    if n == 0:
        empty, none = np.zeros(0), np.zeros(0, dtype=np.int64)
        return Leaderboard((), empty, empty, empty, none, none, none, empty, ())
    half = (table.ties + table.both_bad) / 2
    score, votes = table.first_wins + half, table.votes
    played = np.bincount(table.first, votes, n) + np.bincount(table.second, votes, n)
    marks = _marks(table, score, votes, played)
    prior = conventions.prior_votes if any(marks) else 0.0
    theta = _newton(table, score, votes, prior)
    covariance = _sandwich(table, votes, theta, prior, conventions.hessian_ridge)
    error = points * np.sqrt(np.maximum(np.diag(covariance), 0.0))
    z = float(norm.ppf(0.5 + conventions.confidence / 2))
    ratings = conventions.centre + points * (theta - theta.mean())
    lower, upper = ratings - z * error, ratings + z * error
    rank = 1 + (lower[None, :] > upper[:, None]).sum(axis=1)
    rank_low, rank_high = _rank_interval(theta, covariance, conventions.confidence)
    return Leaderboard(
        table.models, ratings, lower, upper, rank, rank_low, rank_high, played, marks
    )


def _marks(
    table: PairTable, score: Floats, votes: Floats, played: Floats
) -> tuple[tuple[str, ...], ...]:
    """Why votes alone do not fix a model's rating; nothing if they do, for all models.

    The maximum is finite and unique if and only if the graph "scored against" is strongly
    connected (Ford 1957).
    """
    n = len(table.models)
    scored = np.concatenate([score, votes - score]) > 0
    sources = np.concatenate([table.first, table.second])[scored]
    targets = np.concatenate([table.second, table.first])[scored]
    graph = coo_array((np.ones(len(sources)), (sources, targets)), shape=(n, n))
    parts, part_of = connected_components(graph, directed=True, connection="strong")
    if parts == 1:
        return ((),) * n
    main = np.argmax(np.bincount(part_of))
    won = np.bincount(table.first, score, n) + np.bincount(table.second, votes - score, n)
    marks = []
    for model in range(n):
        if played[model] == 0:
            marks.append(("no votes",))
        elif won[model] == 0:
            marks.append(("no wins",))
        elif won[model] == played[model]:
            marks.append(("no losses",))
        elif part_of[model] != main:
            marks.append(("not connected",))
        else:
            marks.append(())
    return tuple(marks)


def _newton(table: PairTable, score: Floats, votes: Floats, prior: float) -> Floats:
    """Log-odds strengths of greatest likelihood, mean 0; shape (models,)."""
    n = len(table.models)
    theta = np.zeros(n)
    if n == 1:
        return theta
    for _ in range(MAX_STEPS):
        p = expit(theta[table.first] - theta[table.second])
        residual = score - votes * p
        average = expit(theta)
        gradient = (
            np.bincount(table.first, residual, n)
            - np.bincount(table.second, residual, n)
            + prior * (0.5 - average)
        )
        hessian = _laplacian(table, votes * p * (1 - p))
        hessian[np.diag_indices(n)] += prior * average * (1 - average)
        if prior == 0.0:
            # The likelihood knows differences only: fix the mean.
            hessian += hessian.trace() / n**2
        step = np.linalg.solve(hessian, gradient)
        largest = float(np.abs(step).max())
        theta += step * min(1.0, 5.0 / largest) if largest else 0.0
        if largest < 1e-11:
            break
    return theta - theta.mean()


def _laplacian(table: PairTable, weights: Floats) -> Floats:
    n = len(table.models)
    matrix = np.zeros((n, n))
    np.add.at(matrix, (table.first, table.second), -weights)
    np.add.at(matrix, (table.second, table.first), -weights)
    matrix[np.diag_indices(n)] = -matrix.sum(axis=1)
    return matrix


def _sandwich(
    table: PairTable, votes: Floats, theta: Floats, prior: float, ridge: float
) -> Floats:
    """Covariance of the strengths, shape (models, models)."""
    n = len(table.models)
    p = expit(theta[table.first] - theta[table.second])
    half = table.ties + table.both_bad
    scores = table.first_wins * (1 - p) ** 2 + table.second_wins * p**2 + half * (0.5 - p) ** 2
    hessian = _laplacian(table, votes * p * (1 - p))
    average = expit(theta)
    hessian[np.diag_indices(n)] += prior * average * (1 - average)
    hessian[np.diag_indices(n)] += max(ridge * table.total, 1e-12)
    inverse = np.linalg.inv(hessian)
    meat = _laplacian(table, scores)
    meat[np.diag_indices(n)] += prior / 4
    covariance: Floats = inverse @ meat @ inverse
    return covariance


def _rank_interval(
    theta: Floats, covariance: Floats, confidence: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Bounds of every model's rank at once, by Bonferroni over all pairs."""
    n = len(theta)
    pairs = max(1, n * (n - 1) // 2)
    z = float(norm.ppf(1 - (1 - confidence) / (2 * pairs)))
    variance = np.diag(covariance)
    spread = z * np.sqrt(
        np.maximum(variance[:, None] + variance[None, :] - 2 * covariance, 0.0)
    )
    difference = theta[None, :] - theta[:, None]
    better = (difference > spread) & ~np.eye(n, dtype=bool)
    worse = (difference < -spread) & ~np.eye(n, dtype=bool)
    return 1 + better.sum(axis=1), n - worse.sum(axis=1)
