"""How many honest votes count: on ordinary days, in crowds, and beside a farm."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from arena.integrity.simulator.site.days import Traffic, Votes, ordinary_days
from arena.integrity.simulator.site.farms import COUNTS, FARMS, Site, weigh
from arena.integrity.statistics.prediction import Floats, Indices
from arena.integrity.statistics.weights.vote_weights import SOME

FLOOD = 1000  # votes of a farm
TIMES = 10  # as many guests as on an ordinary day
TASTE = {20: 0.5, 50: -0.5, 80: 0.5}
"""What a community likes better or worse, in log-odds."""

MIDDLE_NETWORKS = 5


@dataclass(frozen=True, slots=True)
class Share:
    """Of some honest votes those that count, or of intervals how much wider they are; `votes` is
    how many there are, 0 for intervals."""

    value: float
    votes: int


def _share(weight: Floats, chosen: NDArray[np.bool_]) -> Share:
    return Share(float(np.mean(weight[chosen] >= COUNTS)), int(np.count_nonzero(chosen)))


def _few(votes: Votes) -> NDArray[np.bool_]:
    """Which votes are of voters who cast at most five of them."""
    few: NDArray[np.bool_] = np.bincount(votes.voter)[votes.voter] <= SOME
    return few


def ordinary(site: Site) -> dict[str, Share]:
    """Of the site as it is, and how much wider its widest interval is for the weights."""
    few = _few(site.votes)
    widths = [board.upper - board.lower for board in (site.plain, site.weighed)]
    return {
        "all voters": _share(site.weight, np.ones(len(few), dtype=bool)),
        "newcomers": _share(site.weight, few),
        "width of intervals": Share(float(np.max(widths[1] / widths[0])), 0),
    }


def community(site: Site, traffic: Traffic, seed: int) -> dict[str, Share]:
    """Ten times the guests of a day come on the last day, from a community with a taste."""
    taste = np.zeros(len(site.truth))
    taste[list(TASTE)] = list(TASTE.values())
    guests = Traffic(guests=TIMES * traffic.guests, members=0, days=1)
    crowd = ordinary_days(site.truth + taste, guests, np.random.default_rng([seed, 4]))
    last = traffic.days - 1
    together = site.votes.with_(replace(crowd, at=crowd.at + last))
    weight = weigh(together, len(site.truth), seed)
    theirs = np.arange(len(weight)) >= len(site.votes.voter)
    return {
        "the community": _share(weight, theirs),
        "others of that day": _share(weight, ~theirs & (together.at >= last)),
    }


def flooded(site: Site, farm: str, target: int, seed: int) -> dict[str, Share]:
    """A farm of a thousand votes in networks of its own; the newcomers of the last two days."""
    together, weight = _with_farm(site, farm, target, seed, site.votes.network[:0])
    lately = together.at >= together.at.max() - 2
    return {"newcomers": _share(weight, ~together.rigged & _few(together) & lately)}


def shared(
    site: Site, farm: str, networks: Callable[[Votes], Indices], target: int, seed: int
) -> dict[str, Share]:
    """A farm of a thousand votes comes from networks that honest voters have."""
    used = networks(site.votes)
    _, weight = _with_farm(site, farm, target, seed, used)
    inside = np.isin(site.votes.network, used)
    several = np.bincount(site.votes.voter)[site.votes.voter] >= SOME
    found: dict[str, Share] = {}
    for name, voters in (("5 votes or more", several), ("fewer than 5 votes", ~several)):
        found[name] = _share(weight[: len(inside)], inside & voters)
        found[f"{name}, without the farm"] = _share(site.weight, inside & voters)
    return found


def _with_farm(
    site: Site, farm: str, target: int, seed: int, used: Indices
) -> tuple[Votes, Floats]:
    """All votes with a farm's, from the networks `used` if there are any; and their weights."""
    votes = site.farmed(FARMS[farm], FLOOD, target=target, seed=seed)
    together = site.votes.with_(votes)
    if len(used):
        network = together.network.copy()
        network[together.rigged] = used[votes.network % len(used)]
        together = replace(together, network=network)
    return together, weigh(together, len(site.truth), seed)


def largest(votes: Votes) -> Indices:
    """The network of a university or carrier."""
    return _by_voters(votes)[-1:]


def middle(votes: Votes) -> Indices:
    """Some networks of an office each: those with the most voters after the largest one."""
    return _by_voters(votes)[-1 - MIDDLE_NETWORKS : -1]


def _by_voters(votes: Votes) -> Indices:
    """The networks, those with the most voters last."""
    pairs = np.unique(np.stack([votes.network, votes.voter]), axis=1)
    return np.bincount(pairs[0]).argsort(kind="stable")


Crowd = Callable[[Site, Traffic, int, int], dict[str, Share]]
"""Of a site with its traffic, the target of farms, and a seed: shares by name."""


def _beside(farm: str) -> Crowd:
    return lambda site, traffic, target, seed: flooded(site, farm, target, seed)


def _within(farm: str, networks: Callable[[Votes], Indices]) -> Crowd:
    return lambda site, traffic, target, seed: shared(site, farm, networks, target, seed)


CROWDS: dict[str, Crowd] = {
    "ordinary days": lambda site, traffic, target, seed: ordinary(site),
    "ten times the guests on a day, one community": (
        lambda site, traffic, target, seed: community(site, traffic, seed)
    ),
    "farm elsewhere: one network, an hour": _beside("one network, an hour"),
    "farm elsewhere: nothing shared, a day": _beside("nothing shared, a day"),
    "farm in the largest network, an hour": _within("one network, an hour", largest),
    "farm in the largest network, a fortnight": _within("one network, a fortnight", largest),
    "farm of 20 votes each in the largest network": _within("20 votes, 10 rigged", largest),
    "farm in five networks, a day": _within("five networks, a day", middle),
    "farm in five networks, a fortnight": _within("one network, a fortnight", middle),
}
