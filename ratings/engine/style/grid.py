"""Sort style differences into cells.

Style differs from vote to vote, so votes are sorted into cells of alike style and a pair keeps the
outcomes of each cell. The quantisation is a convention (`StyleGrid`): every difference
x = (a - b) / (a + b) is rounded to thousandths and falls into one of a few ranges; a cell is one
range per feature.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ratings.engine.style.votes import FEATURES, style_differences
from ratings.engine.tables import Floats, Indices

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
