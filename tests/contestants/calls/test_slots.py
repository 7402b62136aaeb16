"""Slots: how many requests an endpoint gets at once, over all processes."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from django.conf import settings as django_settings

from arena.contestants.calls import slots
from arena.contestants.calls.once import once
from arena.contestants.calls.streaming import stream_answer
from arena.contestants.models import (
    Call,
    Endpoint,
    Usage,
)
from arena.contestants.provider import (
    Waiting,
)
from tests.arena_settings import ChangeSettings
from tests.contestants.calls.helpers import (
    QUESTION,
    call_to,
    in_threads,
)
from tests.openai_server import OpenAIServer
from tests.speed import seconds, unit

pytestmark = pytest.mark.django_db(transaction=True)


def test_no_more_requests_at_once_than_there_are_slots(
    endpoint: Endpoint, arena_settings: ChangeSettings
) -> None:
    arena_settings(slot_seconds=seconds(120))
    most = 0
    lock = threading.Lock()

    def one(_: int) -> list[str]:
        nonlocal most
        kinds = []
        for event in stream_answer(call_to(endpoint), QUESTION):
            kinds.append(type(event).__name__)
            with lock:
                most = max(most, server.open)
        return kinds

    with OpenAIServer(rate=20 / unit(), tokens=20) as server:  # a second, so that others wait
        Endpoint.objects.update(max_concurrency=2, base_url=server.url, model_id="paced")
        kinds = in_threads(6, one)
    assert most == 2
    assert all(isinstance(kind, list) and kind[-1] == "Finished" for kind in kinds)
    assert sum("Waiting" in kind for kind in kinds if isinstance(kind, list)) >= 4
    assert not Usage.objects.get().failures


def test_threads_that_begin_at_once_share_one_object() -> None:
    made = []

    @once
    def make() -> object:
        made.append(object())
        time.sleep(0.05)
        return made[-1]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: make(), range(8)))
    assert [*map(id, found)] == [id(made[0])] * 8


def test_waiting_for_a_slot_can_be_given_up(endpoint: Endpoint) -> None:
    Endpoint.objects.update(max_concurrency=1)
    taken = slots.slots().take(endpoint.pk, 1)
    assert taken
    with slots.slots().held(taken):
        events = stream_answer(call_to(endpoint), QUESTION)
        assert isinstance(next(events), Waiting)
        events.close()
    assert Call.objects.get().error == Call.CANCELLED


def test_a_killed_process_leaks_no_slot(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slots, "BEAT_SECONDS", 3600)  # the test extends leases
    now = 1_900_000_000.0
    killed = slots.Slots(clock=lambda: now)
    alive = slots.Slots(clock=lambda: now)
    assert killed.take(endpoint.pk, 2) and alive.take(endpoint.pk, 2)
    assert alive.take(endpoint.pk, 2) is None
    now += 0.9 * slots.LEASE_SECONDS
    alive.extend()
    assert alive.take(endpoint.pk, 2) is None
    now += 0.2 * slots.LEASE_SECONDS
    assert alive.take(endpoint.pk, 2)  # the one of the killed process
    assert alive.take(endpoint.pk, 2) is None


def test_slots_survive_a_redis_that_lost_its_memory(endpoint: Endpoint) -> None:
    holder = slots.Slots()
    member = holder.take(endpoint.pk, 1)
    assert member
    with redis.Redis.from_url(django_settings.REDIS_URL) as client:
        client.flushdb()
    holder.extend()
    assert holder.take(endpoint.pk, 1) is None
    with holder.held(member):
        pass
    again = holder.take(endpoint.pk, 1)
    assert again
    with holder.held(again):  # so that its thread has nothing to extend after the test
        pass
