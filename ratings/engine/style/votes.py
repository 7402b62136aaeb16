"""Style-controlled Bradley-Terry: ratings as if both answers looked alike.

The logit of a vote is R_a - R_b + x c with x the style differences of the two answers, each
normalised to (a - b) / (a + b), as LMArena does since August 2024. Style features differ from vote
to vote, so this fit reads one row per vote.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtri

from ratings.engine.bradley_terry import (
    CLOSE,
    DEFAULT,
    MAX_STEPS,
    Leaderboard,
    clustered,
    leaderboard,
    solve,
    with_voters,
)
from ratings.engine.conventions import Conventions
from ratings.engine.intervals.clusters import Clusters, excess
from ratings.engine.priors import Prior, information, meetings
from ratings.engine.tables import Floats, Indices, PairTable

FEATURES = ("tokens", "headers", "lists", "bold")
SCORES = np.array([1.0, 0.0, 0.5, 0.5])
TINY = 1e-9  # ridge per vote that keeps a coefficient finite which the votes leave open


def style_differences(a: Floats, b: Floats) -> Floats:
    """(a - b) / (a + b) of counts that are not negative; 0 where neither answer has any."""
    total = a + b
    return np.divide(a - b, total, out=np.zeros_like(total, dtype=np.float64), where=total > 0)


@dataclass(frozen=True, slots=True)
class StyledVotes:
    """One row per vote: sides and outcome as in `PairTable.from_votes`, features (votes, k)."""

    models: tuple[str, ...]
    a: Indices
    b: Indices
    outcome: NDArray[np.integer]
    features: Floats
    names: tuple[str, ...] = FEATURES
    weights: Floats | None = None

    def __post_init__(self) -> None:
        if self.features.shape != (len(self.a), len(self.names)):
            raise ValueError("There is one row of features per vote and one column per name.")
        if not np.isfinite(self.features).all():
            raise ValueError("A style feature is not a finite number.")

    def table(self) -> PairTable:
        """The counts of these votes, without their style."""
        return PairTable.from_votes(self.models, self.a, self.b, self.outcome, self.weights)


@dataclass(frozen=True, slots=True)
class StyledLeaderboard:
    """Ratings with style held equal; coefficients and bounds in log-odds, shape (features,)."""

    leaderboard: Leaderboard
    names: tuple[str, ...]
    coefficients: Floats
    lower: Floats
    upper: Floats


def fit_styled(
    votes: StyledVotes,
    conventions: Conventions = DEFAULT,
    clusters: Clusters | None = None,
    *,
    ridge: float = 0.0,
) -> StyledLeaderboard:
    """Fit ratings and style coefficients together, with sandwich intervals.

    Args:
        clusters: as in `cells.fit_cells`.
        ridge: penalty ridge / 2 * c^2 per vote on the coefficients (arena-rank's `reg`).
    """
    table = votes.table()
    n, k = len(votes.models), len(votes.names)
    start, prior = solve(table, conventions)
    rows = _Rows(votes, table, prior)
    parameters = np.concatenate([start, np.zeros(k)])
    penalty = np.zeros(n + k)
    penalty[n:] = (ridge + TINY) * max(len(votes.a), 1)
    for _ in range(MAX_STEPS):
        p = rows.probabilities(parameters)
        gradient = rows.gradient(p, parameters) - penalty * parameters
        hessian = rows.hessian(p, parameters, penalty)
        step = np.linalg.solve(hessian, gradient)
        change = step[votes.a] - step[votes.b] + votes.features @ step[n:]
        reach = float(np.abs(change).max(initial=0.0))
        parameters += step * (math.log1p(reach) / reach if reach > CLOSE else 1.0)
        if reach <= CLOSE:
            break
    parameters[:n] = prior.centred(parameters[:n])
    covariance = _sandwich(rows, parameters, penalty, conventions)
    level = np.eye(n) - prior.average
    error = ndtri(0.5 + conventions.confidence / 2) * np.sqrt(
        np.maximum(np.diag(covariance)[n:], 0.0)
    )
    ratings = level @ covariance[:n, :n] @ level.T
    more = excess(table, start, clusters, confidence=conventions.confidence)
    if more is not None:
        bread = level @ _bread(rows, parameters, penalty, conventions)[:n, :n]
        ratings = clustered(ratings, ratings + bread @ more.matrix @ bread.T, prior, more)
    board = leaderboard(
        votes.models,
        parameters[:n],
        ratings,
        votes=meetings(table),
        marks=with_voters(prior.marks, more),
        conventions=conventions,
    )
    c = parameters[n:]
    return StyledLeaderboard(board, votes.names, c, c - error, c + error)


def _sandwich(
    rows: "_Rows", parameters: Floats, penalty: Floats, conventions: Conventions
) -> Floats:
    """Covariance of (strengths, coefficients), as `bradley_terry.sandwich`."""
    p, votes, prior = rows.probabilities(parameters), rows.votes, rows.prior
    bread = _bread(rows, parameters, penalty, conventions)
    spread = prior.mixed(votes.a, votes.b, (rows.score - p) ** 2, p * (1 - p))
    meat = rows.matrix(rows.weights**2 * spread)
    meat[: rows.n, : rows.n] += prior.dispersion * prior.information(parameters[: rows.n])
    pull = penalty * parameters  # the scores sum to it: their spread is that around its share
    meat -= np.outer(pull, pull) / max(len(p), 1)
    covariance: Floats = bread @ meat @ bread
    return covariance


def _bread(rows: "_Rows", parameters: Floats, penalty: Floats, conventions: Conventions) -> Floats:
    p = rows.probabilities(parameters)
    ridge = conventions.hessian_ridge * len(p)
    bread: Floats = np.linalg.inv(rows.hessian(p, parameters, penalty + ridge)).astype(
        np.float64, copy=False
    )
    return bread


class _Rows:
    """Sums over votes, made quick: the pair Laplacian from counts, the rest by bincount."""

    def __init__(self, votes: StyledVotes, table: PairTable, prior: Prior) -> None:
        self.votes, self.table, self.prior = votes, table, prior
        self.n = len(votes.models)
        self.score = SCORES[votes.outcome]
        self.weights = np.ones(len(votes.a)) if votes.weights is None else votes.weights
        low, high = np.minimum(votes.a, votes.b), np.maximum(votes.a, votes.b)
        cell = np.zeros((self.n, self.n), dtype=np.intp)
        cell[table.first, table.second] = np.arange(len(table.first))
        self.pair = cell[low, high]

    def probabilities(self, parameters: Floats) -> Floats:
        """P(a) of each vote, shape (votes,)."""
        strengths, coefficients = parameters[: self.n], parameters[self.n :]
        p: Floats = expit(
            strengths[self.votes.a] - strengths[self.votes.b] + self.votes.features @ coefficients
        )
        return p

    def gradient(self, p: Floats, parameters: Floats) -> Floats:
        residual = self.weights * (self.score - p)
        ratings = self._net(residual)
        ratings += self.prior.gradient(parameters[: self.n])
        return np.concatenate([ratings, self.votes.features.T @ residual])

    def matrix(self, values: Floats) -> Floats:
        """Sum of value * z z' over the votes, z a vote's design."""
        n, features = self.n, self.votes.features
        pairs = np.bincount(self.pair, values, len(self.table.first)).astype(np.float64)
        weighted = features * values[:, None]
        matrix = np.zeros((n + features.shape[1],) * 2)
        matrix[:n, :n] = information(self.table, pairs)
        for column in range(features.shape[1]):
            matrix[:n, n + column] = self._net(weighted[:, column])
        matrix[n:, :n] = matrix[:n, n:].T
        matrix[n:, n:] = features.T @ weighted
        return matrix

    def hessian(self, p: Floats, parameters: Floats, penalty: Floats) -> Floats:
        """Minus the second derivatives, with the mean of the strengths fixed."""
        n = self.n
        matrix = self.matrix(self.weights * p * (1 - p))
        matrix[:n, :n] += self.prior.information(parameters[:n])
        matrix[np.diag_indices(len(matrix))] += penalty
        matrix[:n, :n] += max(np.trace(matrix[:n, :n]), 1.0) / max(n, 1) ** 2
        return matrix

    def _net(self, values: Floats) -> Floats:
        """Sum of the values at a minus those at b, per model."""
        plus = np.bincount(self.votes.a, values, self.n)
        return (plus - np.bincount(self.votes.b, values, self.n)).astype(np.float64)
