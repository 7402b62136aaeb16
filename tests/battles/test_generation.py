"""An endpoint may do what it likes: the battle completes, or fails honestly and never counts."""

import threading
import uuid
from collections.abc import Callable

import pytest
import redis
from django.conf import settings
from django.db import connection, transaction

from arena.battles.generation.claim import MAX_ATTEMPTS, Claim
from arena.battles.generation.claiming import claim_answer
from arena.battles.generation.leases import extend_leases
from arena.battles.generation.queue import REQUEUE_AFTER
from arena.battles.generation.recovery import recover_battles
from arena.battles.generation.results import cancel_answer, complete_answer, fail_answer
from arena.battles.generation.worker import generate
from arena.battles.live import display
from arena.battles.live.streams import Entry, read_streams, stream_key
from arena.battles.models import Answer, Battle
from arena.contestants.models import Call
from arena.contestants.provider import Finished
from tests.factories import OpenBattle, claimed
from tests.openai_server import OpenAIServer
from tests.speed import seconds, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def write_answers(battle: Battle) -> None:
    def write(answer_id: int) -> None:
        try:
            generate(answer_id)
        finally:
            connection.close()  # as Celery does at the end of a task

    threads = [
        threading.Thread(target=write, args=(answer.pk,))
        for answer in Answer.objects.filter(turn__battle=battle)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=seconds(120))
        assert not thread.is_alive()
    battle.refresh_from_db()


