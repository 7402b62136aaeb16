"""Decisions that are sent at the same time."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from arena.moderation.decisions.deciding import decide
from arena.moderation.models import Decision
from arena.moderation.roles import make_roles
from arena.voters.models import Voter
from tests.arena_settings import ChangeSettings
from tests.factories import Registered
from tests.integrity.conftest import make_pool
from tests.members import make_moderator
from tests.moderation.cases import claimed, rig
from tests.speed import wait_until


def is_waiting() -> bool:
    """Whether a connection to this database waits for a lock of another one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"
            " AND wait_event_type = 'Lock')"
        )
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_decisions_sent_at_the_same_time_are_measured_together(
    contestant: Registered, arena_settings: ChangeSettings
) -> None:
    """The second one waits for the first, whose votes it must count."""
    make_roles()
    pool, ann = make_pool(contestant), make_moderator("ann")
    cases = [rig(pool, Voter.objects.create()) for _ in range(2)]
    numbers = [claimed(case, ann) for case in cases]
    arena_settings(second_moderator_points=1.4 * max(case.influence for case in cases))
    decided, commit = threading.Event(), threading.Event()

    def first() -> bool:
        try:
            with transaction.atomic():
                made = decide(numbers[0], Decision.Kind.EXCLUDE, ann, reason="Clear.")
                decided.set()
                commit.wait(60)
            return made.needs_second
        finally:
            decided.set()
            connection.close()

    def second() -> bool:
        try:
            return decide(numbers[1], Decision.Kind.EXCLUDE, ann, reason="Clear.").needs_second
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        one = threads.submit(first)
        decided.wait(60)
        other = threads.submit(second)
        wait_until(lambda: is_waiting() or other.done())
        commit.set()
        assert [one.result(), other.result()] == [False, True]
