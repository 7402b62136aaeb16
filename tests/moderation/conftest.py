"""Moderators with a second factor, and a rigger whose votes are held."""

from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group

from arena.contestants.models import Contestant
from arena.integrity import services as integrity
from arena.integrity.models import Signal
from arena.moderation import services
from arena.moderation.models import Case
from arena.moderation.roles import Role
from arena.voters.models import Member, Voter
from ratings.models import Outcome
from tests.integrity.conftest import Cast, cast, pool  # noqa: F401 - fixtures

Moderator = Callable[..., Member]
Rig = Callable[..., Case]


@pytest.fixture
def moderator(db: None) -> Moderator:
    """Makes a member of a role, with an authenticator app."""

    def make(name: str, role: Role = Role.MODERATOR) -> Member:
        member = Member.objects.create_user(name, f"{name}@example.org", "a long password")
        member.groups.add(Group.objects.get(name=role))
        Authenticator.objects.create(user=member, type=Authenticator.Type.TOTP, data={})
        return member

    return make


@pytest.fixture
def rig(pool: list[Contestant], cast: Cast) -> Rig:  # noqa: F811
    """A voter who always votes for the fourth of the pool: held, with a case of their own."""

    def vote(voter: Voter, votes: int = 16) -> Case:
        for number in range(votes):
            other = [*pool[:3], pool[4]][number % 4]
            a, b = (pool[3], other) if number % 2 else (other, pool[3])
            cast(voter, a, b, Outcome.A if a == pool[3] else Outcome.B)
        integrity.check_voter(voter.pk)
        return services.open_case(Signal.objects.filter(voters=voter).latest("pk").pk)

    return vote
