"""Writes of voters."""

import uuid

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone

from arena.contestants.fields import cipher
from arena.voters.models import Member, Voter
from arena.voters.people import accounts_of
from arena.voters.selectors import guests


@transaction.atomic
def claim_guest_on_login(member: Member, guest_id: uuid.UUID | None) -> Voter:
    """The voter of a member who logs in, and who keeps what they did as this guest before.

    A first log-in makes the guest the member's voter; at a later one the guest is merged into the
    voter that the member has.
    """
    Member.objects.select_for_update().get(pk=member.pk)  # two log-ins at once make one voter
    guest = guests().select_for_update().filter(pk=guest_id).first() if guest_id else None
    voter = Voter.objects.filter(member=member).first()
    if voter is None:
        voter = guest or Voter()
        voter.member = member
        voter.save()
    elif guest is not None:
        guest.merged_into = voter
        guest.save(update_fields=["merged_into"])
    return voter


@transaction.atomic
def reencrypt_second_factors() -> int:
    """Encrypt the secrets of apps and recovery codes with the newest key; returns how many."""
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES]
    factors = list(Authenticator.objects.select_for_update().filter(type__in=kinds))
    for factor in factors:
        for name in factor.data.keys() & {"secret", "seed"}:
            factor.data[name] = cipher().rotate(factor.data[name].encode()).decode()
        factor.save(update_fields=["data"])
    return len(factors)


def anonymise(voter_id: uuid.UUID) -> None:
    """Detach a voter and the guests merged into it from their person, for good."""
    accounts_of(voter_id).update(member=None, merged_into=None, erased_at=timezone.now())


@transaction.atomic
def delete_account(member: Member) -> None:
    """Delete an account, with its addresses and second factors.

    An account with decisions (a moderator's) is emptied instead, and stays as their author.
    """
    try:
        with transaction.atomic():
            member.delete()
    except ProtectedError:
        for kept in (EmailAddress, Authenticator, SocialAccount):
            kept.objects.filter(user=member).delete()
        member.groups.clear()
        member.user_permissions.clear()
        member.username, member.email = f"erased-{uuid.uuid4().hex[:12]}", ""
        member.first_name = member.last_name = ""
        member.is_active = member.is_staff = member.is_superuser = False
        member.set_unusable_password()
        member.save()
