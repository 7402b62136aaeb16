"""What an attack costs: the votes it needs to move its target so far, and what those take.

The votes are sought in the simulator: first on a grid, then between two of its points. Votes that
weigh less the more of them there are need not move the target further; so each goal takes the first
point of the grid that reaches it, and nothing is concluded from the last one alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, replace
from math import sqrt
from statistics import mean

import numpy as np
from numpy.typing import NDArray

from arena.integrity.simulator.site.days import FORTNIGHT, Votes
from arena.integrity.simulator.site.farms import models_above
from arena.integrity.simulator.site.gangs import Town
from arena.voters.throttling.price import (
    DAY,
    MONTH,
    VOTES,
    Allowance,
    Count,
    Newcomers,
    leaves_most,
    work_of,
)

GRID = (30, 100, 300, 1_000, 3_000, 10_000, 20_000)
"""Rigging votes that are tried first; the last is the most that are searched."""

PRECISE = 1.1
"""The search ends where the votes are known within this factor."""

POINTS = 10.0
GOALS = ("10 points", "one rank", "first place")


@dataclass(frozen=True, slots=True)
class Effort:
    """What so many votes take: battles opened, accounts from so many networks, and iterations of
    PBKDF2 for proofs of work, before (none, for patient riggers) and after."""

    votes: int
    opened: int
    accounts: int
    networks: int
    iterations: float

    @classmethod
    def mean(cls, efforts: Sequence["Effort"]) -> "Effort":
        """Of several worlds."""
        return cls(*(round(mean(values)) for values in zip(*map(astuple, efforts), strict=True)))


@dataclass(frozen=True, slots=True)
class Prices:
    """In US dollars: of a gigabyte through rotating residential proxies, of a fixed address for a
    month, and of an hour of one core; what one opened battle loads, and what the core computes."""

    gigabyte: float = 4.0
    address: float = 2.0
    core_hour: float = 0.04
    megabytes: float = 0.2
    iterations_a_second: float = 5e6

    def seconds(self, effort: Effort) -> float:
        """Of one core, for the proofs of work."""
        return effort.iterations / self.iterations_a_second

    def money(self, effort: Effort) -> float:
        """For proxies: fixed addresses, one for each network, or rotating ones, whichever are
        cheaper; and for the proofs of work."""
        rotating = effort.opened * self.megabytes / 1000 * self.gigabyte
        proxies = min(effort.networks * self.address, rotating)
        return proxies + self.seconds(effort) / 3600 * self.core_hour


def effort_of(votes: Votes, honest: Votes) -> Effort:
    """What votes of riggers take, beside the honest ones of some ordinary days.

    Each network has a provider of its own, which is the cheapest for the rigger.
    """
    new = by_newcomers(votes)
    usual = float(honest.opened[by_newcomers(honest)].sum() / FORTNIGHT)
    inside = {int(network): _NOTHING for network in np.unique(votes.network)}
    everywhere, before, iterations = _NOTHING, 0.0, 0.0
    order = np.argsort(votes.at, kind="stable")
    for place in order[new[order]]:
        at, opened, network = votes.at[place] * DAY, votes.opened[place], int(votes.network[place])
        inside[network] = _more(inside[network], at, opened)
        everywhere = _more(everywhere, at, opened)
        before += opened
        own = inside[network].number - opened / 2
        asked = Newcomers(
            network=own,
            provider=own,
            site=usual + everywhere.number - opened / 2,
            # Of a month, so that the attack itself becomes usual little by little.
            usual=usual + before / (MONTH / DAY),
        )
        iterations += opened * work_of(asked, Allowance())
    accounts, networks = (len(np.unique(of)) for of in (votes.voter, votes.network))
    return Effort(len(votes.voter), round(votes.opened.sum()), accounts, networks, iterations)


_NOTHING = Count(0.0, at=0.0, began=0.0)


def _more(count: Count, at: float, opened: float) -> Count:
    return replace(count, number=count.after(at, DAY) + opened, at=at)


def by_newcomers(votes: Votes) -> NDArray[np.bool_]:
    """Which votes are of voters who pay as newcomers: of those who have not cast enough that are a
    day old, or who leave most battles of that day; shape (votes,)."""
    order = np.lexsort((votes.at, votes.voter))
    at, voter = votes.at[order], votes.voter[order]
    # All voters' times in one row, each voter's far from the next one's.
    row = at + voter * 1000.0
    first = np.searchsorted(row, voter * 1000.0)
    old = np.searchsorted(row, row - 1.0, side="right") - first + votes.earlier[order]
    new = np.empty(len(at), dtype=bool)
    new[order] = old < VOTES
    day = votes.at.astype(np.intp)
    of_day = votes.voter * (day.max() + 1) + day
    opened, voted = np.bincount(of_day, votes.opened)[of_day], np.bincount(of_day)[of_day]
    return new | np.fromiter(map(leaves_most, opened, voted), np.bool_, len(voted))


@dataclass(frozen=True, slots=True)
class Tried:
    """What votes of an attack did in one world: ranks and points that the target moved, of so many
    models above it."""

    ranks: int
    points: float
    above: int

    def reaches(self, goal: str) -> bool:
        """Whether a goal of `GOALS` is reached, in either direction but for first place."""
        if goal == "10 points":
            return abs(self.points) >= POINTS
        if goal == "one rank":
            return abs(self.ranks) >= 1
        return self.ranks >= self.above > 0


def try_attack(town: Town, name: str, votes: int, *, target: int, weighed: bool) -> Tried:
    """Cast votes of an attack; they are all alike, or `weighed` as on the site.

    The tests of single voters act in either case.
    """
    site = town.site
    free = town.cast(name, votes, target=target).free
    moved = site.moved_by(free, target=target, seed=town.seed, weighed=weighed)
    return Tried(*moved, models_above(site.weighed if weighed else site.plain, target))


def least_votes(
    reached: Callable[[int], bool], grid: Sequence[int] = GRID, precise: float = PRECISE
) -> int | None:
    """The least votes for which `reached` holds, within a factor of `precise`; None if none of the
    grid do."""
    first = next((place for place, votes in enumerate(grid) if reached(votes)), None)
    if first is None:
        return None
    if first == 0:
        return grid[0]
    low, high = grid[first - 1], grid[first]
    while high > precise * low:
        middle = round(sqrt(low * high))
        if middle in (low, high):
            break
        low, high = (low, middle) if reached(middle) else (middle, high)
    return high
