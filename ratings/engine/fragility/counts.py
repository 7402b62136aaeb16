"""Counts from which votes are removed, and the fits of the rest."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from ratings.engine.bradley_terry import inverse_hessian, solve
from ratings.engine.conventions import Conventions
from ratings.engine.priors import Marks, meetings
from ratings.engine.style.cell_fit import CellModel
from ratings.engine.style.table import StyledTable
from ratings.engine.tables import Floats, PairTable

SCORES = np.array([1.0, 0.0, 0.5, 0.5])
NEAR = 1.5  # times the least count found, and
NEARBY = 3  # votes more: models expected to need more are not searched
STEADY = 0.1  # if that count is at most this share of its votes
STYLED = 12  # models searched where style is controlled, which takes longer


class RemovableVotes(Protocol):
    """Counts from which some are removed, and the fits of what is left; arrays of one shape.

    The last axis of `counts` is the outcome, the first one the pair.
    """

    table: PairTable
    conventions: Conventions
    counts: Floats

    @property
    def preliminary(self) -> NDArray[np.bool_]:
        """Which models are, before any vote is removed; shape (models,)."""
        ...

    def strengths(self, removed: Floats) -> Floats:
        """Fitted to what is left, shape (models,)."""
        ...

    def influence(self, removed: Floats, first: int, second: int) -> tuple[Floats, float]:
        """What each vote adds to the gap of two models, by one step, and the gap; log-odds."""
        ...

    def rivals(self, first: int, others: list[int]) -> "list[Rival]":
        """Models that may pass the first, those that seem to need the fewest votes first."""
        ...


class PlainCounts:
    def __init__(self, table: PairTable, conventions: Conventions) -> None:
        self.table, self.conventions = table, conventions
        self.counts = table.cells

    @cached_property
    def whole(self) -> "WholeFit":
        return WholeFit.of(self.table, self.conventions)

    @property
    def preliminary(self) -> NDArray[np.bool_]:
        return are_marked(self.whole.marks)

    def strengths(self, removed: Floats) -> Floats:
        if not removed.any():
            return self.whole.strengths
        return solve(self._rest(removed), self.conventions)[0]

    def influence(self, removed: Floats, first: int, second: int) -> tuple[Floats, float]:
        table = self.table
        fit = WholeFit.of(self._rest(removed), self.conventions) if removed.any() else self.whole
        strengths = fit.strengths
        lever = fit.bread[first] - fit.bread[second]
        p = expit(strengths[table.first] - strengths[table.second])
        along = lever[table.first] - lever[table.second]
        influence = (SCORES - p[:, None]) * along[:, None]
        return influence, float(strengths[first] - strengths[second])

    def rivals(self, first: int, others: list[int]) -> "list[Rival]":
        return self.whole.rivals(self.table, first, others)

    def _rest(self, removed: Floats) -> PairTable:
        return self.table.with_cells(self.counts - removed)


class StyledCounts:
    def __init__(self, styled: StyledTable, conventions: Conventions) -> None:
        self.model = CellModel.of(styled, conventions)
        self.table, self.conventions = self.model.table, conventions
        self.counts = styled.counts
        self._parameters = self.model.fitted(self.model.start())  # the last fit is near the next

    @property
    def preliminary(self) -> NDArray[np.bool_]:
        return are_marked(self.model.prior.marks)

    def strengths(self, removed: Floats) -> Floats:
        self._parameters = self.model.without(removed).fitted(self._parameters)
        return self._parameters[: self.model.n]

    def influence(self, removed: Floats, first: int, second: int) -> tuple[Floats, float]:
        rest = self.model.without(removed)
        self._parameters = rest.fitted(self._parameters)
        p = rest.probabilities(self._parameters)
        contrast = np.zeros(rest.n + rest.k)
        contrast[[first, second]] = 1.0, -1.0
        lever: Floats = np.linalg.solve(rest.hessian(p, self._parameters), contrast).astype(
            np.float64, copy=False
        )
        along = rest.logits(lever)
        influence = (SCORES[:3] - p[:, :, None]) * along[:, :, None]
        return influence, float(contrast @ self._parameters)

    def rivals(self, first: int, others: list[int]) -> "list[Rival]":
        whole = WholeFit.of(self.table, self.conventions)
        return whole.rivals(self.table, first, others)[:STYLED]


class Rival(NamedTuple):
    """A model that may pass the first, and the votes that it takes at least, to first order.

    `votes` are its own, or those of the first if they are fewer.
    """

    model: int
    least: float
    votes: float

    def is_far(self, predicted: float, known: float) -> bool:
        """Whether it surely takes more votes than a known count."""
        return predicted > NEAR * known + NEARBY and known <= STEADY * self.votes


@dataclass(frozen=True, slots=True)
class WholeFit:
    """Fitted strengths, shape (models,), the inverse Hessian there, and the marks."""

    strengths: Floats
    bread: Floats
    marks: Marks

    @classmethod
    def of(cls, table: PairTable, conventions: Conventions) -> Self:
        strengths, prior = solve(table, conventions)
        return cls(strengths, inverse_hessian(table, strengths, prior, conventions), prior.marks)

    def rivals(self, table: PairTable, first: int, others: list[int]) -> list[Rival]:
        """The others by the votes that would do if all had the influence of the largest."""
        p = expit(self.strengths[table.first] - self.strengths[table.second])
        gain = np.where(table.cells > 0, SCORES - p[:, None], 0.0)
        played = meetings(table)
        highest, lowest = gain.max(axis=1), gain.min(axis=1)
        rivals = []
        for other in others:
            lever = self.bread[first] - self.bread[other]
            along = lever[table.first] - lever[table.second]
            largest = float(np.maximum(along * highest, along * lowest).max(initial=0.0))
            gap = float(self.strengths[first] - self.strengths[other])
            least = gap / largest if largest > 0 else np.inf
            rivals.append(Rival(other, least, min(played[first], played[other])))
        return sorted(rivals, key=lambda rival: rival.least)


def are_marked(marks: Marks) -> NDArray[np.bool_]:
    return np.array([bool(reasons) for reasons in marks], dtype=bool)
