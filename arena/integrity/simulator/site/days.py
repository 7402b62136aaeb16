"""Ordinary days of an arena: guests who cast a vote or two and never return, and members."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from arena.integrity.simulator.world import A, B, Outcomes, draw_outcomes, draw_pairs
from arena.integrity.statistics.prediction import Floats, Indices
from arena.integrity.statistics.weights.vote_weights import Ballots

FORTNIGHT = 14

GUEST_VOTES = ((0.7, 1, 2), (0.25, 3, 10), (0.05, 11, 50))
"""Shares of the guests, and the fewest and most votes that they cast."""

MEMBER_VOTES = 10
"""Votes of a member on a day."""

ALONE, SMALL, MIDDLE = 0.85, 0.1, 0.04
"""Shares of the voters alone in their network, in one of 2 to 10, and in one of 11 to 150; the
others are in the one large network of a university or carrier."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """Visitors of a day."""

    guests: int
    members: int
    days: int = FORTNIGHT


ESTABLISHED = Traffic(guests=2000, members=300)
YOUNG = Traffic(guests=200, members=30)


@dataclass(frozen=True, slots=True)
class Votes:
    """Votes in any order, shape (votes,) each.

    `at` is when, in days; `network` numbers the networks, `opened` counts the battles opened for
    the vote, and `rigged` is the truth. `earlier` counts the votes that the voter cast before these
    days.
    """

    voter: Indices
    at: Floats
    network: Indices
    a: Indices
    b: Indices
    outcome: Outcomes
    opened: Floats
    rigged: NDArray[np.bool_]
    earlier: Indices

    def chosen(self, mask: NDArray[np.bool_]) -> "Votes":
        """Some of these votes."""
        return Votes(**{field.name: getattr(self, field.name)[mask] for field in fields(self)})

    def with_(self, other: "Votes") -> "Votes":
        """These votes and others, whose voters and networks are none of these."""
        joined = {
            field.name: np.concatenate([getattr(self, field.name), getattr(other, field.name)])
            for field in fields(self)
        }
        voters, networks = int(self.voter.max()) + 1, int(self.network.max()) + 1
        joined["voter"][len(self.voter) :] += voters
        joined["network"][len(self.network) :] += networks
        return Votes(**joined)

    def inside(self, network: int) -> "Votes":
        """The same votes, all from one network."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return Votes(**values | {"network": np.full(len(self.voter), network)})

    def ballots(self, models: int, rng: np.random.Generator) -> Ballots:
        score = np.select([self.outcome == A, self.outcome == B], [1.0, 0.0], 0.5)
        earlier = np.zeros(int(self.voter.max()) + 1)
        earlier[self.voter] = self.earlier
        return Ballots(
            voter=self.voter,
            network=self.network,
            day=self.at.astype(np.intp),
            a=self.a,
            b=self.b,
            score=score,
            lot=rng.random(len(score)),
            earlier=earlier,
            shares=np.full(models, 1 / models),
        )


def ordinary_days(truth: Floats, traffic: Traffic, rng: np.random.Generator) -> Votes:
    """Honest votes of all days; guests are new every day."""
    voter, at, network = [], [], []
    guests = traffic.guests
    for day in range(traffic.days):
        votes = _guest_votes(guests, rng)
        voter.append(np.repeat(day * guests + np.arange(guests), votes))
        network.append(np.repeat(_networks(day, guests, rng), votes))
        at.append(day + rng.random(int(votes.sum())))
    members = traffic.days * guests + np.arange(traffic.members)
    for day in range(traffic.days):
        voter.append(np.repeat(members, MEMBER_VOTES))
        network.append(np.repeat(_HOME + members, MEMBER_VOTES))
        at.append(day + rng.random(traffic.members * MEMBER_VOTES))
    total = sum(len(part) for part in voter)
    a, b = draw_pairs(len(truth), total, rng)
    _, numbered = np.unique(np.concatenate(network), return_inverse=True)
    return Votes(
        voter=np.concatenate(voter),
        at=np.concatenate(at),
        network=numbered,
        a=a,
        b=b,
        outcome=draw_outcomes(truth[a] - truth[b], rng),
        opened=np.full(total, 1 / 0.7),
        rigged=np.zeros(total, dtype=bool),
        earlier=np.zeros(total, dtype=np.intp),
    )


_HOME = 10**9  # first number of networks with one voter


def _guest_votes(guests: int, rng: np.random.Generator) -> Indices:
    shares = np.array([share for share, _, _ in GUEST_VOTES])
    kind = rng.choice(len(GUEST_VOTES), guests, p=shares)
    fewest, most = (np.array([kind_[i] for kind_ in GUEST_VOTES])[kind] for i in (1, 2))
    return rng.integers(fewest, most + 1)


def _networks(day: int, guests: int, rng: np.random.Generator) -> Indices:
    """The network of each guest of a day: those of several are the same every day."""
    where = rng.random(guests)
    small = 1 + rng.integers(0, max(1, guests // 2), guests)
    middle = 10**6 + rng.integers(0, max(1, guests // 50), guests)
    alone = 2 * _HOME + day * guests + np.arange(guests)
    bounds = np.cumsum([ALONE, SMALL, MIDDLE])
    return np.select([where < bound for bound in bounds], [alone, small, middle], 0)
