"""How much a visitor looks like a flood: decides whether a proof of work is asked, and how hard.

A voter whom integrity has flagged needs one at any pace, and may open fewer battles.
"""

import uuid
from datetime import datetime, timedelta

from django.db.models import F
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from arena.voters.models import Voter
from arena.voters.throttling.limits import Budget

HIGHEST = 3
PRESSURES = (0.5, 0.75, 0.9)  # of a bucket's use: from each on, one level more
BUSY = 0.25  # a network on which newcomers are looked at
NEW_FOR = timedelta(hours=1)
FLAGGED_LEVELS = 2  # levels more for a flagged voter


def is_flagged(voter: Voter | None) -> bool:
    """Whether integrity has flagged a voter and the flag has not run out."""
    return bool(voter and voter.flagged_until and voter.flagged_until > timezone.now())


def risk_of(voter: Voter | None, budget: Budget) -> int:
    """The level of risk, 0 to 3, of a visitor whose buckets stand as in `budget`.

    A visitor who asks a battle every twenty seconds, on a quiet network, stays at 0.
    """
    network = budget.pressure("network")
    pressure = max(budget.pressure("voter"), network)
    level = sum(pressure >= step for step in PRESSURES)
    if budget.pressure("site") >= PRESSURES[-1]:
        level = max(level, 1)
    if network >= BUSY and (voter is None or voter.created_at > timezone.now() - NEW_FOR):
        level = max(level, 1)
    if is_flagged(voter):
        level += FLAGGED_LEVELS
    return min(level, HIGHEST)


def flag_until(voter_id: uuid.UUID, until: datetime) -> None:
    """Flag a voter until a time; a later flag is kept."""
    Voter.objects.filter(pk=voter_id).update(
        flagged_until=Greatest(Coalesce(F("flagged_until"), until), until)
    )
