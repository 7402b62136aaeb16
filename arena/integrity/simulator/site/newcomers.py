"""Farms and honest crowds among ordinary days, as the test of newcomers sees them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from arena.integrity.simulator.site.days import Traffic, Votes, ordinary_days
from arena.integrity.simulator.site.farms import Farm, farm_votes, table_of
from arena.integrity.simulator.world import draw_outcomes, draw_pairs
from arena.integrity.statistics.board import UNKNOWN, predict
from arena.integrity.statistics.newcomers.betting import Change
from arena.integrity.statistics.newcomers.changes import find_changes
from arena.integrity.statistics.newcomers.crowd import Day, ties_of
from arena.integrity.statistics.newcomers.first_votes import FIRST, Cast, firsts, running
from arena.integrity.statistics.prediction import Floats, Prediction
from arena.integrity.statistics.weights.vote_weights import together
from ratings.engine import PairTable

ALPHA = 0.01
LIKED = 3
"""Models that a community likes, or dislikes, by `TASTE`."""
TASTE = 0.5
STEPS = 7
"""Halvings, by which the number of rigging votes until a farm is found is looked for."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the test of newcomers makes of a farm.

    `after` is how many rigging votes it took, None if it is not found; the others are shares: of
    the rigging votes and of the honest newcomers' votes that are held in the end, and of honest
    ones among the held, and their estimated share.
    """

    after: int | None
    held: float
    honest_held: float
    honest_share: float
    told_share: float


@dataclass(frozen=True, slots=True)
class NewcomersSite:
    """A site of some age after ordinary days.

    `before` are counts of earlier honest votes, `number` that of the first day on the site.
    """

    truth: Floats
    before: PairTable | None
    votes: Votes
    days: Sequence[Day]

    @classmethod
    def of(
        cls, truth: Floats, traffic: Traffic, *, seed: int, before: int, number: int
    ) -> "NewcomersSite":
        """A site of this traffic, after so many earlier honest votes."""
        rng = np.random.default_rng([seed, 3])
        table = None
        if before:
            a, b = draw_pairs(len(truth), before, rng)
            names = [str(model) for model in range(len(truth))]
            table = PairTable.from_votes(names, a, b, draw_outcomes(truth[a] - truth[b], rng))
        votes = ordinary_days(truth, traffic, rng)
        return cls(truth, table, votes, _days(votes, table, len(truth), number))

    def attacked(self, farm: Farm, votes: int, *, target: int, seed: int) -> Found:
        """What is found of so many votes of a farm."""
        rng = np.random.default_rng([seed, 4])
        last = float(self.votes.at.max()) - 0.5
        rigged = farm_votes(farm, self.truth, target, votes, rng, last=last)
        order = np.argsort(rigged.at, kind="stable")
        all_votes = self.votes.with_(rigged)
        changes, kept = self._find(all_votes)
        if not changes:
            return Found(None, 0.0, 0.0, 0.0, 0.0)
        at = rigged.at[order]
        low, high = 0, votes  # found after `high`, not after `low`
        for _ in range(STEPS):
            middle = (low + high) // 2
            if self._find(all_votes, until=float(at[middle - 1]))[0]:
                high = middle
            else:
                low = middle
        held = np.zeros(len(kept.at), dtype=bool)
        for change in changes:
            held[change.votes] = True
        honest = ~kept.rigged
        new = honest & (running(kept.voter) < FIRST)
        honest_share = float(honest[held].mean())
        estimated = sum(change.honest for change in changes) / int(held.sum())
        return Found(
            high, float(held[~honest].mean()), float(held[new].mean()), honest_share, estimated
        )

    def visited(self, more: Votes) -> list[Change]:
        """What is found if these visit as well, whose votes are part of every day's board."""
        votes = self.votes.with_(more)
        days = _days(votes, self.before, len(self.truth), self.days[0].number)
        return self._find(votes, days=days)[0]

    def _find(
        self, votes: Votes, *, until: float = np.inf, days: Sequence[Day] | None = None
    ) -> tuple[list[Change], Votes]:
        """What is found in the votes until then, and these in the order of time."""
        kept = _chosen(votes, np.argsort(votes.at, kind="stable"))
        kept = _chosen(kept, np.flatnonzero(kept.at <= until))
        day = kept.at.astype(np.intp)
        score = np.array([1.0, 0.0, 0.5, 0.5])[kept.outcome]
        cast = Cast(np.arange(len(day)), kept.voter, day, kept.a, kept.b, score)
        new = firsts(cast, np.zeros(int(kept.voter.max()) + 1))
        return find_changes(new, (days or self.days)[: int(day.max()) + 1], ALPHA), kept


def community(
    truth: Floats, traffic: Traffic, rng: np.random.Generator, *, times: int = 10
) -> Votes:
    """On some day, so many times the guests of a day, who like or dislike three models.

    Of each four such communities one is sharper than others, and one sees half of the differences
    and casts a fifth of its votes without looking.
    """
    visits = ordinary_days(truth, Traffic(guests=times * traffic.guests, members=0, days=1), rng)
    taste = np.zeros(len(truth))
    taste[rng.choice(len(truth), LIKED, replace=False)] = TASTE * rng.choice([-1, 1], LIKED)
    contrast, lapse = [(1.0, 0.0), (1.0, 0.0), (1.2, 0.0), (0.5, 0.2)][rng.integers(4)]
    seen = contrast * (truth[visits.a] - truth[visits.b]) + taste[visits.a] - taste[visits.b]
    seen = np.where(rng.random(len(seen)) < lapse, 0.0, seen)
    day = rng.integers(1, traffic.days)
    return replace(visits, at=visits.at + day, outcome=draw_outcomes(seen, rng))


def _chosen(votes: Votes, places: np.ndarray[tuple[int], np.dtype[np.intp]]) -> Votes:
    columns = {name: getattr(votes, name)[places] for name in Votes.__dataclass_fields__}
    return Votes(**columns)


def _days(votes: Votes, before: PairTable | None, models: int, number: int) -> list[Day]:
    """What votes of each day are compared with; every pair is drawn alike."""
    order = np.argsort(votes.at, kind="stable")
    established = np.zeros(len(order), dtype=bool)
    established[order] = running(votes.voter[order]) >= FIRST
    drawn = np.ones((models, models))
    days = []
    for day in range(int(votes.at.max()) + 1):
        table = table_of(_chosen(votes, np.flatnonzero(established & (votes.at < day))), models)
        if before is not None:
            table = together(before, table)
        board, ties = Prediction(np.zeros(models), UNKNOWN**2 * np.eye(models)), 1.0
        if table.total:
            board = predict(table)
            difference = board.strengths[table.first] - board.strengths[table.second]
            cells = table.cells
            ties = ties_of(difference, cells.sum(axis=1), cells[:, 2:].sum(axis=1))
        days.append(Day(board, ties, number + day, drawn))
    return days
