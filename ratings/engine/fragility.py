"""How few votes carry the top of a board, and how much each voter moves it.

Huang et al. 2025, arXiv 2508.11847: dropping two of 57,477 public votes changed the top model.
They find the votes by AMIP (Broderick et al. 2020, arXiv 2011.14999): one Newton step tells the
influence of each vote on the gap, and the most influential are dropped first. Here that count is
only the start: every answer is confirmed by an exact refit, and the search goes on from the
refitted ratings for a smaller set. It remains an upper bound, "no smaller set was found", but for
a single vote: where few are found, each of the `SINGLES` most influential is tried by itself.

Any model may be the one that passes the first: the second one has the smallest gap, but one with
fewer votes may be moved more easily. By influence each gets a count. Those whose count is not far
above the least found are searched; so are those with few votes, whose count says little, for where
a good part of a model's votes goes, influence is not what one step tells.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from ratings.engine.bradley_terry import (
    DEFAULT,
    inverse_hessian,
    points_per_logit,
    solve,
)
from ratings.engine.cells import CellModel, StyledTable
from ratings.engine.conventions import Conventions
from ratings.engine.priors import Marks, meetings
from ratings.engine.tables import OUTCOMES, Floats, Indices, PairTable

SCORES = np.array([1.0, 0.0, 0.5, 0.5])
ROUNDS = 4
SINGLES = 20  # tried one by one
NEAR = 1.5  # times the least count found, and
NEARBY = 3  # votes more: who is expected to need more is not searched
STEADY = 0.1  # if that count is at most this share of its votes
STYLED = 12  # models searched where style is controlled, which takes longer
FEW = 3  # votes: if so few or fewer are expected to do, a single one may
SECANTS = 8
BELOW = 1e-9  # log-odds by which the second must be above the first to have passed it


@dataclass(frozen=True, slots=True)
class Fragility:
    """The fewest votes found whose removal puts another model above the first.

    `second` is the model that passes it. `votes` is None, with `reason`, where no removal was found
    to do so; then it is the one with the next highest rating. `gap` is how far it is behind, in
    points. `predicted` is the count by influence alone. `removed` lists (model a, model b, outcome,
    votes); where style is controlled, `cells` has the style cell of each of these rows.
    """

    first: str
    second: str
    gap: float
    votes: int | None
    share: float | None
    predicted: int | None
    removed: tuple[tuple[str, str, str, int], ...]
    reason: str = ""
    cells: tuple[int, ...] = ()


def fragility(table: PairTable, conventions: Conventions = DEFAULT) -> Fragility | None:
    """The smallest set of votes found that carries the first place.

    The first is the model with the highest rating of those that are not preliminary, if any. Only
    models with votes take part; None if there is no other. A model tied with
    the first to a millionth of a point passes it without any: `votes` is 0.
    """
    table = table.in_order()  # so that it answers alike, whatever order the table is in
    return _found(_Plain(table, conventions))


def styled_fragility(styled: StyledTable, conventions: Conventions = DEFAULT) -> Fragility | None:
    """`fragility` of ratings with style held equal.

    A vote that is removed has the mean style of its pair and range, as the fit gives it.
    """
    return _found(_Styled(styled.in_order(), conventions))


class _Votes(Protocol):
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

    def rivals(self, first: int, others: list[int]) -> "list[_Rival]":
        """Models that may pass the first, those that seem to need the fewest votes first."""
        ...


class _Plain:
    def __init__(self, table: PairTable, conventions: Conventions) -> None:
        self.table, self.conventions = table, conventions
        self.counts = table.cells

    @cached_property
    def whole(self) -> "_Whole":
        return _Whole.of(self.table, self.conventions)

    @property
    def preliminary(self) -> NDArray[np.bool_]:
        return _marked(self.whole.marks)

    def strengths(self, removed: Floats) -> Floats:
        if not removed.any():
            return self.whole.strengths
        return solve(self._rest(removed), self.conventions)[0]

    def influence(self, removed: Floats, first: int, second: int) -> tuple[Floats, float]:
        table = self.table
        fit = _Whole.of(self._rest(removed), self.conventions) if removed.any() else self.whole
        strengths = fit.strengths
        lever = fit.bread[first] - fit.bread[second]
        p = expit(strengths[table.first] - strengths[table.second])
        along = lever[table.first] - lever[table.second]
        influence = (SCORES - p[:, None]) * along[:, None]
        return influence, float(strengths[first] - strengths[second])

    def rivals(self, first: int, others: list[int]) -> "list[_Rival]":
        return self.whole.rivals(self.table, first, others)

    def _rest(self, removed: Floats) -> PairTable:
        return self.table.with_cells(self.counts - removed)


class _Styled:
    def __init__(self, styled: StyledTable, conventions: Conventions) -> None:
        self.model = CellModel.of(styled, conventions)
        self.table, self.conventions = self.model.table, conventions
        self.counts = styled.counts
        self._parameters = self.model.fitted(self.model.start())  # the last fit is near the next

    @property
    def preliminary(self) -> NDArray[np.bool_]:
        return _marked(self.model.prior.marks)

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

    def rivals(self, first: int, others: list[int]) -> "list[_Rival]":
        whole = _Whole.of(self.table, self.conventions)
        return whole.rivals(self.table, first, others)[:STYLED]


class _Rival(NamedTuple):
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
class _Whole:
    """Fitted strengths, shape (models,), the inverse Hessian there, and the marks."""

    strengths: Floats
    bread: Floats
    marks: Marks

    @classmethod
    def of(cls, table: PairTable, conventions: Conventions) -> Self:
        strengths, prior = solve(table, conventions)
        return cls(strengths, inverse_hessian(table, strengths, prior, conventions), prior.marks)

    def rivals(self, table: PairTable, first: int, others: list[int]) -> list[_Rival]:
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
            rivals.append(_Rival(other, least, min(played[first], played[other])))
        return sorted(rivals, key=lambda rival: rival.least)


def _marked(marks: Marks) -> NDArray[np.bool_]:
    return np.array([bool(reasons) for reasons in marks], dtype=bool)


def _found(votes: _Votes) -> Fragility | None:
    table = votes.table
    rated = np.flatnonzero(meetings(table) > 0).tolist()
    if len(rated) < 2:
        return None
    points = points_per_logit(votes.conventions)
    strengths = votes.strengths(np.zeros_like(votes.counts))
    first, second, *others = sorted(rated, key=lambda i: (-strengths[i], table.models[i]))
    if votes.conventions.overtakers == "all":
        # A preliminary model that is rated higher does not rank first.
        ranking = [model for model in rated if not votes.preliminary[model]] or [first]
        first = min(ranking, key=lambda i: (-strengths[i], table.models[i]))
        below = [i for i in (second, *others) if i != first and strengths[i] <= strengths[first]]
        if not below:
            return None
        second, *others = below
    gap = points * float(strengths[first] - strengths[second])
    if gap < 1e-6:
        return Fragility(table.models[first], table.models[second], gap, 0, 0.0, 0, ())
    rivals = [_Rival(second, 0.0, 0.0)]
    if votes.conventions.overtakers == "all":
        rivals = votes.rivals(first, [second, *others])
    overtaken = _least(votes, first, rivals)
    if overtaken.removed is None:
        reason = "Without all the votes that favour it, the first model still is not below."
        names, predicted = (table.models[first], table.models[second]), overtaken.predicted
        return Fragility(*names, gap, None, None, predicted, (), reason)
    second, count, removed = overtaken.rival, overtaken.count, overtaken.removed
    filled = np.argwhere(removed > 0).tolist()
    listed = tuple(
        (
            table.models[table.first[pair]],
            table.models[table.second[pair]],
            OUTCOMES[outcome],
            int(np.ceil(removed[pair, *cell, outcome])),
        )
        for pair, *cell, outcome in filled
    )
    return Fragility(
        table.models[first],
        table.models[second],
        points * float(strengths[first] - strengths[second]),
        count,
        count / table.total,
        overtaken.predicted,
        listed,
        cells=tuple(place[1] for place in filled if len(place) == 3),
    )


@dataclass(frozen=True, slots=True)
class _Overtaken:
    """The least votes found without which a rival passes the first; `removed` is None if none."""

    rival: int
    predicted: int | None
    count: int
    removed: Floats | None


def _least(votes: _Votes, first: int, rivals: list[_Rival]) -> _Overtaken:
    none = np.zeros_like(votes.counts)
    searches: list[tuple[float, _Rival, _Search, _Path]] = []
    nearest = np.inf
    for rival in rivals:
        if rival.is_far(rival.least, nearest):
            continue
        search = _Search(votes, first, rival.model)
        path = search.path(none)
        predicted = np.inf if path.predicted is None else path.predicted
        nearest = min(nearest, predicted)
        searches.append((predicted, rival, search, path))
    searches.sort(key=lambda found: found[0])
    best = _Overtaken(rivals[0].model, searches[0][3].predicted, 0, None)
    for predicted, rival, search, path in searches:
        known = best.count if best.removed is not None else None
        if known is not None and (known == 1 or rival.is_far(predicted, known)):
            continue
        found = search.least(path, below=known)
        if found is not None:
            best = _Overtaken(search.second, path.predicted, *found)
    return best


@dataclass(frozen=True, slots=True)
class _Path:
    """Cells in the order in which their votes are dropped, and the count expected to do."""

    cells: Indices
    predicted: int | None


class _Search:
    def __init__(self, votes: _Votes, first: int, second: int) -> None:
        self.votes, self.first, self.second = votes, first, second
        self.flat = votes.counts.ravel()
        self.gap = self._gap(np.zeros_like(votes.counts))

    def path(self, removed: Floats) -> _Path:
        """Rank the cells by influence on the gap, at the ratings without the removed votes."""
        told, gap = self.votes.influence(removed, self.first, self.second)
        influence = told.ravel()
        order = np.flatnonzero((influence > 0) & (self.flat > 0))
        order = order[np.argsort(-influence[order], kind="stable")]
        closed = np.cumsum(influence[order] * self.flat[order])
        cell = int(np.searchsorted(closed, gap, side="right"))
        predicted = None
        if cell < len(order):
            before = closed[cell - 1] if cell else 0.0
            whole = self.flat[order[:cell]].sum()
            predicted = int(whole + np.floor((gap - before) / influence[order[cell]])) + 1
        return _Path(order, predicted)

    def least(self, path: _Path, *, below: int | None) -> tuple[int, Floats] | None:
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

    def shortest(self, path: _Path, expected: int | None) -> tuple[int, Floats] | None:
        """The least votes along the path whose removal flips the two, and these votes."""
        limit = int(np.ceil(self.flat[path.cells].sum()))
        low, high = (0, self.gap), min(limit, max(1, expected or limit))
        while (gap := self._gap(self._removed(path, high))) >= -BELOW:
            if high == limit:
                return None
            low, high = (high, gap), min(limit, high + high // 2 + 1)
        return self._between(path, low, (high, gap))

    def shorter(self, path: _Path, known: int) -> tuple[int, Floats] | None:
        """As `shortest`, if it is less than a known count."""
        gap = self._gap(self._removed(path, known - 1))
        if gap >= -BELOW:
            return None
        return self._between(path, (0, self.gap), (known - 1, gap))

    def _between(
        self, path: _Path, low: tuple[int, float], high: tuple[int, float]
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

    def single(self, path: _Path, expected: int | None) -> tuple[int, Floats] | None:
        """One vote whose removal flips the two, if few are expected and an influential one does."""
        if expected is None or expected > FEW:
            return None
        for cell in path.cells[:SINGLES]:
            removed = np.zeros_like(self.flat)
            removed[cell] = min(1.0, self.flat[cell])
            if self._gap(self._shaped(removed)) < -BELOW:
                return 1, self._shaped(removed)
        return None

    def _removed(self, path: _Path, votes: int) -> Floats:
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
    strengths, prior = solve(table, conventions)
    rated = np.flatnonzero(["no votes" not in reasons for reasons in prior.marks])
    leaders = rated[np.argsort(-strengths[rated], kind="stable")[:top]]
    bread = points_per_logit(conventions) * inverse_hessian(table, strengths, prior, conventions)
    bread -= prior.average @ bread
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
    with_them, _ = solve(table, conventions)
    without, _ = solve(table.with_cells(np.maximum(rest, 0.0)), conventions)
    return points_per_logit(conventions) * (with_them - without)
