"""Who shares networks, prompts and devices with a voter, as a picture to walk along.

The links are those that `arena.integrity.collusion.rings` looks at: networks and kinds of browser
that battles were opened with, and prompts that are near copies of each other, of the last
`ORIGIN_DAYS` days. They say where to look, and are no evidence by themselves: a school is one
network, and two strangers may have the same browser.
"""

import math
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations

from django.db.models import Count, F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from arena.battles.models import ORIGIN_DAYS, Origin, Turn
from arena.integrity.statistics.collusion.rings import COMMON, FEW
from arena.voters.models import Voter

MOST_NEIGHBOURS = 24  # of the picture; more cannot be told apart
WIDTH, HEIGHT, RADIUS = 600, 400, 160

Key = tuple[str, object]
"""What is shared: "network", "prompt" or "device", and which."""

MOST = {"network": COMMON, "prompt": COMMON, "device": FEW}
"""A key of a kind that more voters share links nobody."""


@dataclass(frozen=True, slots=True)
class Linked:
    """A voter of the picture, and what they share with the one in its middle."""

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
    """Two voters who share something; the width grows with how much, devices aside."""

    x1: float
    y1: float
    x2: float
    y2: float
    width: float


@dataclass(frozen=True, slots=True)
class Picture:
    """A voter, their nearest neighbours, the most alike first, and all lines between these."""

    middle: Linked
    neighbours: list[Linked]
    lines: list[Line]
    left_out: int


def picture_of(voter: Voter) -> Picture:
    """Who is linked to a voter.

    A device tells as little of two who share it as if as many as may had it.
    """
    since = timezone.now() - timedelta(days=ORIGIN_DAYS)
    own = {key for _, key in _sightings(since, voters=[voter.pk])}
    sharing = _by_key(_sightings(since, keys=own))
    near: defaultdict[uuid.UUID, float] = defaultdict(float)
    for (kind, _), voters in sharing.items():
        sharers = FEW if kind == "device" else len(voters)
        for other in voters - {voter.pk}:
            near[other] += 1 / (sharers - 1)
    nearest = sorted(near, key=lambda other: (-near[other], other))
    shown = [voter.pk, *nearest[:MOST_NEIGHBOURS]]
    between: defaultdict[tuple[uuid.UUID, uuid.UUID], set[Key]] = defaultdict(set)
    theirs = {key for _, key in _sightings(since, voters=shown)}
    for key, voters in _by_key(_sightings(since, keys=theirs)).items():
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
            networks=shared.count("network"),
            prompts=shared.count("prompt"),
            devices=shared.count("device"),
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
    """Of a line; a thin one if they share nothing but devices."""
    firm = sum(kind != "device" for kind, _ in shared)
    return min(1 + math.log2(firm), 6) if firm else 0.5


def _places(shown: list[uuid.UUID]) -> dict[uuid.UUID, tuple[float, float]]:
    """The first in the middle, the others around it."""
    places = {shown[0]: (WIDTH / 2, HEIGHT / 2)}
    for number, pk in enumerate(shown[1:]):
        angle = 2 * math.pi * number / (len(shown) - 1)
        x, y = math.sin(angle), -math.cos(angle)
        places[pk] = (round(WIDTH / 2 + 1.6 * RADIUS * x, 1), round(HEIGHT / 2 + RADIUS * y, 1))
    return places


def _by_key(sightings: Iterator[tuple[uuid.UUID, Key]]) -> dict[Key, set[uuid.UUID]]:
    """Who shares each key, where it is more than one and not everybody."""
    found: defaultdict[Key, set[uuid.UUID]] = defaultdict(set)
    for voter, key in sightings:
        found[key].add(voter)
    return {key: voters for key, voters in found.items() if 1 < len(voters) <= MOST[key[0]]}


def _sightings(
    since: datetime,
    *,
    voters: Collection[uuid.UUID] | None = None,
    keys: Collection[Key] = (),
) -> Iterator[tuple[uuid.UUID, Key]]:
    """Which voter was seen with which key: of some voters, or with some keys."""
    origins = Origin.objects.filter(created_at__gte=since)
    turns = Turn.objects.filter(created_at__gte=since)
    networks, devices = origins.exclude(network=""), origins.exclude(device="")
    if voters is not None:
        networks, devices = (seen.filter(battle__voter__in=voters) for seen in (networks, devices))
        turns = turns.filter(battle__voter__in=voters)
    else:
        names: defaultdict[str, list[object]] = defaultdict(list)
        for kind, name in keys:
            names[kind].append(name)
        networks = networks.filter(network__in=names["network"])
        devices = devices.filter(device__in=names["device"])
        turns = turns.filter(Q(repeats__in=names["prompt"]) | Q(known__in=names["prompt"]))
    for voter, network in networks.values_list("battle__voter", "network").distinct():
        yield voter, ("network", network)
    for voter, device in devices.values_list("battle__voter", "device").distinct():
        yield voter, ("device", device)
    prompt = Coalesce(F("repeats"), F("known__pk"))
    same = turns.annotate(known_prompt=prompt).exclude(known_prompt=None)
    for voter, name in same.values_list("battle__voter", "known_prompt").distinct():
        yield voter, ("prompt", name)
