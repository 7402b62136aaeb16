"""The voters who share networks, prompts and devices with a voter, as a graph.

The links are those that `arena.integrity.collusion.rings` looks at: networks and kinds of browser
that battles were opened with, and prompts that are near copies of each other, of the last
`ORIGIN_DAYS` days. They say where to look, and are no evidence by themselves: a school is one
network, and two strangers may have the same browser.
"""

import math
import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations

from django.db.models import Count
from django.utils import timezone

from arena.battles.models import ORIGIN_DAYS
from arena.battles.reading.links import Key, LinkKind, keys_of, voters_by_key
from arena.integrity.statistics.collusion.rings import COMMON, FEW
from arena.voters.models import Voter

MOST_NEIGHBOURS = 24  # more would overlap
WIDTH, HEIGHT, RADIUS = 600, 400, 160

MOST = {LinkKind.NETWORK: COMMON, LinkKind.PROMPT: COMMON, LinkKind.CLIENT_SIGNATURE: FEW}
"""A key that more voters share links none of them."""


@dataclass(frozen=True, slots=True)
class Linked:
    """A voter of the graph, and what they share with the voter in the middle."""

    voter: Voter
    x: float
    y: float
    networks: int
    prompts: int
    devices: int
    votes: int
    cases: int

    @property
    def label(self) -> str:
        return str(self.voter.pk)[:4]


@dataclass(frozen=True, slots=True)
class Line:
    """A line between two voters who share something; it is wider the more they share."""

    x1: float
    y1: float
    x2: float
    y2: float
    width: float


@dataclass(frozen=True, slots=True)
class Picture:
    """A voter, the voters who share most with them, in that order, and the lines between all."""

    middle: Linked
    neighbours: list[Linked]
    lines: list[Line]
    left_out: int


def picture_of(voter: Voter) -> Picture:
    """The voters who are linked to a voter.

    A client signature links two voters as weakly as if as many voters as may shared it.
    """
    since = timezone.now() - timedelta(days=ORIGIN_DAYS)
    sharing = _linking(keys_of([voter.pk], since), since)
    near: defaultdict[uuid.UUID, float] = defaultdict(float)
    for (kind, _), voters in sharing.items():
        sharers = FEW if kind == LinkKind.CLIENT_SIGNATURE else len(voters)
        for other in voters - {voter.pk}:
            near[other] += 1 / (sharers - 1)
    nearest = sorted(near, key=lambda other: (-near[other], other))
    shown = [voter.pk, *nearest[:MOST_NEIGHBOURS]]
    between: defaultdict[tuple[uuid.UUID, uuid.UUID], set[Key]] = defaultdict(set)
    for key, voters in _linking(keys_of(shown, since), since).items():
        for pair in combinations([pk for pk in shown if pk in voters], 2):
            between[pair].add(key)
    places = _places(shown)
    counted = Voter.objects.annotate(
        n_votes=Count("votes", distinct=True), n_cases=Count("cases", distinct=True)
    ).in_bulk(shown)

    def linked(pk: uuid.UUID) -> Linked:
        shared = [kind for kind, _ in between[voter.pk, pk]]
        found = counted[pk]
        return Linked(
            found,
            *places[pk],
            networks=shared.count(LinkKind.NETWORK),
            prompts=shared.count(LinkKind.PROMPT),
            devices=shared.count(LinkKind.CLIENT_SIGNATURE),
            votes=found.n_votes,
            cases=found.n_cases,
        )

    return Picture(
        middle=linked(voter.pk),
        neighbours=[linked(pk) for pk in shown[1:]],
        lines=[
            Line(*places[one], *places[other], width=_width(keys))
            for (one, other), keys in between.items()
            if keys
        ],
        left_out=len(nearest) - len(shown) + 1,
    )


def _width(shared: Collection[Key]) -> float:
    """The width of a line; it is thin if two voters share only devices."""
    firm = sum(kind != LinkKind.CLIENT_SIGNATURE for kind, _ in shared)
    return min(1 + math.log2(firm), 6) if firm else 0.5


def _places(shown: list[uuid.UUID]) -> dict[uuid.UUID, tuple[float, float]]:
    """The first in the middle, the others around it."""
    places = {shown[0]: (WIDTH / 2, HEIGHT / 2)}
    for number, pk in enumerate(shown[1:]):
        angle = 2 * math.pi * number / (len(shown) - 1)
        x, y = math.sin(angle), -math.cos(angle)
        places[pk] = (round(WIDTH / 2 + 1.6 * RADIUS * x, 1), round(HEIGHT / 2 + RADIUS * y, 1))
    return places


def _linking(keys: Collection[Key], since: datetime) -> dict[Key, set[uuid.UUID]]:
    """The voters who share each of these keys, where they are several and not too many."""
    found = voters_by_key(keys, since)
    return {key: voters for key, voters in found.items() if 1 < len(voters) <= MOST[key.kind]}
