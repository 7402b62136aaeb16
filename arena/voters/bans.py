"""Voters whose votes count no more, and networks that open no battles: by moderators' word."""

import uuid
from collections.abc import Collection
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils import timezone

from arena.voters.models import NetworkBan, Voter
from arena.voters.origin.network import DayKeys


def suspend(voter_ids: Collection[uuid.UUID]) -> None:
    """Let no new vote of these voters count, nor of the members that they went on as."""
    _and_members(voter_ids).filter(suspended_at=None).update(suspended_at=timezone.now())


def reinstate(voter_ids: Collection[uuid.UUID]) -> None:
    """Let their new votes count again."""
    _and_members(voter_ids).update(suspended_at=None)


def _and_members(voter_ids: Collection[uuid.UUID]) -> QuerySet[Voter]:
    return Voter.objects.filter(Q(pk__in=voter_ids) | Q(guests__in=voter_ids))


def ban(networks: Collection[str], until: datetime, decision: int) -> None:
    """Let these networks, by their names of today or yesterday, open no battles until a time."""
    NetworkBan.objects.bulk_create(
        [NetworkBan(network=name, until=until, decision=decision) for name in networks],
        ignore_conflicts=True,
    )


def lift(decision: int) -> None:
    """Take back what a decision banned."""
    NetworkBan.objects.filter(decision=decision).delete()


def banned_until(network: str | None, keys: DayKeys | None = None) -> datetime | None:
    """Until when a network opens no battles; None if it may, or if nobody can tell.

    Args:
        network: of `arena.voters.origin.network.network_of`; its ban is stored under its pseudonym
            of today.
        keys: of this request.
    """
    names = (keys or DayKeys()).lately(network)
    if not names:
        return None  # also while Redis is away, as with the limits: battles go on
    bans = list(NetworkBan.objects.filter(network__in=names, until__gt=timezone.now()))
    today = names[0]
    for decision in {found.decision for found in bans if found.network != today}:
        until = max(found.until for found in bans if found.decision == decision)
        ban([today], until, decision)
    return max((found.until for found in bans), default=None)


def forget_ended() -> None:
    """Remove the bans that have ended."""
    NetworkBan.objects.filter(until__lte=timezone.now()).delete()
