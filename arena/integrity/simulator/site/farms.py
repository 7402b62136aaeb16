"""Farms: many accounts of one rigger that each cast few votes, and what they move.

The votes go through `arena.integrity.statistics.weights.vote_weights` as the site's do, among those
of ordinary days, and the board is fitted from what is left of them.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arena.integrity.simulator.site.days import (
    FORTNIGHT,
    Traffic,
    Votes,
    ordinary_days,
)
from arena.integrity.simulator.voters.attacks import CLASSIFIER
from arena.integrity.simulator.world import (
    BOTH_BAD,
    TIE,
    A,
    B,
    Moved,
    Outcomes,
    draw_outcomes,
    draw_pairs,
)
from arena.integrity.statistics.prediction import Floats, Indices
from arena.integrity.statistics.weights.vote_weights import compute_weights
from ratings.engine import Leaderboard, PairTable, fit

COUNTS = 0.9
"""A vote with at least this weight counts."""

Opponents = Callable[[Floats, int], NDArray[np.bool_]]


def _any(truth: Floats, target: int) -> NDArray[np.bool_]:
    others: NDArray[np.bool_] = np.arange(len(truth)) != target
    return others


def _stronger(truth: Floats, target: int) -> NDArray[np.bool_]:
    stronger: NDArray[np.bool_] = truth > truth[target]
    return stronger


def _top_ten(truth: Floats, target: int) -> NDArray[np.bool_]:
    return _stronger(truth, target) & (np.argsort(np.argsort(-truth)) < 10)


@dataclass(frozen=True, slots=True)
class Farm:
    """A way to rig by many accounts.

    `each` account casts so many votes within a time of its own; all of them within `days`, which
    end with the last day but one, from `networks` networks (0: one each). The target's battles
    against `opponents` end as `outcome` says, as seen from the target; None is honest unless the
    target loses, and then a tie. A share `filler` of the votes are honest ones on any battle. The
    farm recognises its target in a share `classifier` of the battles.
    """

    each: int = 1
    days: float = 1.0
    networks: int = 0
    outcome: int | None = A
    opponents: Opponents = _any
    filler: float = 0.0
    classifier: float = CLASSIFIER


FARMS = {
    "one network, an hour": Farm(networks=1, days=0.04),
    "one network, a fortnight": Farm(networks=1, days=FORTNIGHT - 1),
    "five networks, a day": Farm(networks=5),
    "twenty networks, a day": Farm(networks=20),
    "twenty networks, a fortnight": Farm(networks=20, days=FORTNIGHT - 1),
    "nothing shared, an hour": Farm(days=0.04),
    "nothing shared, a day": Farm(),
    "nothing shared, a fortnight": Farm(days=FORTNIGHT - 1),
    "2 votes, a fortnight": Farm(each=2, days=FORTNIGHT - 1),
    "3 votes, a fortnight": Farm(each=3, days=FORTNIGHT - 1),
    "5 votes, a day": Farm(each=5),
    "5 votes, a fortnight": Farm(each=5, days=FORTNIGHT - 1),
    "5 votes, one network": Farm(each=5, networks=1),
    "3 votes, 1 rigged": Farm(each=3, days=FORTNIGHT - 1, filler=2 / 3),
    "20 votes, 10 rigged": Farm(each=20, days=FORTNIGHT - 1, filler=0.5),
    "1 vote, ties with the top ten": Farm(days=FORTNIGHT - 1, outcome=TIE, opponents=_top_ten),
    "1 vote, ties with stronger models": Farm(days=FORTNIGHT - 1, outcome=TIE, opponents=_stronger),
    "5 votes, ties with stronger models": Farm(
        each=5, days=FORTNIGHT - 1, outcome=TIE, opponents=_stronger
    ),
    "1 vote, ties instead of losses": Farm(days=FORTNIGHT - 1, outcome=None),
    "1 vote, both bad with stronger models": Farm(
        days=FORTNIGHT - 1, outcome=BOTH_BAD, opponents=_stronger
    ),
    "1 vote, demotion": Farm(days=FORTNIGHT - 1, outcome=B),
}


def farm_votes(
    farm: Farm, truth: Floats, target: int, votes: int, rng: np.random.Generator, *, last: float
) -> Votes:
    """The votes of a farm; the last of them at `last`, in days."""
    account = np.arange(votes) // farm.each
    accounts = int(account[-1]) + 1
    networks = (
        np.arange(accounts) if not farm.networks else rng.integers(0, farm.networks, accounts)
    )
    began = np.maximum(last - farm.days * rng.random(accounts), 0.0)
    a, b, outcome, filler = _rigged(farm, truth, target, votes, rng)
    sought = len(truth) / 2 * (len(truth) - 1) / np.count_nonzero(farm.opponents(truth, target))
    flipped = rng.random(votes) < 0.5
    turned = np.select([outcome == A, outcome == B], [B, A], outcome).astype(np.int8)
    return Votes(
        voter=account,
        at=np.minimum(began[account] + 0.01 * rng.random(votes), last),
        network=networks[account],
        a=np.where(flipped, b, a),
        b=np.where(flipped, a, b),
        outcome=np.where(flipped, turned, outcome),
        opened=np.where(filler, 1.0, sought),
        rigged=np.ones(votes, dtype=bool),
        earlier=np.zeros(votes, dtype=np.intp),
    )


def _rigged(
    farm: Farm, truth: Floats, target: int, votes: int, rng: np.random.Generator
) -> tuple[Indices, Indices, Outcomes, NDArray[np.bool_]]:
    """Models and outcomes of the votes, the target first, and which of them are fillers."""
    opponents = np.flatnonzero(farm.opponents(truth, target))
    a, b = np.full(votes, target), rng.choice(opponents, votes)
    honest = draw_outcomes(truth[a] - truth[b], rng)
    planned = np.full(votes, farm.outcome) if farm.outcome is not None else honest.copy()
    if farm.outcome is None:
        planned[planned == B] = TIE
    outcome = np.where(rng.random(votes) < farm.classifier, planned, honest).astype(np.int8)
    filler = rng.random(votes) < farm.filler
    other_a, other_b = draw_pairs(len(truth), votes, rng)
    a, b = np.where(filler, other_a, a), np.where(filler, other_b, b)
    any_outcome = draw_outcomes(truth[a] - truth[b], rng)
    return a, b, np.where(filler, any_outcome, outcome), filler


@dataclass(frozen=True, slots=True)
class FarmFigures:
    """What a farm moves, in ranks and rating points, without and with weights; and at what cost.

    `counted` is the share of the honest votes that count, `newcomers` that of voters with up to
    five votes; `opened`, `accounts` are what it took, `held` is the share of the farm's votes that
    reached no board.
    """

    plain: Moved
    weighed: Moved
    counted: float
    newcomers: float
    opened: int
    accounts: int
    held: float = 0.0


@dataclass(frozen=True, slots=True)
class Site:
    """A site after ordinary days: its honest votes, their weights, and its boards."""

    truth: Floats
    votes: Votes
    weight: Floats
    plain: Leaderboard
    weighed: Leaderboard

    @classmethod
    def of(cls, truth: Floats, traffic: Traffic, *, seed: int) -> "Site":
        votes = ordinary_days(truth, traffic, np.random.default_rng([seed, 0]))
        weight = weigh(votes, len(truth), seed)
        plain, weighed = (fit(table_of(votes, len(truth), given)) for given in (None, weight))
        return cls(truth, votes, weight, plain, weighed)

    def attacked(self, farm: Farm, votes: int, *, target: int, seed: int) -> FarmFigures:
        """The figures of so many votes of a farm."""
        rigged = self.farmed(farm, votes, target=target, seed=seed)
        return self.joined(rigged, target=target, seed=seed)

    def farmed(self, farm: Farm, votes: int, *, target: int, seed: int) -> Votes:
        """So many votes of a farm, which ends half a day before the last honest vote."""
        rng = np.random.default_rng([seed, 1])
        last = float(self.votes.at.max()) - 0.5
        return farm_votes(farm, self.truth, target, votes, rng, last=last)

    def joined(self, more: Votes, *, target: int, seed: int) -> FarmFigures:
        """The figures with more votes, of a farm or of honest voters."""
        together, models = self.votes.with_(more), len(self.truth)
        weight = weigh(together, models, seed)
        honest, few = ~together.rigged, np.bincount(together.voter)[together.voter] <= 5
        return FarmFigures(
            plain=self.moved_by(more, target=target, seed=seed, weighed=False),
            weighed=_moved(self.weighed, fit(table_of(together, models, weight)), target),
            counted=float(np.mean(weight[honest] >= COUNTS)),
            newcomers=float(np.mean(weight[honest & few] >= COUNTS)),
            opened=round(more.opened.sum()),
            accounts=len(np.unique(more.voter)),
        )

    def moved_by(self, more: Votes, *, target: int, seed: int, weighed: bool) -> Moved:
        """How far more votes move the target, all alike or weighed as on the site."""
        if not len(more.voter):
            return 0, 0.0
        together, models = self.votes.with_(more), len(self.truth)
        weight = weigh(together, models, seed) if weighed else None
        before = self.weighed if weighed else self.plain
        return _moved(before, fit(table_of(together, models, weight)), target)


def table_of(votes: Votes, models: int, weight: Floats | None = None) -> PairTable:
    """The counts of votes."""
    names = [str(model) for model in range(models)]
    return PairTable.from_votes(names, votes.a, votes.b, votes.outcome, weight)


def weigh(votes: Votes, models: int, seed: int) -> Floats:
    """How much each vote counts, by lots of this seed."""
    return compute_weights(votes.ballots(models, np.random.default_rng([seed, 2]))).weight


def models_above(board: Leaderboard, target: int) -> int:
    """How many models have a higher rating."""
    return int((board.ratings > board.ratings[target]).sum())


def _moved(before: Leaderboard, after: Leaderboard, target: int) -> Moved:
    ranks = models_above(before, target) - models_above(after, target)
    return ranks, float(after.ratings[target] - before.ratings[target])
