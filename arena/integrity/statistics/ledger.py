"""The part of a board's counts that comes from one voter."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from arena.integrity.statistics.prediction import Floats

CountDelta = tuple[int, int, int, int]
"""Change of one pair: ids of its first and second model, code of the outcome, by how much."""

_ROW = np.dtype([("first", "<i4"), ("second", "<i4"), ("counts", "<i4", (4,))])


@dataclass(frozen=True, slots=True)
class LedgerCounts:
    """How often a voter chose each outcome of each pair.

    Args:
        pairs: keys by `pair_keys`, ascending, without duplicates; shape (pairs,).
        counts: outcomes as in `ratings.engine.tables.OUTCOMES`, shape (pairs, 4).
    """

    pairs: NDArray[np.int64]
    counts: NDArray[np.int64]

    @classmethod
    def unpacked(cls, packed: bytes) -> Self:
        """The inverse of `packed`; no bytes are no counts."""
        rows = np.frombuffer(packed, dtype=_ROW)
        counts = rows["counts"].astype(np.int64).reshape(-1, 4)
        return cls(pair_keys(rows["first"], rows["second"]), counts)

    def packed(self) -> bytes:
        """24 bytes a pair."""
        rows = np.zeros(len(self.pairs), dtype=_ROW)
        rows["first"], rows["second"] = self.pairs >> 32, self.pairs & 0xFFFFFFFF
        rows["counts"] = self.counts
        return rows.tobytes()

    def changed(self, changes: Iterable[CountDelta]) -> Self:
        """The counts after these changes; pairs without counts are left out."""
        columns = np.array(list(changes), dtype=np.int64).reshape(-1, 4)
        if not len(columns):
            return self
        first, second, outcome, delta = columns.T
        touched = pair_keys(first, second)
        pairs = np.union1d(self.pairs, touched)
        counts = np.zeros((len(pairs), 4), dtype=np.int64)
        counts[np.searchsorted(pairs, self.pairs)] = self.counts
        np.add.at(counts, (np.searchsorted(pairs, touched), outcome), delta)
        kept = counts.any(axis=1)
        return type(self)(pairs[kept], counts[kept])

    def cells(self, pairs: NDArray[np.int64]) -> Floats:
        """The counts of these pairs (keys as in `pairs`), shape (pairs, 4)."""
        cells = np.zeros((len(pairs), 4))
        if len(pairs):
            row = np.minimum(np.searchsorted(pairs, self.pairs), len(pairs) - 1)
            known = pairs[row] == self.pairs
            cells[row[known]] = self.counts[known]
        return cells


def pair_keys(first: NDArray[np.integer], second: NDArray[np.integer]) -> NDArray[np.int64]:
    """One number for each pair of ids, in the order of (first, second)."""
    keys: NDArray[np.int64] = (first.astype(np.int64) << 32) | second.astype(np.int64)
    return keys
