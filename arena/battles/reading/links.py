"""What links voters: networks, kinds of browser, and near copies of prompts.

A voter was seen with a network or a kind of browser if they opened a battle with it, and with a
prompt if they sent it or a near copy of it. Two voters who were seen with the same are linked.
"""

import uuid
from collections.abc import Collection, Iterator
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from arena.battles.models import Origin, Turn
from arena.voters.models import Voter

PROMPT = Coalesce(F("repeats"), F("known__pk"))  # the id of the known prompt of a turn


class LinkKind(StrEnum):
    """What two voters share."""

    NETWORK = "network"
    CLIENT_SIGNATURE = "client_signature"
    PROMPT = "prompt"


class Key(NamedTuple):
    """A network or a kind of browser, by its pseudonym, or a known prompt, by its id."""

    kind: LinkKind
    name: object


class Sighting(NamedTuple):
    """A voter was seen with a key."""

    voter: uuid.UUID
    key: Key
    at: datetime


def sightings(since: datetime) -> Iterator[Sighting]:
    """Every time since then that a voter was seen with a key."""
    for voter, network, client_signature, at in _origins(since).values_list(
        "battle__voter", "network", "client_signature", "created_at"
    ):
        yield from (Sighting(voter, key, at) for key in _keys(network, client_signature))
    prompts = _turns(since).values_list("battle__voter", PROMPT, "created_at")
    for voter, prompt, at in prompts:
        yield Sighting(voter, Key(LinkKind.PROMPT, prompt), at)


def keys_of(voters: Collection[uuid.UUID], since: datetime) -> set[Key]:
    """The keys that some voters were seen with since then."""
    of_these = Q(battle__voter__in=voters)
    return {key for _, key in _pairs(_origins(since).filter(of_these), _turns(since, of_these))}


def networks_seen(voters: QuerySet[Voter], since: datetime) -> set[str]:
    """The pseudonyms of the networks that some voters opened battles from since then."""
    origins = _origins(since).filter(battle__voter__in=voters).exclude(network="")
    return set(origins.values_list("network", flat=True))


def voters_by_key(keys: Collection[Key], since: datetime) -> dict[Key, set[uuid.UUID]]:
    """The voters who were seen with each of these keys since then."""
    names: dict[LinkKind, list[object]] = {kind: [] for kind in LinkKind}
    for kind, name in keys:
        names[kind].append(name)
    origins = _origins(since).filter(
        Q(network__in=names[LinkKind.NETWORK])
        | Q(client_signature__in=names[LinkKind.CLIENT_SIGNATURE])
    )
    prompts = names[LinkKind.PROMPT]
    found: dict[Key, set[uuid.UUID]] = {key: set() for key in keys}
    for voter, key in _pairs(origins, _turns(since, Q(repeats__in=prompts) | Q(known__in=prompts))):
        if key in found:
            found[key].add(voter)
    return found


def _origins(since: datetime) -> QuerySet[Origin]:
    return Origin.objects.filter(created_at__gte=since)


def _turns(since: datetime, where: Q | None = None) -> QuerySet[Turn]:
    """Turns whose prompt is known, or a near copy of a known one."""
    is_known = Q(repeats__isnull=False) | Q(known__isnull=False)
    return Turn.objects.filter(where or Q(), is_known, created_at__gte=since)


def _pairs(origins: QuerySet[Origin], turns: QuerySet[Turn]) -> Iterator[tuple[uuid.UUID, Key]]:
    """Voters and the keys that they were seen with."""
    for voter, network, client_signature in origins.values_list(
        "battle__voter", "network", "client_signature"
    ).distinct():
        yield from ((voter, key) for key in _keys(network, client_signature))
    for voter, prompt in turns.values_list("battle__voter", PROMPT).distinct():
        yield voter, Key(LinkKind.PROMPT, prompt)


def _keys(network: str, client_signature: str) -> list[Key]:
    """The keys of an origin, whose network or kind of browser may be unknown."""
    both = Key(LinkKind.NETWORK, network), Key(LinkKind.CLIENT_SIGNATURE, client_signature)
    return [key for key in both if key.name]
