"""Reads of voters."""

import uuid
from collections.abc import Collection

from allauth.mfa.models import Authenticator
from django.db import connection
from django.db.models import QuerySet

from arena.voters.models import Member, Voter


def guests() -> QuerySet[Voter]:
    """Voters whom a cookie stands for: neither a member's, nor merged into one, nor erased."""
    return Voter.objects.filter(member=None, merged_into=None, erased_at=None)


def has_second_factor(member: Member) -> bool:
    """Whether a member has an authenticator app or a passkey, which every log-in then demands.

    A log-in by passkey is one of two factors by itself: the device, and what unlocks it.
    """
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    return bool(Authenticator.objects.filter(user=member, type__in=kinds).exists())


def locked_cluster(voter_id: uuid.UUID) -> int:
    """The cluster of a voter, which nobody changes before this transaction ends."""
    return locked_clusters([voter_id])[voter_id]


def locked_clusters(voters: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """The clusters of voters, which nobody changes before this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, cluster FROM {Voter._meta.db_table} "  # noqa: S608
            "WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE",
            [list(voters)],
        )
        return dict(cursor.fetchall())


def publishes(voter_id: uuid.UUID | None) -> bool:
    """Whether a voter's new conversations are published, as they chose last; at first not."""
    return voter_id is not None and Voter.objects.filter(pk=voter_id, publishes=True).exists()
