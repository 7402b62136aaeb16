"""Search the fewest votes without which one model passes another."""

from dataclasses import dataclass

import numpy as np

from ratings.engine.fragility.counts import RemovableVotes
from ratings.engine.tables import Floats, Indices

ROUNDS = 4
SINGLES = 20  # tried one by one
FEW = 3  # votes: if so few or fewer are expected to do, a single one may
SECANTS = 8
BELOW = 1e-9  # log-odds by which the second must be above the first to have passed it


@dataclass(frozen=True, slots=True)
class RemovalPath:
    """Cells in the order in which their votes are dropped, and the count expected to do."""

    cells: Indices
    predicted: int | None


class Search:
    def __init__(self, votes: RemovableVotes, first: int, second: int) -> None:
        self.votes, self.first, self.second = votes, first, second
        self.flat = votes.counts.ravel()
        self.gap = self._gap(np.zeros_like(votes.counts))

    def path(self, removed: Floats) -> RemovalPath:
        """Rank the cells by influence on the gap, at the ratings without the removed votes."""
        by_cell, gap = self.votes.influence(removed, self.first, self.second)
        influence = by_cell.ravel()
        order = np.flatnonzero((influence > 0) & (self.flat > 0))
        order = order[np.argsort(-influence[order], kind="stable")]
        closed = np.cumsum(influence[order] * self.flat[order])
        cell = int(np.searchsorted(closed, gap, side="right"))
        predicted = None
        if cell < len(order):
            before = closed[cell - 1] if cell else 0.0
            whole = self.flat[order[:cell]].sum()
            predicted = int(whole + np.floor((gap - before) / influence[order[cell]])) + 1
        return RemovalPath(order, predicted)

    def least(self, path: RemovalPath, *, below: int | None) -> tuple[int, Floats] | None:
        """The least votes found, and these votes, if they are fewer than `below`."""
        if below is None:
            best = self.single(path, path.predicted) or self.shortest(path, path.predicted)
        else:
            best = self.single(path, path.predicted) or self.shorter(path, below)
        for _ in range(ROUNDS - 1):
            if best is None or best[0] == 1:
                break
            path = self.path(best[1])
            found = self.single(path, best[0]) or self.shorter(path, best[0])
            if found is None:
                break
            best = found
        return best

    def shortest(self, path: RemovalPath, expected: int | None) -> tuple[int, Floats] | None:
        """The least votes along the path whose removal flips the two, and these votes."""
        limit = int(np.ceil(self.flat[path.cells].sum()))
        low, high = (0, self.gap), min(limit, max(1, expected or limit))
        while (gap := self._gap(self._removed(path, high))) >= -BELOW:
            if high == limit:
                return None
            low, high = (high, gap), min(limit, high + high // 2 + 1)
        return self._between(path, low, (high, gap))

    def shorter(self, path: RemovalPath, known: int) -> tuple[int, Floats] | None:
        """As `shortest`, if it is less than a known count."""
        gap = self._gap(self._removed(path, known - 1))
        if gap >= -BELOW:
            return None
        return self._between(path, (0, self.gap), (known - 1, gap))

    def _between(
        self, path: RemovalPath, low: tuple[int, float], high: tuple[int, float]
    ) -> tuple[int, Floats]:
        """The least count that flips the two, between one that does not and one that does.

        The gap is nearly linear in the votes: where the line through the last two tried crosses
        zero is tried next (the secant method), and the middle if that takes long.
        """
        before, last = low, high
        tried = 0
        while high[0] - low[0] > 1:
            fall = before[1] - last[1]
            if fall and tried < SECANTS:
                crossing = int(np.ceil(last[0] + last[1] * (last[0] - before[0]) / fall))
            else:
                crossing = (low[0] + high[0]) // 2
            count = min(max(crossing, low[0] + 1), high[0] - 1)
            before, last = last, (count, self._gap(self._removed(path, count)))
            if last[1] < -BELOW:
                high = last
            else:
                low = last
            tried += 1
        return high[0], self._removed(path, high[0])

    def single(self, path: RemovalPath, expected: int | None) -> tuple[int, Floats] | None:
        """One vote whose removal flips the two, if few are expected and an influential one does."""
        if expected is None or expected > FEW:
            return None
        for cell in path.cells[:SINGLES]:
            removed = np.zeros_like(self.flat)
            removed[cell] = min(1.0, self.flat[cell])
            if self._gap(self._shaped(removed)) < -BELOW:
                return 1, self._shaped(removed)
        return None

    def _removed(self, path: RemovalPath, votes: int) -> Floats:
        counts = self.flat[path.cells]
        before = np.cumsum(counts) - counts
        removed = np.zeros_like(self.flat)
        removed[path.cells] = np.clip(votes - before, 0.0, counts)
        return self._shaped(removed)

    def _shaped(self, removed: Floats) -> Floats:
        return removed.reshape(self.votes.counts.shape)

    def _gap(self, removed: Floats) -> float:
        strengths = self.votes.strengths(removed)
        return float(strengths[self.first] - strengths[self.second])
