"""Counts of outcomes by pair and style cell."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ratings.engine.style.grid import GRID, UNIT, StyleGrid
from ratings.engine.tables import Floats, Indices, PairTable, plain

DRAWN = 2  # ties and both bad, which count alike


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
