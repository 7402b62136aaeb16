"""Fit style-controlled Bradley-Terry ratings to counts: the cost does not grow with the votes.

A pair keeps its outcomes in each style cell, and the sum of the differences x in each range of a
feature (`grid`). The fit gives each vote the mean x of its pair and range. The spread within a
range is lost; it has mean zero given what is kept (Berkson 1950, "Are there two regressions?"), so
it biases coefficients by the square of its effect only.

Where the votes leave a coefficient open, a weak prior settles it: normal, with mean 0 and standard
deviation 1 in log-odds (`PRIOR`). It weighs as much as four votes of opposite style and fades as
votes come in.
"""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.special import expit, ndtri

from ratings.engine.bradley_terry import (
    CLOSE,
    DEFAULT,
    MAX_STEPS,
    clustered,
    leaderboard,
    solve,
    with_voters,
)
from ratings.engine.conventions import Conventions
from ratings.engine.intervals.clusters import Clusters, excess
from ratings.engine.priors import information, meetings
from ratings.engine.style.grid import PRIOR
from ratings.engine.style.table import StyledTable
from ratings.engine.style.votes import StyledLeaderboard
from ratings.engine.tables import Floats, Indices, PairTable

SCORES = np.array([1.0, 0.0, 0.5])


def fit_cells(
    styled: StyledTable, conventions: Conventions = DEFAULT, clusters: Clusters | None = None
) -> StyledLeaderboard:
    """Fit ratings and style coefficients together, with sandwich intervals. Always finite.

    Args:
        clusters: of the votes without regard to style, as fitted so. What they add to the
            variance of the scores is added here, too; not to that of the coefficients.
    """
    n = len(styled.models)
    model = CellModel.of(styled, conventions)
    parameters = model.fitted(model.start())
    level = np.eye(n) - model.prior.average
    parameters[:n] = level @ parameters[:n]
    covariance = model.sandwich(parameters)
    error = ndtri(0.5 + conventions.confidence / 2) * np.sqrt(
        np.maximum(np.diag(covariance)[n:], 0.0)
    )
    ratings = level @ covariance[:n, :n] @ level.T
    more = excess(model.table, model.plain, clusters, confidence=conventions.confidence)
    if more is not None:
        bread = level @ model.bread(parameters)[:n, :n]
        ratings = clustered(ratings, ratings + bread @ more.matrix @ bread.T, model.prior, more)
    board = leaderboard(
        styled.models,
        parameters[:n],
        ratings,
        votes=meetings(model.table),
        marks=with_voters(model.prior.marks, more),
        conventions=conventions,
    )
    c = parameters[n:]
    return StyledLeaderboard(board, styled.grid.names, c, c - error, c + error)


@dataclass(frozen=True, slots=True)
class Ranges:
    """The mean differences of a table by pair and range, and where the ranges meet.

    `means` (pairs, ranges), `member` (cells, ranges) and `feature` (ranges, features), 1 or 0.
    The ranges `left[m]` and `right[m]` have the cells of `meeting[:, m]` in common.
    """

    means: Floats
    member: Floats
    feature: Floats
    left: Indices
    right: Indices
    meeting: Floats

    @classmethod
    def of(cls, styled: StyledTable) -> Self:
        member = styled.grid.member()
        left, right = np.nonzero(np.triu(member.T @ member))
        feature = np.repeat(np.eye(len(styled.grid.names)), styled.grid.shape, axis=0)
        meeting = member[:, left] * member[:, right]
        return cls(styled.means(), member, feature, left, right, meeting)

    def logits(self, coefficients: Floats) -> Floats:
        """What style adds to the log-odds, shape (pairs, cells)."""
        logits: Floats = (self.means * (self.feature @ coefficients)) @ self.member.T
        return logits

    def weighted(self, values: Floats) -> Floats:
        """Sum of value * x over the cells of each pair; (pairs, cells) to (pairs, features)."""
        weighted: Floats = (values @ self.member * self.means) @ self.feature
        return weighted

    def squares(self, values: Floats) -> Floats:
        """Sum of value * x x' over pairs and cells, shape (features, features)."""
        both = self.means[:, self.left] * self.means[:, self.right]
        sums = np.zeros((len(self.feature),) * 2)
        sums[self.left, self.right] = np.einsum("pm,pm->m", values @ self.meeting, both)
        sums[self.right, self.left] = sums[self.left, self.right]
        squares: Floats = self.feature.T @ sums @ self.feature
        return squares


