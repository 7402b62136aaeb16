"""Weigh votes: no group of little-known voters moves a model further than chance explains.

One vote of a new account says nothing about who cast it, so no test can find a farm of accounts
with one vote each, one by one. What all such accounts do *together* can be bounded. This is a
robust estimator in the sense of Hampel et al. 1986 ("Robust Statistics: The Approach Based on
Influence Functions", section 2.6) that bounds the score of groups of votes instead of that of
single ones.

**Classes.** Voters are in classes by how many votes they cast (1, 2 to 5, 6 to 20, more). Voters
who voted on one model more often than its share of the battles explains are a class of their own,
because riggers seek their target. The class with the most votes comes first. Each other class is
compared with the board of all classes before it, bounded, and joins that board.

**Witnesses.** The first class is compared, model by model, with the median of witnesses that share
no voter: newcomers, voters with several votes, those with many, and the board of older votes. To
move it, riggers have to outvote the honest voters of two witnesses. If fewer than three witnesses
have enough votes, only each voter of the first class is bounded.

**Pull.** A group of votes pulls model m by the sum of outcome minus prediction over its votes on m
(the score of the Bradley-Terry model for m; a tie is half a win, so ties pull too). Without riggers
it has mean 0 and variance

    V + V^2 s^2,    V = sum of p (1 - p),

where s is the standard error of m on the board of the classes before. A group that voted on m more
often than m's share of the battles gets the variance of that share only, so it cannot widen its own
bounds.

**Bound.** A pull of up to `full` standard errors counts in full; up to `falls` it counts as `full`
does; beyond, it shrinks, and from `gone` on it is zero. All votes of the group that pull the model
that way get the same smaller weight, so that their sum is what is allowed; the others keep theirs.
The days, the weeks and the whole of a class are judged by their pull before any of them was
bounded: otherwise a farm that is bounded a little each day would look like chance in the whole. For
small groups a standard error is at least `least` votes. Weights are published in tenths, so a lot
rounds each vote's up or down: rounded all alike, a thousand votes that count a twentieth each would
count nothing, and honest votes against them would outweigh them.

**Groups** of a class are the votes of one network on a day, of a day, of a week, and of the whole
period: fast rigging shows in a day, slow rigging in the whole. A voter with more than `SOME` votes
is a group, too.

Weights are computed from all votes of the period each time, so a voter's later votes also change
how much the first one counts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from arena.integrity.statistics.board import Fit
from arena.integrity.statistics.prediction import Floats, Indices
from ratings.engine import PairTable

ONE, SOME, MANY = 1, 5, 20
"""Votes up to which voters are in the classes of one, of few, and of several votes."""

SEEKS = 2.5
"""Standard deviations above what the draw explains from which on a voter seeks a model."""

WEEK = 7
STEPS = 10
"""Weights are multiples of one tenth."""

WITNESSES = ((0, 2), (4,), (5,))
"""Classes whose votes are one witness: those who seek no model."""

WITNESS_VOTES = 5
"""Least votes of a witness for each model of the board."""

LEAST = 0.25
"""Least variance of a pull that a group is granted: that of one vote between equals."""


class Class(IntEnum):
    """Classes of voters, those who showed least first."""

    ONE_VOTE = 0
    FEW_SEEKING = 1
    FEW_VOTES = 2
    SEEKING = 3
    SEVERAL_VOTES = 4
    MANY_VOTES = 5


class Group(IntEnum):
    """The group that a vote's weight comes from."""

    NONE = 0
    VOTER = 1
    NETWORK = 2
    DAY = 3
    WEEK = 4
    CLASS = 5


