"""Votes of a farm on a site: many accounts that share nothing."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import time_machine
from django.utils import timezone

from arena.battles.models import Vote
from arena.contestants.models import Contestant
from arena.voters.models import Voter
from tests.exports.casting import cast


@contextmanager
def noon() -> Iterator[None]:
    """The clock shows the last noon, or later: all votes of a test are of one day."""
    passed = timezone.now() - timedelta(hours=12)
    with time_machine.travel(passed.replace(hour=12, minute=0, second=0, microsecond=0)):
        yield


def now() -> datetime:
    """Late enough on this day for its votes to be looked at."""
    return timezone.now() - timedelta(minutes=6)


def farm(
    pool: list[Contestant], accounts: int, votes: int = 1, *, target: int = 3, outcome: str = "a"
) -> list[Vote]:
    """Votes of accounts that share nothing, for the same contestant."""
    others = itertools.cycle(each for place, each in enumerate(pool) if place != target)
    return [
        cast(voter, (pool[target], next(others)), at=now(), outcome=outcome)
        for voter in [Voter.objects.create() for _ in range(accounts)]
        for _ in range(votes)
    ]


def held(votes: list[Vote]) -> int:
    return sum(vote.standings.all()[0].standing == "held" for vote in votes)
