"""How few votes carry the top of a board, and how much each voter moves it.

Huang et al. 2025, arXiv 2508.11847: dropping two of 57,477 public votes changed the top model.
They find the votes by AMIP (Broderick et al. 2020, arXiv 2011.14999): one Newton step tells the
influence of each vote on the gap, and the most influential are dropped first. Here that count is
only the start: every answer is confirmed by an exact refit, and the search goes on from the
refitted ratings for a smaller set. It remains an upper bound, "no smaller set was found", but for
a single vote: each of the `SINGLES` most influential ones is tried by itself.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from ratings.core.bradley_terry import (
    DEFAULT,
    centring,
    inverse_hessian,
    points_per_logit,
    solve,
)
from ratings.core.conventions import Conventions
from ratings.core.tables import OUTCOMES, Floats, Indices, PairTable

SCORES = np.array([1.0, 0.0, 0.5, 0.5])
ROUNDS = 4
SINGLES = 20


@dataclass(frozen=True, slots=True)
class Fragility:
    """The votes whose removal puts the second model above the first.

    `votes` is None, with `reason`, where no removal was found to do so. `predicted` is the count
    by influence alone. `removed` lists (model a, model b, outcome, votes).
    """

    first: str
    second: str
    gap: float
    votes: int | None
    share: float | None
    predicted: int | None
    removed: tuple[tuple[str, str, str, int], ...]
    reason: str = ""


def fragility(table: PairTable, conventions: Conventions = DEFAULT) -> Fragility | None:
    """The smallest set of votes found that carries the order of the two highest ratings.

    Only models with votes take part; None if there are fewer than two of them. Models tied to a
    millionth of a point are flipped by no votes at all: `votes` is 0.
    """
    table = table.in_order()  # so that it answers alike, whatever order the table is in
    strengths, _, marks = solve(table, conventions)
    rated = [i for i, reasons in enumerate(marks) if "no votes" not in reasons]
    if len(rated) < 2:
        return None
    points = points_per_logit(conventions)
    first, second = sorted(rated, key=lambda i: (-strengths[i], table.models[i]))[:2]
    names = table.models[first], table.models[second]
    gap = points * float(strengths[first] - strengths[second])
    if gap < 1e-6:
        return Fragility(*names, gap, 0, 0.0, 0, ())
    search = _Search(table, conventions, first, second)
    best: tuple[int, Floats] | None = None
    path = search.path(table)
    predicted = path.predicted
    for _ in range(ROUNDS):
        found = search.single(path) or search.shortest(path)
        if found is None or (best is not None and found[0] >= best[0]):
            break
        best = found
        path = search.path(table.with_cells(table.cells - best[1]))
    if best is None:
        reason = "Without all the votes that favour it, the first model still is not below."
        return Fragility(*names, gap, None, None, predicted, (), reason)
    count, removed = best
    listed = tuple(
        (
            table.models[table.first[pair]],
            table.models[table.second[pair]],
            OUTCOMES[outcome],
            int(np.ceil(removed[pair, outcome])),
        )
        for pair, outcome in np.argwhere(removed > 0)
    )
    return Fragility(*names, gap, count, count / table.total, predicted, listed)


@dataclass(frozen=True, slots=True)
class _Path:
    """Cells in the order in which their votes are dropped, and the count expected to do."""

    cells: Indices
    predicted: int | None


class _Search:
    def __init__(self, table: PairTable, conventions: Conventions, first: int, second: int) -> None:
        self.table, self.conventions = table, conventions
        self.first, self.second = first, second
        self.flat = table.cells.ravel()

    def path(self, at: PairTable) -> _Path:
        """Rank the cells by influence on the gap, at the ratings of the table `at`."""
        strengths, design, _ = solve(at, self.conventions)
        bread = inverse_hessian(at, strengths, design, self.conventions)
        lever = bread[self.first] - bread[self.second]
        table = self.table
        p = expit(strengths[table.first] - strengths[table.second])
        along = lever[table.first] - lever[table.second]
        influence = ((SCORES - p[:, None]) * along[:, None]).ravel()
        order = np.argsort(-influence, kind="stable")
        order = order[(influence[order] > 0) & (self.flat[order] > 0)]
        gap = float(strengths[self.first] - strengths[self.second])
        closed = np.cumsum(influence[order] * self.flat[order])
        cell = int(np.searchsorted(closed, gap, side="right"))
        predicted = None
        if cell < len(order):
            before = closed[cell - 1] if cell else 0.0
            whole = self.flat[order[:cell]].sum()
            predicted = int(whole + np.floor((gap - before) / influence[order[cell]])) + 1
        return _Path(order, predicted)

    def shortest(self, path: _Path) -> tuple[int, Floats] | None:
        """The least votes along the path whose removal flips the two, and these votes."""
        limit = int(np.ceil(self.flat[path.cells].sum()))
        high = min(limit, max(1, path.predicted or limit))
        low = 0
        while not self._flips(self._removed(path, high)):
            if high == limit:
                return None
            low, high = high, min(limit, high + high // 2 + 1)
        while high - low > 1:
            middle = (low + high) // 2
            if self._flips(self._removed(path, middle)):
                high = middle
            else:
                low = middle
        return high, self._removed(path, high)

    def single(self, path: _Path) -> tuple[int, Floats] | None:
        """One vote whose removal flips the two, if one of the most influential does."""
        if path.predicted is None or path.predicted > 2:
            return None
        for cell in path.cells[:SINGLES]:
            removed = np.zeros_like(self.flat)
            removed[cell] = min(1.0, self.flat[cell])
            if self._flips(removed.reshape(-1, 4)):
                return 1, removed.reshape(-1, 4)
        return None

    def _removed(self, path: _Path, votes: int) -> Floats:
        counts = self.flat[path.cells]
        before = np.cumsum(counts) - counts
        removed = np.zeros_like(self.flat)
        removed[path.cells] = np.clip(votes - before, 0.0, counts)
        return removed.reshape(-1, 4)

    def _flips(self, removed: Floats) -> bool:
        rest = self.table.with_cells(self.table.cells - removed)
        strengths, _, _ = solve(rest, self.conventions)
        return bool(strengths[self.second] > strengths[self.first] + 1e-9)


def voter_influence(
    table: PairTable,
    voter: Indices,
    first: Indices,
    second: Indices,
    outcome: NDArray[np.integer],
    *,
    top: int = 5,
    conventions: Conventions = DEFAULT,
) -> tuple[Indices, Floats]:
    """How many points each voter gave to the top ranks, by one Newton step.

    Args:
        table: the counts, with these votes in them.
        voter: number of the voter of each vote, from 0; shape (votes,).
        first, second, outcome: the votes, as in `PairTable.from_votes`.

    Returns:
        The top models with votes, best first, shape (top,), and the points that each voter's
        votes add to (or take from) each of them, shape (voters, top). `exact_influence` confirms
        one.
    """
    strengths, design, marks = solve(table, conventions)
    rated = np.flatnonzero(["no votes" not in reasons for reasons in marks])
    leaders = rated[np.argsort(-strengths[rated], kind="stable")[:top]]
    bread = points_per_logit(conventions) * inverse_hessian(table, strengths, design, conventions)
    bread -= centring(marks) @ bread
    residual = SCORES[outcome] - expit(strengths[first] - strengths[second])
    influence: Floats = np.column_stack(
        [np.bincount(voter, (bread[i, first] - bread[i, second]) * residual) for i in leaders]
    ).astype(np.float64, copy=False)
    return leaders, influence


def exact_influence(
    table: PairTable, votes: PairTable, conventions: Conventions = DEFAULT
) -> Floats:
    """Points that these votes, which are part of the table, give each model; shape (models,).

    The ratings with them minus the ratings without them, both fitted.

    Raises:
        ValueError: the votes are not part of the table.
    """
    if votes.models != table.models:
        raise ValueError("The two tables list different models.")
    row = {
        pair: number
        for number, pair in enumerate(zip(table.first.tolist(), table.second.tolist(), strict=True))
    }
    rest = table.cells
    pairs = zip(votes.first.tolist(), votes.second.tolist(), strict=True)
    for (i, j), cells in zip(pairs, votes.cells, strict=True):
        if (i, j) in row:
            rest[row[i, j]] -= cells
        elif (j, i) in row:
            rest[row[j, i]] -= cells[[1, 0, 2, 3]]
        else:
            raise ValueError("These votes are not part of the table.")
    if (rest < -1e-9).any():
        raise ValueError("These votes are not part of the table.")
    with_them, _, _ = solve(table, conventions)
    without, _, _ = solve(table.with_cells(np.maximum(rest, 0.0)), conventions)
    return points_per_logit(conventions) * (with_them - without)