@dataclass(frozen=True, slots=True)
class Bound:
    """How much of a pull is allowed: Hampel's three-part function, in standard errors.

    `least`, in votes, is what a standard error is taken to be at least.
    """

    full: float
    falls: float
    gone: float
    least: float

    def allowed(self, pull: Floats, error: Floats) -> Floats:
        """The absolute pull that counts, of pulls with these standard errors; same shape."""
        error = np.maximum(error, self.least)
        size = np.abs(pull) / error
        sinks = self.full * (self.gone - size) / (self.gone - self.falls)
        part = np.where(size <= self.falls, np.minimum(size, self.full), np.maximum(sinks, 0.0))
        allowed: Floats = np.minimum(np.abs(pull), part * error)
        return allowed


BOUNDS = {
    Group.VOTER: Bound(full=2.5, falls=4.0, gone=7.0, least=0.8),
    Group.NETWORK: Bound(full=2.0, falls=3.0, gone=5.0, least=1.0),
    Group.DAY: Bound(full=2.5, falls=4.0, gone=6.0, least=1.2),
    Group.WEEK: Bound(full=2.0, falls=4.0, gone=6.0, least=2.0),
    Group.CLASS: Bound(full=1.0, falls=2.0, gone=4.0, least=4.0),
}
"""Chosen on the seeds 1, 2, 3 and 11 to 19 of the attack simulator."""

WITNESSED = {
    Group.WEEK: Bound(full=2.5, falls=4.0, gone=6.0, least=2.0),
    Group.CLASS: Bound(full=2.0, falls=3.0, gone=4.0, least=4.0),
}
"""The same for the class that is compared with witnesses, who are less certain."""


@dataclass(frozen=True, slots=True)
class Ballots:
    """Votes to be weighed, shape (votes,) each, in any order.

    Attributes:
        voter: numbers from 0; linked accounts are one voter.
        network: any numbers that name the network on that day; -1 where it is not known.
        day: whole days, any origin.
        a, b: the models' numbers.
        score: 1 where a won, 0 where b won, 1/2 for a tie and for both bad.
        lot: a random number from 0 to 1 for each vote that its voter cannot choose.
        earlier: counted votes of each voter before these, shape (voters,).
        shares: of the models in the battles that were drawn, shape (models,); their sum is 1.
    """

    voter: Indices
    network: Indices
    day: Indices
    a: Indices
    b: Indices
    score: Floats
    lot: Floats
    earlier: Floats
    shares: Floats

    @property
    def models(self) -> int:
        return len(self.shares)


@dataclass(frozen=True, slots=True)
class VoteWeights:
    """How much each vote counts, shape (votes,) each.

    `weight` is a multiple of 1 / `STEPS` from 0 to 1; `group` is the group that reduced it most,
    and `of_class` the class of its voter.
    """

    weight: Floats
    group: NDArray[np.int8]
    of_class: NDArray[np.int8]


def compute_weights(ballots: Ballots, board: PairTable | None = None) -> VoteWeights:
    """Weigh votes.

    Args:
        board: counts of older votes, which the classes are compared with, too.
    """
    classes = classify(ballots)
    course = _Course(ballots, np.ones(len(classes)), np.zeros(len(classes), dtype=np.int8))
    older = None if board is None or not board.total else Fit.of(board)
    witnesses = _witnesses(course, classes, older)
    fit = older
    joined = np.zeros(len(classes), dtype=bool)
    for of_class in reversed(Class):
        mine = classes == of_class
        if not mine.any():
            continue
        if fit is None:  # nobody to compare the first class with: its voters with one another
            fit = course.fit(mine, board)
        is_witnessed = of_class == Class.MANY_VOTES and len(witnesses) >= len(WITNESSES)
        course.compare(_middle(witnesses) if is_witnessed else Board.of(fit))
        bounds = BOUNDS | WITNESSED if is_witnessed else BOUNDS
        for group, keys in _groups(ballots, of_class, mine, is_witnessed=is_witnessed):
            course.bound(group, keys, bounds[group])
        joined |= mine
        fit = course.fit(joined, board, start=fit.strengths)
    steps = np.floor(course.weight * STEPS + ballots.lot) / STEPS
    steps = np.minimum(steps, 1.0)
    return VoteWeights(steps, np.where(steps < 1, course.group, 0), classes)


