"""What newcomers pay in proof of work on a day on which a farm floods the site.

Each battle that a newcomer opens goes through `arena.voters.throttling.price` in the order of time,
as on the site.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from arena.integrity.simulator.site.days import Votes
from arena.integrity.simulator.site.economics import by_newcomers
from arena.integrity.simulator.site.farms import COUNTS, FARMS, Site, weigh
from arena.integrity.statistics.prediction import Indices
from arena.voters.throttling.price import (
    DAY,
    EXPECTED,
    MONTH,
    Allowance,
    Count,
    Newcomers,
    tries_of,
    usual_of,
)

CORE_TRIES, PHONE_TRIES = 2_600, 650
"""Tries in a second: of one core of a server, measured with OpenSSL and Chromium, and of a phone,
which is taken to do a quarter of that."""

SITE_RATE = 1.0  # battles a second that the limits of a network admit
PROVIDERS = 400
LARGE = 0  # the network that 1% of the voters of `days.ordinary_days` share

FLOODS = {"one network": "one network, an hour", "spread": "nothing shared, a day"}
"""The farm of each flood; that of one network is the network `LARGE`."""


@dataclass(frozen=True, slots=True)
class Bill:
    """What the battles of newcomers took, in the order of time, shape (battles,) each.

    `vote` is the number of the vote for which one was opened, `tries` the most that it takes.
    """

    vote: Indices
    tries: Indices

    def phone_seconds(self, votes: NDArray[np.bool_]) -> float:
        """The most that any battle for these votes takes on a phone."""
        return float(self.tries[votes[self.vote]].max(initial=0) / PHONE_TRIES)

    def core_seconds(self, votes: NDArray[np.bool_]) -> float:
        """Of one core, for all battles for these votes."""
        return float(EXPECTED * self.tries[votes[self.vote]].sum() / CORE_TRIES)

    def asked(self, votes: NDArray[np.bool_]) -> float:
        """The share of the battles for these votes that take any work."""
        return float(np.mean(self.tries[votes[self.vote]] > 0))


def bill(votes: Votes, provider: Indices, allowance: Allowance) -> Bill:
    """What newcomers pay for the battles that they open.

    Args:
        provider: number of each vote's provider, shape (votes,).
    """
    opened = np.diff(np.floor(np.cumsum(votes.opened)), prepend=0).astype(np.intp)
    vote = np.repeat(np.arange(len(opened)), np.where(by_newcomers(votes), opened, 0))
    vote = vote[np.argsort(votes.at[vote], kind="stable")]
    places = np.stack([votes.network, provider + int(votes.network.max()) + 1], axis=1).tolist()
    counts: dict[int, Count] = {}
    none = Count(0.0, at=0.0, began=0.0)
    day = month = none
    tries = np.zeros(len(vote), dtype=np.intp)
    for number, row in enumerate(vote.tolist()):
        at = float(votes.at[row]) * DAY
        own, around = (counts.get(place, none) for place in places[row])
        asked = Newcomers(
            own.after(at, DAY), around.after(at, DAY), day.after(at, DAY), usual_of(month, at)
        )
        tries[number] = tries_of(asked, allowance)
        for place, count in zip(places[row], (own, around), strict=True):
            counts[place] = count.one_more(at, DAY)
        day, month = day.one_more(at, DAY), month.one_more(at, MONTH)
    return Bill(vote, tries)


@dataclass(frozen=True, slots=True)
class FloodFigures:
    """What a flood of a day costs whom, in seconds for one battle and at most.

    `elsewhere` and `inside` are honest newcomers of other networks and of the flooded one, on that
    day and the next half; `ordinary` are all newcomers of an ordinary day, and `asked` the share of
    their battles that take any work. `counted` is the share of the votes of the newcomers elsewhere
    that count.
    """

    elsewhere: float
    inside: float
    ordinary: float
    asked: float
    counted: float
    opened: int
    core_hours: float


def flooded(site: Site, flood: str, *, target: int, seed: int, sybils: int = 1_000) -> FloodFigures:
    """The figures of one of `FLOODS`: so many accounts that cast one vote each."""
    farm = site.farmed(FARMS[FLOODS[flood]], sybils, target=target, seed=seed)
    together = site.votes.with_(farm)
    if flood == "one network":
        network = np.where(together.rigged, LARGE, together.network)
        together = replace(together, network=network)
    rng = np.random.default_rng([seed, 6])
    provider = rng.integers(0, PROVIDERS, int(together.network.max()) + 1)[together.network]
    paid = bill(together, provider, Allowance())
    lately = (together.at >= farm.at.min()) & ~together.rigged
    inside = lately & (together.network == LARGE) & (flood == "one network")
    elsewhere = lately & ~inside
    before = (together.at < farm.at.min()) & (together.at >= 1)
    few = by_newcomers(together)
    weight = weigh(together, len(site.truth), seed)
    return FloodFigures(
        elsewhere=paid.phone_seconds(elsewhere),
        inside=paid.phone_seconds(inside),
        ordinary=paid.phone_seconds(before),
        asked=paid.asked(before),
        counted=float(np.mean(weight[elsewhere & few] >= COUNTS)),
        opened=round(farm.opened.sum()),
        core_hours=paid.core_seconds(together.rigged) / 3600,
    )


def opened_by_one_core(seconds: float, allowance: Allowance) -> int:
    """How many battles one core opens from one network in that time, a new guest for each."""
    count, opened, at = Count(0.0, at=0.0, began=0.0), 0, 0.0
    while True:
        newcomers = Newcomers(network=count.after(at, DAY), provider=count.after(at, DAY))
        at += max(1 / SITE_RATE, EXPECTED * tries_of(newcomers, allowance) / CORE_TRIES)
        if at > seconds:
            return opened
        count, opened = count.one_more(at, DAY), opened + 1
