"""Style-controlled Bradley-Terry from counts: its cost does not grow with the votes.

Style differs from vote to vote, so votes are sorted into cells of alike style and a pair keeps the
outcomes of each cell. The quantisation is a convention (`StyleGrid`): every difference
x = (a - b) / (a + b) is rounded to thousandths and falls into one of a few ranges; a cell is one
range per feature. The pair also keeps the sum of x per range, and the fit gives each vote the
mean x of its pair and range. What is lost is the spread within a range; it has mean zero given
what is kept (Berkson 1950, "Are there two regressions?"), so that it biases coefficients by the
square of its effect only.

Where the votes leave a coefficient open, a weak prior settles it: normal, with mean 0 and standard
deviation 1 in log-odds (`PRIOR`). It weighs as much as four votes of opposite style and fades as
votes come in.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
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
from ratings.engine.clusters import Clusters, excess
from ratings.engine.conventions import Conventions
from ratings.engine.priors import information, meetings
from ratings.engine.style import FEATURES, StyledLeaderboard, style_differences
from ratings.engine.tables import Floats, Indices, PairTable, plain

DRAWN = 2  # ties and both bad, which count alike
SCORES = np.array([1.0, 0.0, 0.5])
UNIT = 1000  # a difference is kept in thousandths
PRIOR = 1.0  # precision of a coefficient before any vote, in square log-odds


@dataclass(frozen=True, slots=True)
class StyleGrid:
    """How style differences are sorted into cells.

    `edges` has, per feature, the sizes in thousandths at which a range ends: edges (175, 525) make
    the ranges up to -525, up to -175, between, from 175, from 525. A difference of exactly an edge
    belongs to the outer range. Swapping the sides mirrors a vote's ranges.
    """

    names: tuple[str, ...] = FEATURES
    edges: tuple[tuple[int, ...], ...] = ((175, 525), (400,), (400,), (400,))

    def __post_init__(self) -> None:
        if len(self.names) != len(self.edges):
            raise ValueError("There is one list of edges per feature.")
        if any(list(edges) != sorted(set(edges)) or min(edges) < 1 for edges in self.edges):
            raise ValueError("Edges rise, and are above 0.")

    @property
    def shape(self) -> tuple[int, ...]:
        """Ranges of each feature."""
        return tuple(2 * len(edges) + 1 for edges in self.edges)

    @property
    def cells(self) -> int:
        return math.prod(self.shape)

    @property
    def ranges(self) -> int:
        """Ranges of all features together, numbered one feature after the other."""
        return sum(self.shape)

    @property
    def offsets(self) -> Indices:
        """The number of each feature's first range, shape (features,)."""
        return np.concatenate([[0], np.cumsum(self.shape)[:-1]]).astype(np.intp)

    def of_cells(self) -> Indices:
        """The number of each feature's range in each cell, shape (cells, features)."""
        return np.stack(np.unravel_index(np.arange(self.cells), self.shape), axis=1) + self.offsets

    def member(self) -> Floats:
        """Whether a cell lies in a range, 1 or 0, shape (cells, ranges)."""
        member = np.zeros((self.cells, self.ranges))
        np.put_along_axis(member, self.of_cells(), 1.0, axis=1)
        return member

    def place(self, a: Floats, b: Floats) -> "Placed":
        """Sort votes by the features of their two answers, shape (votes, features) each."""
        thousandths = np.rint(UNIT * style_differences(a, b)).astype(np.int64)
        level = np.stack(
            [
                np.sign(x) * np.searchsorted(edges, np.abs(x), side="right") + len(edges)
                for x, edges in zip(thousandths.T, self.edges, strict=True)
            ],
            axis=1,
        )
        cell = np.ravel_multi_index(tuple(level.T), self.shape)
        return Placed(cell, level + self.offsets, thousandths)

    def as_dict(self) -> dict[str, Any]:
        return {
            "names": list(self.names),
            "edges": [list(edges) for edges in self.edges],
            "unit": UNIT,
            "prior": PRIOR,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `as_dict`.

        Raises:
            ValueError: the grid is of another kind.
        """
        known = {"unit": UNIT, "prior": PRIOR}
        if {key: values.get(key) for key in known} != known or len(values) != 4:
            raise ValueError("This style grid is not known to this version.")
        return cls(tuple(values["names"]), tuple(tuple(edges) for edges in values["edges"]))


@dataclass(frozen=True, slots=True)
class Placed:
    """Votes sorted by style: cell (votes,); number of each range and thousandths (votes, k)."""

    cell: Indices
    ranges: Indices
    thousandths: NDArray[np.int64]


GRID = StyleGrid()


@dataclass(frozen=True, slots=True)
class StyledTable:
    """Counts of outcomes per pair and style cell; a pair stands in one row at most.

    `counts`, shape (pairs, cells, 3): wins of the first, wins of the second, drawn.
    `sums`, shape (pairs, ranges): thousandths of each feature, first minus second, summed over the
    votes of each range.
    """

    models: tuple[str, ...]
    first: Indices
    second: Indices
    counts: Floats
    sums: Floats
    grid: StyleGrid = GRID

    def __post_init__(self) -> None:
        pairs = len(self.first)
        if self.counts.shape != (pairs, self.grid.cells, 3):
            raise ValueError("A pair has three counts for each cell.")
        if self.sums.shape != (pairs, self.grid.ranges):
            raise ValueError("A pair has one sum for each range.")

    @classmethod
    def from_votes(
        cls,
        models: Sequence[str],
        a: Indices,
        b: Indices,
        outcome: NDArray[np.integer],
        *,
        style: tuple[Floats, Floats],
        grid: StyleGrid = GRID,
        weights: Floats | None = None,
    ) -> Self:
        """Count votes; `style` has the features of the answers a and b, shape (votes, k) each.

        With weights, shape (votes,), the counts are sums of these.
        """
        swapped = a > b
        first, second = np.minimum(a, b), np.maximum(a, b)
        column = swapped[:, None]
        placed = grid.place(np.where(column, style[1], style[0]), np.where(column, *style))
        result = np.minimum(outcome, DRAWN)
        result = np.where(swapped & (result < DRAWN), 1 - result, result)
        key = first.astype(np.int64) * len(models) + second
        pairs, pair = np.unique(key, return_inverse=True)
        counts = np.zeros((len(pairs), grid.cells, 3))
        weight = np.ones(len(a)) if weights is None else weights
        np.add.at(counts, (pair, placed.cell, result), weight)
        sums = np.zeros((len(pairs), grid.ranges))
        np.add.at(sums, (pair[:, None], placed.ranges), weight[:, None] * placed.thousandths)
        return cls(tuple(models), pairs // len(models), pairs % len(models), counts, sums, grid)

    def table(self) -> PairTable:
        """The counts without their style; what was drawn stands under ties."""
        wins, losses, drawn = np.ascontiguousarray(self.counts.sum(axis=1).T)
        return PairTable(
            self.models, self.first, self.second, wins, losses, drawn, np.zeros_like(drawn)
        )

    def means(self) -> Floats:
        """The mean difference of a pair's votes in each range, shape (pairs, ranges)."""
        held = self.counts.sum(axis=2) @ self.grid.member()
        means: Floats = np.divide(self.sums, UNIT * held, out=np.zeros_like(held), where=held > 0)
        return means

    def features(self) -> Floats:
        """The mean difference of each feature in each cell, shape (pairs, cells, features)."""
        features: Floats = self.means()[:, self.grid.of_cells()]
        return features

    def as_counts(self) -> list[list[Any]]:
        """One list per pair with votes: names, [cell, wins, losses, drawn] of each cell, sums.

        Seen from the pair's first model; in order of names.
        """
        rows = []
        for pair, (i, j) in enumerate(zip(self.first.tolist(), self.second.tolist(), strict=True)):
            filled = np.flatnonzero(self.counts[pair].any(axis=1))
            if len(filled):
                cells = [
                    [cell, *map(plain, counts)]
                    for cell, counts in zip(
                        filled.tolist(), self.counts[pair, filled].tolist(), strict=True
                    )
                ]
                sums = [plain(x) for x in self.sums[pair].tolist()]
                rows.append([self.models[i], self.models[j], cells, sums])
        return sorted(rows, key=lambda row: (row[0], row[1]))

    @classmethod
    def from_counts(
        cls, models: Sequence[str], rows: Iterable[Sequence[Any]], grid: StyleGrid = GRID
    ) -> Self:
        """The inverse of `as_counts`.

        Raises:
            ValueError: a row is no row of counts, or names an unknown model.
        """
        index = {model: position for position, model in enumerate(models)}
        rows = list(rows)
        counts = np.zeros((len(rows), grid.cells, 3))
        sums = np.zeros((len(rows), grid.ranges))
        pairs = np.zeros((len(rows), 2), dtype=np.intp)
        try:
            for pair, (a, b, cells, total) in enumerate(rows):
                pairs[pair] = index[a], index[b]
                sums[pair] = total
                for cell, *outcomes in cells:
                    counts[pair, cell] = outcomes
        except KeyError as error:
            raise ValueError(f"The counts name {error}, which is not among the models.") from None
        except (IndexError, TypeError) as error:
            raise ValueError(f"A row is no row of counts by style: {error}") from None
        return cls(tuple(models), pairs[:, 0], pairs[:, 1], counts, sums, grid)

    def in_order(self) -> Self:
        """The same table with models and pairs in order of names."""
        order = sorted(range(len(self.models)), key=self.models.__getitem__)
        place = np.argsort(np.array(order, dtype=np.intp))
        first, second = place[self.first], place[self.second]
        rows = np.lexsort((np.maximum(first, second), np.minimum(first, second)))
        models = tuple(self.models[model] for model in order)
        return type(self)(
            models, first[rows], second[rows], self.counts[rows], self.sums[rows], self.grid
        )

    def digest(self) -> str:
        """SHA-256 over the grid, the models and the counts, whatever order they stand in.

        The text is `{"counts":[...],"grid":{...},"models":[...]}`: `as_counts`, the grid and the
        sorted names as JSON in ASCII without spaces.
        """
        content = {
            "counts": self.as_counts(),
            "grid": self.grid.as_dict(),
            "models": sorted(self.models),
        }
        return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()


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
