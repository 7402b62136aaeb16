"""Moderators with a second factor, and a rigger whose votes are held."""

from collections.abc import Callable, Iterator

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

from arena.integrity.board import forget_board
from arena.moderation.models import Case
from arena.voters.models import Member, Voter
from tests.factories import registering_at
from tests.integrity.conftest import make_pool
from tests.members import make_moderator
from tests.moderation.cases import Rigged, favour, figures, suspect
from tests.openai_server import OpenAIServer

Moderator = Callable[..., Member]


@pytest.fixture
def moderator(db: None) -> Moderator:
    return make_moderator


@pytest.fixture(scope="module")
def rigged(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, openai_server: OpenAIServer
) -> Iterator[Rigged]:
    """What the tests of a file share: each works in a savepoint of the transaction of this."""
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
    forget_board()  # of the test before
    return Case.objects.get(pk=rigged.case_id)