def classify(ballots: Ballots) -> NDArray[np.int8]:
    """The class of each vote's voter, shape (votes,)."""
    n, votes = ballots.models, len(ballots.voter)
    cast = np.bincount(ballots.voter, minlength=len(ballots.earlier))
    on = np.concatenate([ballots.voter * n + ballots.a, ballots.voter * n + ballots.b])
    cells, cell = np.unique(on, return_inverse=True)
    met = np.bincount(cell)
    expected = 2 * ballots.shares[cells % n] * cast[cells // n]
    sought = met >= 1 + expected + SEEKS * np.sqrt(expected)
    seeks = (sought & (met > 1))[cell]
    seeking = seeks[:votes] | seeks[votes:]
    total = (cast + ballots.earlier)[ballots.voter]
    conditions = [total <= ONE, (total <= SOME) & seeking, total <= SOME, seeking, total <= MANY]
    return np.select(conditions, list(Class)[:-1], Class.MANY_VOTES).astype(np.int8)


@dataclass(frozen=True, slots=True)
class Board:
    """Strengths in log-odds and their variances, shape (models,) each."""

    strengths: Floats
    variance: Floats

    @classmethod
    def of(cls, fit: Fit) -> Self:
        return cls(fit.strengths, np.maximum(np.diag(fit.prediction().covariance), 0.0))


def _witnesses(course: "_Course", classes: NDArray[np.int8], older: Fit | None) -> list[Board]:
    """The boards of the witnesses, which share no voter."""
    fits = [] if older is None else [older]
    for witness in WITNESSES:
        theirs = np.isin(classes, witness)
        if np.count_nonzero(theirs) >= WITNESS_VOTES * course.ballots.models:
            fits.append(course.fit(theirs, None))
    return [Board.of(fit) for fit in fits]


def _middle(boards: Sequence[Board]) -> Board:
    """The median board, model by model; of an even number the mean of the middle two."""
    strengths = np.array([board.strengths - board.strengths.mean() for board in boards])
    variance = np.array([board.variance for board in boards])
    order = np.argsort(strengths, axis=0)
    middle = order[(len(boards) - 1) // 2 : len(boards) // 2 + 1]
    return Board(*(np.take_along_axis(x, middle, 0).mean(axis=0) for x in (strengths, variance)))


def _groups(
    ballots: Ballots, of_class: Class, mine: NDArray[np.bool_], *, is_witnessed: bool
) -> Iterator[tuple[Group, Indices]]:
    """The groups of a class, each with the key of every vote: -1 for those in none."""

    def among(keys: Indices) -> Indices:
        return np.where(mine, keys, -1)

    if of_class >= Class.SEEKING:
        yield Group.VOTER, among(ballots.voter)
    day = ballots.day - ballots.day.min()
    if of_class < Class.MANY_VOTES:
        of_day = ballots.network * (day.max() + 1) + day
        yield Group.NETWORK, among(np.where(ballots.network >= 0, of_day, -1))
    if of_class < Class.MANY_VOTES or is_witnessed:
        yield Group.DAY, among(day)
        yield Group.WEEK, among(day // WEEK)
        yield Group.CLASS, among(np.zeros_like(day))


class _Course:
    """Weights while they are computed; they only fall. `group` reduced each most so far."""

    def __init__(self, ballots: Ballots, weight: Floats, group: NDArray[np.int8]) -> None:
        self.ballots = ballots
        self.weight = weight
        self.group = group
        self._taken = np.zeros(len(weight))
        self._judged = weight.copy()  # the weights by which a pull's size is judged
        self._names = [str(model) for model in range(ballots.models)]
        self._outcome = np.select([ballots.score == 1, ballots.score == 0], [0, 1], 2)

    def fit(
        self, chosen: NDArray[np.bool_], board: PairTable | None, *, start: Floats | None = None
    ) -> Fit:
        """The board of these votes as they are weighed now, and of the older ones."""
        a, b, outcome = (x[chosen] for x in (self.ballots.a, self.ballots.b, self._outcome))
        table = PairTable.from_votes(self._names, a, b, outcome, self.weight[chosen])
        if board is not None:
            table = together(board, table)
        return Fit.of(replace(table, squares=None), start=start)

    def compare(self, board: Board) -> None:
        """Compare all votes with this board from now on."""
        p = expit(board.strengths[self.ballots.a] - board.strengths[self.ballots.b])
        self._residual, self._variance = self.ballots.score - p, p * (1 - p)
        self._uncertain = board.variance

    def bound(self, group: Group, keys: Indices, bound: Bound) -> None:
        """Bound the pull of each group of votes with the same key; -1 is none."""
        n, chosen = self.ballots.models, np.flatnonzero(keys >= 0)
        chosen = chosen[_shared(keys[chosen])]
        if not len(chosen):
            return
        named, key = np.unique(keys[chosen], return_inverse=True)
        a, b = key * n + self.ballots.a[chosen], key * n + self.ballots.b[chosen]
        cells, cell = np.unique(np.concatenate([a, b]), return_inverse=True)
        at = cell[: len(chosen)], cell[len(chosen) :]
        weight, residual = self.weight[chosen], self._residual[chosen]
        up, down = np.maximum(residual, 0.0), np.maximum(-residual, 0.0)
        raised = _sums(at, (weight * up, weight * down), len(cells))
        lowered = _sums(at, (weight * down, weight * up), len(cells))
        cast = self._judged[chosen]
        judged = _sums(at, (cast * residual, -cast * residual), len(cells))
        variance = cast * self._variance[chosen]
        variance = _sums(at, (variance, variance), len(cells))
        # The group's votes on this model if it voted on all models as they are drawn.
        drawn = np.bincount(cells // n, variance, len(named))[cells // n]
        drawn *= self.ballots.shares[cells % n]
        variance = np.minimum(variance, np.maximum(drawn, LEAST))
        error = np.sqrt(variance + variance**2 * self._uncertain[cells % n])
        pull = raised - lowered
        excess = np.abs(pull) - bound.allowed(judged, error)
        left = np.clip(1 - excess / np.maximum(np.maximum(raised, lowered), 1e-9), 0.0, 1.0)
        sides = ((at[0], residual), (at[1], -residual))
        kept = [np.where(pull[where] * side > 0, left[where], 1.0) for where, side in sides]
        factor = np.minimum(*kept)
        most = factor < 1 - self._taken[chosen]
        self.group[chosen[most]] = group
        self._taken[chosen[most]] = 1 - factor[most]
        self.weight[chosen] = weight * factor
        if group <= Group.NETWORK:
            self._judged = self.weight.copy()


def _shared(keys: Indices) -> NDArray[np.bool_]:
    """Whether each vote is in a group of three or more."""
    _, key, count = np.unique(keys, return_inverse=True, return_counts=True)
    large: NDArray[np.bool_] = count[key] > 2
    return large


def _sums(at: tuple[Indices, Indices], values: tuple[Floats, Floats], cells: int) -> Floats:
    sums: Floats = sum(
        np.bincount(where, value, cells) for where, value in zip(at, values, strict=True)
    ) + np.zeros(cells)
    return sums


def together(table: PairTable, more: PairTable) -> PairTable:
    """The counts of two tables of the same models."""
    models: Sequence[str] = more.models
    first = np.concatenate([table.first, more.first])
    second = np.concatenate([table.second, more.second])
    cells = np.concatenate([table.cells, more.cells])
    pairs = np.repeat(np.arange(len(first)), 4)
    outcome = np.tile(np.arange(4), len(first))
    return PairTable.from_votes(models, first[pairs], second[pairs], outcome, cells.ravel())
