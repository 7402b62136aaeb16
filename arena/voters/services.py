"""Writes of voters."""

import uuid

from arena.voters.models import Voter


def voter_of(voter_id: uuid.UUID | None) -> Voter:
    """The voter of that id, or a new guest if there is none."""
    known = Voter.objects.filter(pk=voter_id).first() if voter_id else None
    return known or Voter.objects.create()
