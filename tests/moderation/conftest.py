"""Moderators with a second factor, and a rigger whose votes are held."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.db import transaction
from pytest_django import DjangoDbBlocker

from arena.contestants.models import Contestant
from arena.integrity import selectors
from arena.integrity import services as integrity
from arena.integrity.models import Signal
from arena.moderation import services
from arena.moderation.models import Case
from arena.moderation.roles import Role
from arena.voters.models import Member, Voter
from ratings.models import Board, Outcome
from ratings.services import refit
from tests.integrity.conftest import cast_one, make_pool
from tests.openai_server import OpenAIServer

Moderator = Callable[..., Member]


@pytest.fixture
def moderator(db: None) -> Moderator:
    """Makes a member of a role, with an authenticator app."""

    def make(name: str, role: Role = Role.MODERATOR) -> Member:
        member = Member.objects.create_user(name, f"{name}@example.org", "a long password")
        member.groups.add(Group.objects.get(name=role))
        Authenticator.objects.create(user=member, type=Authenticator.Type.TOTP, data={})
        return member

    return make


def claimed(case: Case, member: Member) -> int:
    """The number of a case that this member reviews now."""
    return services.claim(case.pk, member).pk


def figures() -> list[dict[str, Any]]:
    """The rows of the overall board, fitted anew."""
    rows: list[dict[str, Any]] = refit(Board.objects.get(slug="overall")).rows
    return rows


def rig(pool: list[Contestant], voter: Voter, votes: int = 16) -> Case:
    """Always vote for the fourth of the pool: the votes are held, and have a case."""
    favour(pool, voter, votes)
    return suspect(voter)


def favour(pool: list[Contestant], voter: Voter, votes: int) -> None:
    for number in range(votes):
        other = [*pool[:3], pool[4]][number % 4]
        a, b = (pool[3], other) if number % 2 else (other, pool[3])
        cast_one(voter, a, b, Outcome.A if a == pool[3] else Outcome.B)


def suspect(voter: Voter) -> Case:
    integrity.check_voter(voter.pk)
    return services.open_case(Signal.objects.filter(voters=voter).latest("pk").pk)


@dataclass(frozen=True, slots=True)
class Rigged:
    """A rigger of 16 votes with an open case, and the figures without and with these votes."""

    pool: list[Contestant]
    voter: Voter
    case_id: int
    without: list[dict[str, Any]]
    figures: list[dict[str, Any]]


@pytest.fixture(scope="module")
def rigged(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, openai_server: OpenAIServer
) -> Iterator[Rigged]:
    """What the tests of a file share: each works in a savepoint of the transaction of this."""
    from tests.factories import registering_at  # pytest imports it as a plug-in, after this file

    with django_db_blocker.unblock(), transaction.atomic():
        pool, voter = make_pool(registering_at(openai_server)), Voter.objects.create()
        without = figures()
        favour(pool, voter, 16)
        counted = figures()
        yield Rigged(pool, voter, suspect(voter).pk, without, counted)
        transaction.set_rollback(True)


@pytest.fixture
def case(rigged: Rigged, db: None) -> Case:
    """The case of the rigger."""
    selectors.forget_board()  # of the test before
    return Case.objects.get(pk=rigged.case_id)
