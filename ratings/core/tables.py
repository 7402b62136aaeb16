"""Votes, aggregated: how often each outcome of each pair was seen."""

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class PairTable:
    """Counts of outcomes per pair; all arrays have shape (pairs,).

    `first` and `second` are indices into `models`; a pair stands in one row at most,
    and votes may carry weights, so that counts need not be whole.
    """

    models: tuple[str, ...]
    first: Indices
    second: Indices
    first_wins: Floats
    second_wins: Floats
    ties: Floats
    both_bad: Floats

    @property
    def votes(self) -> Floats:
        """Votes of each pair."""
        return self.first_wins + self.second_wins + self.ties + self.both_bad

    @property
    def total(self) -> float:
        """Votes of all pairs."""
        return float(self.votes.sum())

    def as_counts(self) -> list[list[str | float]]:
        """One list per pair: names, first wins, second wins, ties, both bad; in order of names."""
        rows: list[list[str | float]] = []
        for row in range(len(self.first)):
            a, b = self.models[self.first[row]], self.models[self.second[row]]
            wins, losses = float(self.first_wins[row]), float(self.second_wins[row])
            if a > b:
                a, b, wins, losses = b, a, losses, wins
            rows.append([a, b, wins, losses, float(self.ties[row]), float(self.both_bad[row])])
        return sorted(row for row in rows if sum(map(float, row[2:])))

    def digest(self) -> str:
        """SHA-256 over the models and the counts, whatever order they stand in."""
        lines = sorted(self.models) + [
            "\t".join([str(row[0]), str(row[1]), *(f"{value:.17g}" for value in row[2:])])
            for row in self.as_counts()
        ]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()
