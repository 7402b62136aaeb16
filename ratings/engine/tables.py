"""Votes, aggregated: how often each outcome of each pair was seen."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

OUTCOMES = ("a", "b", "tie", "both_bad")
"""Outcomes of a vote, in the order of their codes 0 to 3."""

Counted = int | float
"""A count: whole, or with one decimal where votes have weights in tenths."""

CHUNK = 1 << 17  # votes counted at a time: their keys stay in the processor's cache


@dataclass(frozen=True, slots=True)
class PairTable:
    """Counts of outcomes per pair; all arrays have shape (pairs,).

    `first` and `second` are indices into `models`; a pair stands in one row at most. Votes may
    carry weights: then the counts are sums of weights, and `squares`, shape (pairs, 4), has the
    sums of their squares per outcome, which the sandwich covariance needs.

    Raises:
        ValueError: the arrays do not make such a table; the message says why.
    """

    models: tuple[str, ...]
    first: Indices
    second: Indices
    first_wins: Floats
    second_wins: Floats
    ties: Floats
    both_bad: Floats
    squares: Floats | None = None

    def __post_init__(self) -> None:
        n, pairs = len(self.models), len(self.first)
        if len(set(self.models)) != n:
            raise ValueError("Two models have the same name.")
        if any(len(column) != pairs for column in (self.second, *self._columns())):
            raise ValueError("The columns of a table are equally long.")
        if pairs == 0:
            return
        low, high = np.minimum(self.first, self.second), np.maximum(self.first, self.second)
        if low.min() < 0 or high.max() >= n:
            raise ValueError("A pair names a model that is not in the table.")
        if (low == high).any():
            raise ValueError("A model does not meet itself.")
        seen = np.zeros(n * n, dtype=bool)
        seen[low * n + high] = True
        if np.count_nonzero(seen) != pairs:
            raise ValueError("A pair stands in one row only.")
        if not all((np.isfinite(column) & (column >= 0)).all() for column in self._columns()):
            raise ValueError("Counts are finite and not negative.")

    def _columns(self) -> tuple[Floats, Floats, Floats, Floats]:
        return self.first_wins, self.second_wins, self.ties, self.both_bad

    @classmethod
    def from_votes(
        cls,
        models: Sequence[str],
        a: NDArray[np.integer],
        b: NDArray[np.integer],
        outcome: NDArray[np.integer],
        weights: Floats | None = None,
    ) -> Self:
        """Count votes.

        Args:
            a, b: indices into `models` of the two sides, shape (votes,).
            outcome: codes as in `OUTCOMES`, shape (votes,).
            weights: of each vote, shape (votes,); without them each vote counts 1.
        """
        n = len(models)
        if len(a) and (min(a.min(), b.min()) < 0 or max(a.max(), b.max()) >= n):
            raise ValueError("A vote names a model that is not in the table.")
        if len(a) and (outcome.min() < 0 or outcome.max() >= len(OUTCOMES)):
            raise ValueError("An outcome's code is 0 to 3.")
        cells = _count(n, a, b, outcome, weights)
        squares = None if weights is None else _count(n, a, b, outcome, np.square(weights))
        if np.einsum("iio->", cells):
            raise ValueError("A model does not meet itself.")
        # The pair (b, a) is the pair (a, b) with its first two outcomes changed over.
        folded = _folded(cells)
        first, second = np.nonzero(np.triu(folded.any(axis=2), 1))
        a_wins, b_wins, ties, both_bad = np.ascontiguousarray(folded[first, second].T)
        return cls(
            models=tuple(models),
            first=first,
            second=second,
            first_wins=a_wins,
            second_wins=b_wins,
            ties=ties,
            both_bad=both_bad,
            squares=None if squares is None else _folded(squares)[first, second],
        )

    @classmethod
    def from_counts(cls, models: Sequence[str], counts: Iterable[Sequence[Any]]) -> Self:
        """The inverse of `as_counts`.

        Raises:
            ValueError: a row names an unknown model, or is no row of counts.
        """
        index = {model: position for position, model in enumerate(models)}
        rows = list(counts)
        try:
            pairs = np.array([[index[row[0]], index[row[1]]] for row in rows], dtype=np.intp)
            cells = np.array([row[2:6] for row in rows], dtype=np.float64).reshape(-1, 4)
        except KeyError as error:
            raise ValueError(f"The counts name {error}, which is not among the models.") from None
        pairs = pairs.reshape(-1, 2)
        return cls(tuple(models), pairs[:, 0], pairs[:, 1], *cells.T)

    @property
    def votes(self) -> Floats:
        """Votes of each pair."""
        return self.first_wins + self.second_wins + self.ties + self.both_bad

    @property
    def score(self) -> Floats:
        """Points of the first model of each pair: a win is 1, a tie or both bad is 1/2."""
        return self.first_wins + (self.ties + self.both_bad) / 2

    @property
    def total(self) -> float:
        """Votes of all pairs."""
        return float(self.votes.sum())

    @property
    def cells(self) -> Floats:
        """Counts per pair and outcome, shape (pairs, 4), outcomes as in `OUTCOMES`."""
        return np.column_stack(self._columns())

    def with_cells(self, cells: Floats) -> Self:
        """The same pairs with other counts, shape (pairs, 4)."""
        a, b, ties, both_bad = np.ascontiguousarray(cells.T)
        return replace(
            self, first_wins=a, second_wins=b, ties=ties, both_bad=both_bad, squares=None
        )

    def as_counts(self) -> list[list[str | int | float]]:
        """One list per pair: names, first wins, second wins, ties, both bad; in order of names.

        Whole counts are integers, so that their JSON is the same everywhere.
        """
        rows: list[list[str | int | float]] = []
        for i, j, *counts in zip(
            self.first.tolist(),
            self.second.tolist(),
            *(column.tolist() for column in self._columns()),
            strict=True,
        ):
            if not any(counts):
                continue
            a, b = self.models[i], self.models[j]
            wins, losses, *drawn = map(plain, counts)
            if a > b:
                a, b, wins, losses = b, a, losses, wins
            rows.append([a, b, wins, losses, *drawn])
        return sorted(rows, key=lambda row: (row[0], row[1]))

    def in_order(self) -> Self:
        """The same table with models and pairs in order of names."""
        order = sorted(range(len(self.models)), key=self.models.__getitem__)
        place = np.argsort(np.array(order, dtype=np.intp))
        first, second = place[self.first], place[self.second]
        swapped = first > second
        first, second = np.minimum(first, second), np.maximum(first, second)
        rows = np.lexsort((second, first))

        def arranged(cells: Floats) -> Floats:
            turned = np.where(swapped[:, None], cells[:, [1, 0, 2, 3]], cells)
            return np.ascontiguousarray(turned[rows])

        first_wins, second_wins, ties, both_bad = arranged(self.cells).T
        return type(self)(
            models=tuple(self.models[model] for model in order),
            first=first[rows],
            second=second[rows],
            first_wins=first_wins,
            second_wins=second_wins,
            ties=ties,
            both_bad=both_bad,
            squares=None if self.squares is None else arranged(self.squares),
        )

    def digest(self) -> str:
        """SHA-256 over the models and the counts, whatever order they stand in.

        The text is `{"counts":[...],"models":[...]}`: `as_counts` and the sorted names as JSON
        in ASCII without spaces.
        """
        text = json.dumps(
            {"counts": self.as_counts(), "models": sorted(self.models)}, separators=(",", ":")
        )
        return hashlib.sha256(text.encode()).hexdigest()


def plain(number: float) -> Counted:
    """A whole number as an integer, so that its JSON is the same everywhere."""
    return int(number) if float(number).is_integer() else number


def whole_votes(total: float) -> int:
    """So many whole votes are in a sum of weights, whatever order it was summed in."""
    return int(round(total, 1))


def _count(
    n: int,
    a: NDArray[np.integer],
    b: NDArray[np.integer],
    outcome: NDArray[np.integer],
    weights: Floats | None,
) -> Floats:
    """Votes (or their weights) per ordered pair and outcome, shape (n, n, 4)."""
    bins = 4 * n * n
    counted = np.zeros(bins, dtype=np.int64 if weights is None else np.float64)
    chunk = max(CHUNK, bins)
    for start in range(0, len(a), chunk):
        part = slice(start, start + chunk)
        key = a[part].astype(np.int64)
        key *= n
        key += b[part]
        key *= 4
        key += outcome[part]
        weight = None if weights is None else weights[part]
        counted += np.bincount(key, weight, minlength=bins)
    return counted.reshape(n, n, 4).astype(np.float64)


def _folded(cells: Floats) -> Floats:
    """Both orders of a pair together, seen from its first model; shape (n, n, 4)."""
    return cells + cells.transpose(1, 0, 2)[:, :, [1, 0, 2, 3]]
