"""What one vote changes in its pair's counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from arena.leaderboards.counting.pairs import lower_id_first
from arena.leaderboards.models import DISCOUNTED, OUTCOME_COLUMNS, Outcome
from arena.voters.models import CLUSTERS
from ratings import engine

Places = Mapping[int, int]
"""Amounts by places in `PairCount.discount`, from 1."""


@dataclass(frozen=True, slots=True)
class Change:
    """What one vote adds to its pair's counts, seen from the contestant with the lower id."""

    first: int
    second: int
    column: str
    cell: int  # places in the arrays, from 1
    sums: dict[int, int]
    voters: dict[int, int]

    @classmethod
    def of(
        cls,
        a: int,
        b: int,
        outcome: Outcome,
        style: tuple[Sequence[int], Sequence[int]] | None,
        cluster: int | None,
    ) -> "Change":
        """The change that a vote makes.

        Args:
            style: features of the answers of a and b; None counts both as alike.
            cluster: of the voter, if known.
        """
        seen = lower_id_first(a, b, outcome)
        alike = [0] * len(engine.GRID.names)
        styles = style or (alike, alike)
        first_style, second_style = reversed(styles) if seen.is_swapped else styles
        placed = engine.GRID.place(np.array([first_style], float), np.array([second_style], float))
        column = OUTCOME_COLUMNS[seen.place]
        result = {"first_wins": 0, "second_wins": 1}.get(column, 2)
        ranges, thousandths = placed.ranges[0].tolist(), placed.thousandths[0].tolist()
        return cls(
            first=seen.first,
            second=seen.second,
            column=column,
            cell=3 * int(placed.cell[0]) + result + 1,
            sums={place + 1: x for place, x in zip(ranges, thousandths, strict=True) if x},
            voters={} if cluster is None else in_cluster(cluster, column),
        )

    def places(self) -> dict[int, int]:
        """The same by places in `PairCount.discount`."""
        found = {
            DISCOUNTED["outcomes"].start + OUTCOME_COLUMNS.index(self.column): 1,
            DISCOUNTED["cells"].start + self.cell - 1: 1,
        }
        for name, amounts in (("voters", self.voters), ("sums", self.sums)):
            found |= {DISCOUNTED[name].start + place - 1: x for place, x in amounts.items()}
        return {place + 1: x for place, x in found.items()}


def in_cluster(cluster: int, column: str) -> dict[int, int]:
    """What a vote adds to `PairCount.voters`, by places from 1."""
    half_points = {"first_wins": 2, "second_wins": 0}.get(column, 1)
    return {cluster + 1: 1, CLUSTERS + cluster + 1: half_points}