class CellModel:
    """The log-likelihood of a table in (strengths, coefficients), n + k numbers.

    A cell's features are the means of its pair and ranges; sums over cells are therefore taken
    range by range, which is several times as fast.
    """

    def __init__(
        self, table: PairTable, counts: Floats, ranges: "Ranges", conventions: Conventions
    ) -> None:
        self.table, self.counts, self.ranges = table, counts, ranges
        self.conventions = conventions
        self.plain, self.prior = solve(table, conventions)
        self.votes = counts.sum(axis=2)
        self.score = counts @ SCORES
        self.n, self.k = len(table.models), ranges.feature.shape[1]

    @classmethod
    def of(cls, styled: StyledTable, conventions: Conventions) -> Self:
        return cls(styled.table(), styled.counts, Ranges.of(styled), conventions)

    def without(self, removed: Floats) -> "CellModel":
        """The model of what is left without these counts; each has the mean style of its cell."""
        counts = self.counts - removed
        by_outcome = np.zeros((len(counts), 4))
        by_outcome[:, :3] = counts.sum(axis=1)
        table = self.table.with_cells(by_outcome)
        return CellModel(table, counts, self.ranges, self.conventions)

    def start(self) -> Floats:
        """Parameters to begin with: the strengths without regard to style."""
        return np.concatenate([self.plain, np.zeros(self.k)])

    def fitted(self, start: Floats) -> Floats:
        """The parameters of the highest likelihood, by Newton's steps from a start."""
        parameters = start.copy()
        for _ in range(MAX_STEPS):
            p = self.probabilities(parameters)
            step: Floats = np.linalg.solve(
                self.hessian(p, parameters), self.gradient(p, parameters)
            ).astype(np.float64, copy=False)
            reach = float(np.abs(self.logits(step)).max(initial=0.0))
            parameters += step * (math.log1p(reach) / reach if reach > CLOSE else 1.0)
            if reach <= CLOSE:
                break
        return parameters

    def logits(self, parameters: Floats) -> Floats:
        """Log-odds of the first model, shape (pairs, cells)."""
        strengths, coefficients = parameters[: self.n], parameters[self.n :]
        lead = strengths[self.table.first] - strengths[self.table.second]
        return lead[:, None] + self.ranges.logits(coefficients)

    def probabilities(self, parameters: Floats) -> Floats:
        p: Floats = expit(self.logits(parameters))
        return p

    def gradient(self, p: Floats, parameters: Floats) -> Floats:
        residual = self.score - self.votes * p
        ratings = self._net(residual.sum(axis=1))
        ratings += self.prior.gradient(parameters[: self.n])
        styles = self.ranges.weighted(residual).sum(axis=0)
        gradient = np.concatenate([ratings, styles])
        gradient[self.n :] -= PRIOR * parameters[self.n :]
        return gradient

    def hessian(self, p: Floats, parameters: Floats) -> Floats:
        """Minus the second derivatives, with the mean of the strengths fixed."""
        n = self.n
        matrix = self._matrix(self.votes * p * (1 - p))
        matrix[:n, :n] += self.prior.information(parameters[:n])
        matrix[:n, :n] += max(np.trace(matrix[:n, :n]), 1.0) / max(n, 1) ** 2
        return matrix

    def bread(self, parameters: Floats) -> Floats:
        """Covariance of (strengths, coefficients) if the model holds."""
        hessian = self.hessian(self.probabilities(parameters), parameters)
        hessian[np.diag_indices(len(hessian))] += self.conventions.hessian_ridge * self.table.total
        bread: Floats = np.linalg.inv(hessian).astype(np.float64, copy=False)
        return bread

    def sandwich(self, parameters: Floats) -> Floats:
        """Covariance of (strengths, coefficients), as `bradley_terry.sandwich`."""
        p, n, bread = self.probabilities(parameters), self.n, self.bread(parameters)
        a, b, drawn = np.moveaxis(self.counts, 2, 0)
        spread = a * (1 - p) ** 2 + b * p**2 + drawn * (0.5 - p) ** 2
        first, second = self.table.first, self.table.second
        spread = self.prior.mixed(first, second, spread, self.votes * p * (1 - p))
        meat = self._matrix(spread)
        meat[:n, :n] += self.prior.dispersion * self.prior.information(parameters[:n])
        covariance: Floats = bread @ meat @ bread
        return covariance

    def _matrix(self, values: Floats) -> Floats:
        """Sum of value * z z' over the cells, z a cell's design; with the part of `PRIOR`."""
        n, k = self.n, self.k
        matrix = np.zeros((n + k, n + k))
        pairs = values.sum(axis=1)
        matrix[:n, :n] = information(self.table, pairs)
        matrix[:n, n:] = self._net(self.ranges.weighted(values))
        matrix[n:, :n] = matrix[:n, n:].T
        matrix[n:, n:] = self.ranges.squares(values)
        matrix[range(n, n + k), range(n, n + k)] += PRIOR
        return matrix

    def _net(self, values: Floats) -> Floats:
        """Sum of the values at the first models minus those at the second, per model."""
        net = np.zeros((self.n, *values.shape[1:]))
        np.add.at(net, self.table.first, values)
        np.subtract.at(net, self.table.second, values)
        return net
