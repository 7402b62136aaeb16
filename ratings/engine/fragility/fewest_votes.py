"""Find how few votes carry the first place of a board.

Huang et al. 2025, arXiv 2508.11847: dropping two of 57,477 public votes changed the top model.
They find the votes by AMIP (Broderick et al. 2020, arXiv 2011.14999): one Newton step gives the
influence of each vote on the gap, and the most influential are dropped first. Here that count is
only the start: every answer is confirmed by an exact refit, and the search goes on from the
refitted ratings for a smaller set. The result is an upper bound ("no smaller set was found"),
except for a single vote: where few are found, each of the `SINGLES` most influential is tried.

Any model may pass the first. The second has the smallest gap, but one with fewer votes may be
easier to move. Each model gets a count by influence; those whose count is not far above the least
found are searched. So are those with few votes, whose count says little: influence is a first-order
estimate, which is wrong where a good part of a model's votes is removed.
"""

from dataclasses import dataclass

import numpy as np

from ratings.engine.bradley_terry import DEFAULT, points_per_logit
from ratings.engine.conventions import Conventions
from ratings.engine.fragility.counts import PlainCounts, RemovableVotes, Rival, StyledCounts
from ratings.engine.fragility.search import RemovalPath, Search
from ratings.engine.priors import meetings
from ratings.engine.style.table import StyledTable
from ratings.engine.tables import OUTCOMES, Floats, PairTable


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
    return _found(PlainCounts(table, conventions))


def styled_fragility(styled: StyledTable, conventions: Conventions = DEFAULT) -> Fragility | None:
    """`fragility` of ratings with style held equal.

    A vote that is removed has the mean style of its pair and range, as the fit gives it.
    """
    return _found(StyledCounts(styled.in_order(), conventions))


def _found(votes: RemovableVotes) -> Fragility | None:
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
    rivals = [Rival(second, 0.0, 0.0)]
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


def _least(votes: RemovableVotes, first: int, rivals: list[Rival]) -> _Overtaken:
    none = np.zeros_like(votes.counts)
    searches: list[tuple[float, Rival, Search, RemovalPath]] = []
    nearest = np.inf
    for rival in rivals:
        if rival.is_far(rival.least, nearest):
            continue
        search = Search(votes, first, rival.model)
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
