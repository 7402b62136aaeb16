"""What the board expects of a vote when the voter's own votes are left out of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit

from arena.integrity.statistics.prediction import Expected, Floats, Prediction
from arena.integrity.statistics.voter.tie_rates import TieCurve, tie_tolerance
from ratings.engine import Conventions, PairTable
from ratings.engine.bradley_terry import CLOSE, hessian, inverse_hessian, solve
from ratings.engine.priors import Prior

UNKNOWN = 1e3  # standard error of a difference without any vote, in log-odds
BY_VOTES = Conventions(prior="votes")  # the likelihood of votes alone, where it has a maximum
CHORDS = 8  # steps along the whole board's Hessian before a fit of its own is quicker


def predict(table: PairTable) -> Prediction:
    """The board's prediction from its counts."""
    found = Fit.of(table).prediction()
    models, strengths = len(found.strengths), found.strengths
    tied, votes = np.zeros((models, models)), np.zeros((models, models))
    tied[table.first, table.second] = table.ties + table.both_bad
    votes[table.first, table.second] = table.votes
    difference = strengths[:, None] - strengths
    closeness = tie_curve(table, strengths).closeness(difference, tied + tied.T, votes + votes.T)
    return replace(found, closeness=closeness)


def tie_curve(table: PairTable, strengths: Floats) -> TieCurve:
    """How often models of these strengths tie."""
    difference = strengths[table.first] - strengths[table.second]
    return TieCurve.of(difference, table.ties + table.both_bad, table.votes)


@dataclass(frozen=True, slots=True)
class Fit:
    """Strengths in log-odds, shape (models,), and the Cholesky factor of the Hessian there.

    For one pair a factor is quicker than the inverse that `prediction` needs.
    """

    strengths: Floats
    factor: tuple[Floats, bool]

    @classmethod
    def of(cls, table: PairTable, *, start: Floats | None = None) -> Self:
        """From counts; quicker from the strengths of almost the same."""
        strengths, prior = solve(table, BY_VOTES, start=start)
        return cls.at(strengths, hessian(table, table.votes, strengths, prior))

    @classmethod
    def at(cls, strengths: Floats, regular: Floats) -> Self:
        """With this Hessian, which is lost."""
        return cls(strengths, cho_factor(regular, overwrite_a=True, check_finite=False))

    def prediction(self) -> Prediction:
        """For any pairs."""
        inverse = cho_solve(self.factor, np.eye(len(self.strengths)), check_finite=False)
        rows = inverse - inverse.mean(axis=0)
        return Prediction(self.strengths, rows - rows.mean(axis=1)[:, None])

    def expected(self, a: int, b: int) -> Expected:
        """For one vote between these: as `Prediction.expected`."""
        moved = np.zeros(len(self.strengths))
        moved[a], moved[b] = 1.0, -1.0
        moved = cho_solve(self.factor, moved, check_finite=False)
        return Expected(
            difference=self.strengths[[a]] - self.strengths[[b]],
            error=np.sqrt(np.maximum(moved[[a]] - moved[[b]], 0.0)),
            gradient_sign=(moved > 0)[None],
        )


@dataclass(frozen=True, slots=True)
class Board:
    """Counts of a board, whose models have these places among all `models` known.

    Of the whole board, where the fit without a voter starts from: `cells` are its counts per
    outcome and pair, shape (4, pairs), `scored` what fixes its strengths, `strengths` these
    themselves, and `inverse` the inverse Hessian there. `fixed` says that votes alone fix them all;
    `curve` is how often its models tie.
    """

    table: PairTable
    places: Sequence[int]
    models: int
    cells: Floats = field(init=False)
    scored: NDArray[np.bool_] = field(init=False)
    strengths: Floats = field(init=False)
    inverse: Floats = field(init=False)
    fixed: bool = field(init=False)
    curve: TieCurve = field(init=False)

    def __post_init__(self) -> None:
        strengths, prior = solve(self.table, BY_VOTES)
        found = {
            "cells": np.ascontiguousarray(self.table.cells.T),
            "scored": _scored(self.table.score, self.table.votes),
            "strengths": strengths,
            "inverse": inverse_hessian(self.table, strengths, prior),
            "fixed": not any(prior.marks),
            "curve": tie_curve(self.table, strengths),
        }
        for name, value in found.items():
            object.__setattr__(self, name, value)

    def without(self, own: Floats) -> "Remainder":
        """The board as it would be without these votes.

        Args:
            own: the voter's counts per pair of the table and outcome, shape (pairs, 4).
        """
        rest = np.maximum(self.cells - own.T, 0.0)
        fit = None
        if rest.any():
            fit = self._near(rest) or Fit.of(self.table.with_cells(rest.T), start=self.strengths)
        return Remainder(self, rest, fit, {p: i for i, p in enumerate(self.places)})

    def _near(self, rest: Floats) -> Fit | None:
        """The fit of almost the same counts, if there votes alone fix all strengths too.

        The chord method: Newton's steps with the whole board's Hessian, which is inverted already.
        Each step is shorter by about the share of the votes that is missing, so that two tell how
        far the next one would go.
        """
        votes, score = rest.sum(axis=0), rest[0] + (rest[2] + rest[3]) / 2
        if not self.fixed or (_scored(score, votes) != self.scored).any():
            return None
        n, first, second = len(self.strengths), self.table.first, self.table.second
        strengths, before = self.strengths.copy(), 0.0
        for _ in range(CHORDS):
            residual = score - votes * expit(strengths[first] - strengths[second])
            gradient = np.bincount(first, residual, n) - np.bincount(second, residual, n)
            step = self.inverse @ gradient
            strengths += step - step.mean()
            moved = float(np.ptp(step))
            if moved <= CLOSE or moved**2 <= CLOSE * before:
                found = hessian(self.table, votes, strengths, Prior.none(n))
                return Fit.at(strengths, found)
            before = moved
        return None


def _scored(score: Floats, votes: Floats) -> NDArray[np.bool_]:
    """Whether the first, and the second, of each pair ever scored: what strengths are fixed by."""
    return np.stack([score > 0, votes > score])


@dataclass(frozen=True, slots=True)
class Remainder:
    """A board fitted without one voter, and the counts that are left, shape (4, pairs).

    `inside` says where in it each known place stands.
    """

    board: Board
    rest: Floats
    fit: Fit | None
    inside: dict[int, int]

    def expected(self, a: int, b: int) -> Expected:
        """What it expects of one vote between the models at places a and b."""
        gradient_sign = np.zeros((1, self.board.models), dtype=bool)
        gradient_sign[0, a] = True
        if self.fit is None or a not in self.inside or b not in self.inside:
            return Expected(np.zeros(1), np.array([UNKNOWN]), gradient_sign)
        i, j = self.inside[a], self.inside[b]
        found = self.fit.expected(i, j)
        gradient_sign[0, list(self.inside)] = found.gradient_sign[0]
        counts = self._of_pair(i, j)
        tied = counts[2:].sum(axis=0, keepdims=True)
        return replace(
            found,
            gradient_sign=gradient_sign,
            closeness=self.board.curve.closeness(found.difference, tied, counts.sum(keepdims=True)),
            tie_tolerance=tie_tolerance(self.fit.strengths[[i]], self.fit.strengths[[j]]),
        )

    def _of_pair(self, i: int, j: int) -> Floats:
        """The counts of one pair, shape (4,); which of the two wins is whose is left open."""
        first, second = self.board.table.first, self.board.table.second
        row = ((first == i) & (second == j)) | ((first == j) & (second == i))
        counts: Floats = self.rest[:, row].sum(axis=1)
        return counts
