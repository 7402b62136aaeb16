"""Writes of voters."""

import uuid

from django.db import transaction

from arena.voters.models import Member, Voter
from arena.voters.selectors import guests


def voter_of(voter_id: uuid.UUID | None) -> Voter:
    """The voter of that id, or a new guest if there is none."""
    known = Voter.objects.filter(pk=voter_id).first() if voter_id else None
    return known or Voter.objects.create()


@transaction.atomic
def take_up(member: Member, guest_id: uuid.UUID | None) -> Voter:
    """The voter of a member who logs in, and who keeps what they did as this guest before.

    A first log-in makes the guest the member's voter; at a later one the guest is joined to the
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
        guest.joined = voter
        guest.save(update_fields=["joined"])
    return voter
