"""Reads of voters."""

from allauth.mfa.models import Authenticator
from django.db.models import QuerySet

from arena.voters.models import Member, Voter


def guests() -> QuerySet[Voter]:
    """Voters whom a cookie stands for: neither a member's, nor joined to one, nor erased."""
    return Voter.objects.filter(member=None, joined=None, erased_at=None)


def has_second_factor(member: Member) -> bool:
    """Whether a member has an authenticator app or a passkey, which every log-in then demands.

    A log-in by passkey is one of two factors by itself: the device, and what unlocks it.
    """
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    return bool(Authenticator.objects.filter(user=member, type__in=kinds).exists())