def wait_for_a_blocked_query() -> None:
    """Wait until another connection waits for a lock of this one."""
    with connection.cursor() as cursor:

        def waits() -> object:
            cursor.execute("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            return cursor.fetchone()

        wait_until(waits)


def relayed(battle: Battle, side: str) -> str:
    """The text that the answer's Redis Stream adds up to."""
    with redis.Redis.from_url(settings.REDIS_URL) as client:

        def whole() -> list[dict[bytes, bytes]]:
            entries = [fields for _, fields in client.xrange(stream_key(battle.pk, side))]
            return entries if any(b"committed" in fields for fields in entries) else []

        entries = wait_until(whole)
    return "".join(fields[b"t"].decode() for fields in entries if b"t" in fields)


def test_two_answers_open_the_battle_and_reach_the_readers(running_battle: OpenBattle) -> None:
    battle = running_battle()
    write_answers(battle)
    assert battle.state == Battle.State.OPEN
    for answer in Answer.objects.filter(turn__battle=battle):
        assert answer.state == Answer.State.COMPLETE
        assert answer.text.strip()
        assert answer.seconds and answer.seconds > 0
        assert relayed(battle, answer.side) == answer.text


def test_a_written_answer_is_not_written_again(
    running_battle: OpenBattle, openai_server: OpenAIServer
) -> None:
    battle = running_battle()
    write_answers(battle)
    requests = len(openai_server.requests)
    write_answers(battle)
    assert len(openai_server.requests) == requests


def test_two_workers_do_not_write_the_same_answer(running_battle: OpenBattle) -> None:
    battle = running_battle()
    answer = Answer.objects.get(turn__battle=battle, side="a")
    claimed(answer)
    assert claim_answer(answer.pk) is None


def test_a_worker_that_was_taken_for_dead_cannot_overwrite(running_battle: OpenBattle) -> None:
    battle = running_battle()
    answer = Answer.objects.get(turn__battle=battle, side="a")
    slow = claimed(answer)
    Answer.objects.filter(pk=answer.pk).update(lease_until=battle.created_at)
    recover_battles()
    successor = claimed(answer)
    assert successor.attempt == slow.attempt + 1
    assert extend_leases({answer.pk: slow.attempt}) == set()
    assert not fail_answer(answer.pk, slow.attempt, "timeout", "late")
    battle.refresh_from_db()
    assert battle.state == Battle.State.GENERATING


def test_two_workers_that_claim_at_the_same_moment_are_told_apart(
    running_battle: OpenBattle,
) -> None:
    answer = Answer.objects.get(turn__battle=running_battle(), side="a")
    claims: list[Claim | None] = []

    def claim() -> None:
        try:
            claims.append(claim_answer(answer.pk))
        finally:
            connection.close()

    second = threading.Thread(target=claim)
    with transaction.atomic():
        claimed(answer)
        second.start()
        wait_for_a_blocked_query()
    second.join(timeout=seconds(60))
    assert claims == [None]


def test_a_worker_that_is_held_up_does_not_claim_the_attempt_of_its_successor(
    running_battle: OpenBattle,
) -> None:
    battle = running_battle()
    answer = Answer.objects.get(turn__battle=battle, side="a")
    successors: list[Claim] = []
    held_up: list[bool] = []

    def hold_up_after_the_update(execute: Callable[..., object], sql: str, *args: object) -> object:
        result = execute(sql, *args)
        if sql.startswith('UPDATE "battles_answer"') and not held_up:
            held_up.append(True)  # what follows is not held up again
            Answer.objects.filter(pk=answer.pk).update(lease_until=battle.created_at)
            recover_battles()
            successors.append(claimed(answer))
        return result

    with connection.execute_wrapper(hold_up_after_the_update):
        first = claimed(answer)
    assert (first.attempt, successors[0].attempt) == (1, 2)


def test_a_worker_that_was_held_up_goes_on_unless_another_took_over(
    running_battle: OpenBattle,
) -> None:
    battle = running_battle()
    answer = Answer.objects.get(turn__battle=battle, side="a")
    slow = claimed(answer)
    Answer.objects.filter(pk=answer.pk).update(lease_until=battle.created_at)
    recover_battles()
    assert extend_leases({answer.pk: slow.attempt}) == {answer.pk}
    assert claim_answer(answer.pk) is None
    Answer.objects.filter(pk=answer.pk).update(lease_until=battle.created_at)
    recover_battles()
    successor = claimed(answer)
    assert extend_leases({answer.pk: slow.attempt}) == set()
    cancel_answer(slow)
    assert extend_leases({answer.pk: successor.attempt}) == {answer.pk}
    battle.refresh_from_db()
    assert battle.state == Battle.State.GENERATING


def test_an_answer_over_which_workers_keep_dying_is_given_up(running_battle: OpenBattle) -> None:
    battle = running_battle()
    answer = Answer.objects.get(turn__battle=battle, side="a")
    for _ in range(MAX_ATTEMPTS):
        claimed(answer)
        Answer.objects.filter(pk=answer.pk).update(lease_until=battle.created_at)
        recover_battles()
    assert claim_answer(answer.pk) is None
    battle.refresh_from_db()
    assert battle.state == Battle.State.FAILED
    assert battle.failure == Battle.Failure.INTERRUPTED


def test_what_a_failed_battle_leaves_behind_is_cleared(running_battle: OpenBattle) -> None:
    unclaimed, abandoned = running_battle(), running_battle()
    claimed(Answer.objects.get(turn__battle=abandoned, side="b"))
    for battle in (unclaimed, abandoned):
        claim = claimed(Answer.objects.get(turn__battle=battle, side="a"))
        assert fail_answer(claim.answer_id, claim.attempt, "timeout", "late")
    left = Answer.objects.filter(turn__battle__in=(unclaimed, abandoned), side="b")
    recover_battles()
    assert {answer.state for answer in left} == {"pending", "streaming"}  # it is early yet
    left.filter(state="pending").update(queued_at=unclaimed.created_at - REQUEUE_AFTER)
    left.filter(state="streaming").update(lease_until=abandoned.created_at)
    recover_battles()
    assert {(answer.state, answer.error) for answer in left.all()} == {("failed", "cancelled")}


@pytest.mark.parametrize("behaviour", ["slow", "hang-before-token"])
def test_the_other_side_of_a_failed_battle_stops_being_written(
    running_battle: OpenBattle, monkeypatch: pytest.MonkeyPatch, behaviour: str
) -> None:
    monkeypatch.setattr("arena.battles.generation.leases.BEAT_SECONDS", 0.1)
    battle = running_battle(behaviour, "bad-request")  # fails at once, for it is not retried
    write_answers(battle)
    survivor = Answer.objects.get(turn__battle=battle, side="a")
    assert survivor.state == Answer.State.FAILED
    assert survivor.error == "cancelled"
    assert Call.objects.get(endpoint__contestant=battle.contestant_a).error == Call.CANCELLED


def test_a_battle_is_not_locked_while_redis_is_asked(
    running_battle: OpenBattle, monkeypatch: pytest.MonkeyPatch
) -> None:
    battle = running_battle()
    locked = []

    def lock() -> None:
        with transaction.atomic():
            locked.append(Battle.objects.select_for_update(nowait=True).get(pk=battle.pk))
        connection.close()

    def slow(battle_id: uuid.UUID, turn: int) -> tuple[int, list[Entry]]:
        other = threading.Thread(target=lock)
        other.start()
        other.join(timeout=seconds(60))
        return read_streams(battle_id, turn)

    monkeypatch.setattr(display, "read_streams", slow)
    for answer in Answer.objects.filter(turn__battle=battle):
        finished = Finished("stop", 3, 5, 0.1, 0.2)
        assert complete_answer(claimed(answer), "An answer.", finished)
    battle.refresh_from_db()
    assert battle.state == Battle.State.OPEN
    assert len(locked) == 2
