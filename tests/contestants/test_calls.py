"""Calls: budgets, health and slots of endpoints, with real processes' races in threads."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
import redis
from django.conf import settings as django_settings
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from arena.battles.live.streams import KEEP_SECONDS
from arena.contestants.calls import breaker, budget, slots
from arena.contestants.calls.budget import OpenCall, Outcome, begin_call, begin_call_to, end_call
from arena.contestants.calls.once import once
from arena.contestants.calls.probing import probe_endpoint
from arena.contestants.calls.streaming import stream_answer
from arena.contestants.catalogue.reading import drawable_contestants
from arena.contestants.catalogue.targets import limits_of
from arena.contestants.models import (
    LONGEST_ANSWER_SECONDS,
    Call,
    Contestant,
    Endpoint,
    EndpointHealth,
    Usage,
)
from arena.contestants.provider import (
    Delta,
    ErrorKind,
    Finished,
    Message,
    ProviderError,
    Waiting,
)
from arena.contestants.tasks import probe_endpoints
from arena.settings import base
from tests.arena_settings import ChangeSettings
from tests.factories import Registered
from tests.openai_server import OpenAIServer
from tests.speed import seconds, unit

pytestmark = pytest.mark.django_db(transaction=True)

QUESTION: list[Message] = [{"role": "user", "content": "Why is the sky blue?"}]
State = EndpointHealth.State


@pytest.fixture
def endpoint(contestant: Registered) -> Endpoint:
    return contestant("left").endpoints.get()


def call_to(endpoint: Endpoint) -> OpenCall:
    call = begin_call_to(Endpoint.objects.get(pk=endpoint.pk), QUESTION)
    assert call is not None
    return call


def answer(endpoint: Endpoint, behaviour: str = "ok") -> str:
    """What a call to an endpoint that behaves like this shows."""
    Endpoint.objects.filter(pk=endpoint.pk).update(model_id=behaviour)
    events = list(stream_answer(call_to(endpoint), QUESTION))
    return "".join(event.text for event in events if isinstance(event, Delta))


def fail(endpoint: Endpoint, behaviour: str = "unauthorised") -> ErrorKind:
    with pytest.raises(ProviderError) as caught:
        answer(endpoint, behaviour)
    return caught.value.kind


def in_threads(number: int, work: Callable[[int], object]) -> list[object]:
    def one(index: int) -> object:
        try:
            return work(index)
        finally:
            connection.close()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(one, range(number)))


def health(endpoint: Endpoint) -> EndpointHealth:
    return EndpointHealth.objects.get(endpoint=endpoint)


def is_drawable(endpoint: Endpoint) -> bool:
    return drawable_contestants().filter(pk=endpoint.contestant_id).exists()


# --- what is kept of a call ---------------------------------------------------------------------


def test_an_answer_is_accounted_for(endpoint: Endpoint) -> None:
    endpoint.prompt_price, endpoint.completion_price = Decimal(2), Decimal(10)
    endpoint.save()
    answer(endpoint)
    call = Call.objects.get()
    assert (call.prompt_tokens, call.completion_tokens, call.is_estimated) == (7, 15, False)
    assert call.cost == Decimal("0.000164")
    assert call.error == ""
    usage = Usage.objects.get()
    assert usage.day == timezone.now().date()
    assert (usage.calls, usage.failures) == (1, 0)
    assert (usage.cost, usage.reserved) == (call.cost, Decimal(0))
    assert (usage.prompt_tokens, usage.completion_tokens, usage.estimated_tokens) == (7, 15, 0)


def test_what_an_endpoint_does_not_count_is_estimated_and_said_so(endpoint: Endpoint) -> None:
    answer(endpoint, "no-done")
    call = Call.objects.get()
    assert call.is_estimated
    assert call.completion_tokens == 3  # "all of it", four bytes a token
    assert Usage.objects.get().estimated_tokens == call.prompt_tokens + 3


@pytest.mark.parametrize(
    ("behaviour", "charged"), [("unauthorised", False), ("ends-early", True), ("empty", True)]
)
def test_a_failure_is_charged_if_it_was_answered(
    endpoint: Endpoint, behaviour: str, charged: bool
) -> None:
    fail(endpoint, behaviour)
    call = Call.objects.get()
    assert bool(call.prompt_tokens) == charged
    usage = Usage.objects.get()
    assert (usage.calls, usage.failures, usage.reserved) == (1, 1, Decimal(0))


def test_an_answer_nobody_waits_for_is_settled_and_no_failure(endpoint: Endpoint) -> None:
    Endpoint.objects.update(model_id="hang-mid")
    events = stream_answer(call_to(endpoint), QUESTION)
    next(events)
    events.close()
    assert Call.objects.get().error == Call.CANCELLED
    assert Usage.objects.get().failures == 0
    assert not EndpointHealth.objects.exists()


def test_calls_of_killed_workers_are_settled_at_the_most_they_may_have_cost(
    endpoint: Endpoint,
) -> None:
    endpoint.completion_price, endpoint.parameters = Decimal(10), {"max_tokens": 1000}
    endpoint.save()
    lost = call_to(endpoint)
    call_to(endpoint)
    Call.objects.filter(pk=lost.pk).update(started_at=timezone.now() - 2 * budget.LOST_AFTER)
    budget.tidy_calls()
    usage = Usage.objects.get()
    assert usage.cost == usage.reserved == Decimal("0.01")
    end_call(lost, Outcome(Finished("stop", 1, 1, 0.1, 0.2)))  # it was only slow
    usage.refresh_from_db()
    assert usage.cost == usage.reserved == Decimal("0.01")


def test_a_call_is_not_given_up_while_it_may_last() -> None:
    """What waits for an answer outlasts the longest that any endpoint may take."""
    longest = LONGEST_ANSWER_SECONDS + django_settings.ARENA.slot_seconds
    assert longest < budget.LOST_AFTER.total_seconds()
    assert longest < django_settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
    assert longest < KEEP_SECONDS
    by_default = limits_of(Endpoint())
    assert by_default.whole <= LONGEST_ANSWER_SECONDS


def test_the_defaults_allow_ten_minutes_of_reasoning_and_fifteen_in_all() -> None:
    assert (base.ARENA.first_token_seconds, base.ARENA.answer_seconds) == (600, 900)


def test_old_calls_are_forgotten_their_sums_are_not(endpoint: Endpoint) -> None:
    answer(endpoint)
    Call.objects.update(started_at=timezone.now() - budget.KEPT_FOR - timedelta(hours=1))
    budget.tidy_calls()
    assert not Call.objects.exists()
    assert Usage.objects.get().completion_tokens == 15


# --- the budget ---------------------------------------------------------------------------------


@pytest.fixture
def priced(endpoint: Endpoint) -> Endpoint:
    """A hundredth for an answer of at most a thousand tokens; prompts are free."""
    endpoint.prompt_price, endpoint.completion_price = Decimal(0), Decimal(10)
    endpoint.parameters = {"max_tokens": 1000}
    endpoint.daily_budget = Decimal("0.05")
    endpoint.full_clean()
    endpoint.save()
    return endpoint


def test_calls_at_once_never_exceed_the_budget(priced: Endpoint) -> None:
    begun = in_threads(12, lambda _: begin_call(priced.contestant_id, QUESTION))
    assert sum(call is not None for call in begun) == 5
    assert Usage.objects.get().reserved == Decimal("0.05")


def test_a_contestant_leaves_the_draw_before_the_budget_is_exceeded_until_tomorrow(
    priced: Endpoint,
) -> None:
    assert is_drawable(priced)
    for _ in range(4):
        call_to(priced)
        assert is_drawable(priced)
    call_to(priced)
    assert not is_drawable(priced)
    Usage.objects.update(day=timezone.now().date() - timedelta(days=1))
    assert is_drawable(priced)


def test_what_an_answer_did_not_use_is_free_again(priced: Endpoint) -> None:
    for _ in range(10):  # of 15 tokens each
        answer(priced)
    assert is_drawable(priced)
    assert Usage.objects.get().cost == Decimal("0.0015")


@pytest.mark.parametrize(
    "missing", [{"prompt_price": None}, {"completion_price": None}, {"parameters": {}}]
)
def test_a_budget_without_a_bound_is_refused(priced: Endpoint, missing: dict[str, object]) -> None:
    for name, value in missing.items():
        setattr(priced, name, value)
    with pytest.raises(ValidationError):
        priced.full_clean()


# --- the circuit breaker ------------------------------------------------------------------------

# What a prompt can have a sound endpoint send: whatever the model may be talked into, and what a
# server does with a prompt that it does not like.
PROVOKED = [
    "bad-request",
    "error-500",
    "refuse-429",
    "html",
    "ends-early",
    "empty",
    "huge-200k",
    "thinks-only",
    "thinks-unmarked",
    "error-in-stream",
]


def probe(endpoint: Endpoint, behaviour: str) -> None:
    """Probe an endpoint that behaves like this."""
    Endpoint.objects.filter(pk=endpoint.pk).update(model_id=behaviour)
    probe_endpoint(endpoint.pk)


def run_due_probes(monkeypatch: pytest.MonkeyPatch) -> None:
    """As beat and a worker do, when the time has come."""
    EndpointHealth.objects.exclude(probe_at=None).update(probe_at=timezone.now())
    monkeypatch.setattr("arena.contestants.tasks.probe_endpoint.delay", probe_endpoint)
    probe_endpoints()


def open_circuit(endpoint: Endpoint, behaviour: str = "unauthorised") -> None:
    for _ in range(django_settings.ARENA.breaker_failures):
        probe(endpoint, behaviour)


def test_an_endpoint_whose_probes_keep_failing_leaves_the_draw(
    endpoint: Endpoint, settings: Settings
) -> None:
    for _ in range(settings.ARENA.breaker_failures - 1):
        probe(endpoint, "unauthorised")
        assert is_drawable(endpoint)
    probe(endpoint, "html")
    assert not is_drawable(endpoint)
    assert begin_call(endpoint.contestant_id, QUESTION) is None
    state = health(endpoint)
    assert (state.state, state.last_error) == (State.OPEN, ErrorKind.MALFORMED)
    assert "Welcome to the proxy" in state.last_error_detail
    assert state.probe_at is not None and state.probe_at > timezone.now()


def test_a_probe_that_is_answered_in_between_keeps_it_in(endpoint: Endpoint) -> None:
    for _ in range(4):
        probe(endpoint, "unauthorised")
        probe(endpoint, "unauthorised")
        probe(endpoint, "ok")
    assert is_drawable(endpoint)
    assert health(endpoint).failures == 0


@pytest.mark.parametrize("behaviour", PROVOKED)
def test_no_prompt_moves_the_circuit(
    endpoint: Endpoint,
    behaviour: str,
    monkeypatch: pytest.MonkeyPatch,
    arena_settings: ChangeSettings,
    settings: Settings,
) -> None:
    """However often battles fail: the endpoint answers the arena's own prompt, so it stays in."""
    arena_settings(first_sign_seconds=0.3, first_token_seconds=0.3)
    for _ in range(2 * settings.ARENA.breaker_failures):
        fail(endpoint, behaviour)
    assert is_drawable(endpoint)
    asked = health(endpoint)
    assert (asked.state, asked.failures, asked.last_error) == (State.CLOSED, 0, "")
    assert asked.probe_at is not None
    Endpoint.objects.update(model_id="ok")
    arena_settings(first_token_seconds=seconds(60), answer_seconds=seconds(60))
    run_due_probes(monkeypatch)
    assert (health(endpoint).state, health(endpoint).failures) == (State.CLOSED, 0)
    assert is_drawable(endpoint)


def test_no_prompt_keeps_a_broken_endpoint_in(endpoint: Endpoint) -> None:
    for _ in range(django_settings.ARENA.breaker_failures):
        probe(endpoint, "unauthorised")
        answer(endpoint, "ok")
    assert not is_drawable(endpoint)


def test_an_endpoint_that_is_down_is_found_out_after_one_failed_battle(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(endpoint, "unauthorised")
    assert is_drawable(endpoint)
    for _ in range(django_settings.ARENA.breaker_failures):
        soon = timezone.now() + timedelta(seconds=5)
        probe_at = health(endpoint).probe_at
        assert probe_at and probe_at < soon
        run_due_probes(monkeypatch)
    assert not is_drawable(endpoint)


def test_failed_battles_ask_for_few_probes(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(endpoint, "bad-request")
    Endpoint.objects.update(model_id="ok")
    run_due_probes(monkeypatch)
    for _ in range(3):
        fail(endpoint, "bad-request")
    due = health(endpoint).probe_at
    assert due and due > timezone.now() + breaker.PROBE_INTERVAL / 2
    assert breaker.claim_due_probes() == []
    assert Call.objects.filter(is_probe=True).count() == 1


def test_waiting_for_a_slot_in_vain_asks_for_no_probe(
    endpoint: Endpoint, arena_settings: ChangeSettings
) -> None:
    arena_settings(slot_seconds=0.5)
    Endpoint.objects.update(max_concurrency=1)
    taken = slots.slots().take(endpoint.pk, 1)
    assert taken
    with slots.slots().held(taken):
        assert fail(endpoint, "ok") == ErrorKind.BUSY
    assert not EndpointHealth.objects.exists()
    assert answer(endpoint)


def test_it_comes_back_by_itself(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    open_circuit(endpoint)
    first = health(endpoint)
    run_due_probes(monkeypatch)  # still down
    second = health(endpoint)
    assert second.state == State.OPEN
    assert second.probe_at and first.probe_at and second.probe_at > first.probe_at
    Endpoint.objects.update(model_id="ok")
    run_due_probes(monkeypatch)
    assert health(endpoint).state == State.CLOSED
    assert is_drawable(endpoint)


def test_an_endpoint_that_fails_again_and_again_is_probed_ever_more_rarely(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    for opening in range(1, 4):
        open_circuit(endpoint)
        assert health(endpoint).openings == opening
        Endpoint.objects.update(model_id="ok")
        run_due_probes(monkeypatch)
    long_ago = timezone.now() - timedelta(seconds=2 * breaker.LONGEST_PROBE_SECONDS)
    EndpointHealth.objects.update(changed_at=long_ago)
    open_circuit(endpoint)
    assert health(endpoint).openings == 1


def test_a_probe_that_is_not_due_is_not_sent(
    endpoint: Endpoint, openai_server: OpenAIServer
) -> None:
    open_circuit(endpoint)
    assert breaker.claim_due_probes() == []


def test_a_probe_is_claimed_once_and_again_if_its_worker_dies(endpoint: Endpoint) -> None:
    open_circuit(endpoint)
    EndpointHealth.objects.update(probe_at=timezone.now())
    claimed = in_threads(6, lambda _: breaker.claim_due_probes())
    assert sorted(claimed, key=bool) == [[]] * 5 + [[endpoint.pk]]
    assert health(endpoint).state == State.HALF_OPEN
    assert not is_drawable(endpoint)
    EndpointHealth.objects.update(probe_at=timezone.now())
    assert breaker.claim_due_probes() == [endpoint.pk]


def test_probes_grow_rarer() -> None:
    waits = [breaker.probe_delay(openings) for openings in range(12)]
    assert 4 <= waits[0] <= 6
    assert waits == sorted(waits[:7]) + waits[7:]
    assert all(480 <= wait <= 720 for wait in waits[7:])


def test_another_endpoint_of_the_contestant_takes_over(endpoint: Endpoint) -> None:
    second = Endpoint.objects.create(
        contestant=endpoint.contestant, base_url=endpoint.base_url, model_id="ok~second"
    )
    first_choice = begin_call(endpoint.contestant_id, QUESTION)
    open_circuit(endpoint)
    fallback = begin_call(endpoint.contestant_id, QUESTION)
    assert first_choice and fallback
    assert (first_choice.endpoint, fallback.endpoint) == (endpoint, second)
    assert is_drawable(endpoint)


def test_an_answer_that_shows_a_thought_has_the_endpoint_probed_and_noted(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fail(endpoint, "thinks-unmarked") == ErrorKind.THINKS_ALOUD
    run_due_probes(monkeypatch)
    endpoint.refresh_from_db()
    assert endpoint.thinks_first
    assert answer(endpoint, "thinks-unmarked") == "Blue."


def test_failed_probes_at_once_open_the_circuit_once(endpoint: Endpoint) -> None:
    begun = [begin_call_to(endpoint, QUESTION, is_probe=True) for _ in range(8)]
    error = ProviderError(ErrorKind.TIMEOUT, "late")

    def end(index: int) -> None:
        call = begun[index]
        assert call is not None
        end_call(call, Outcome(error=error))

    in_threads(8, end)
    assert health(endpoint).state == State.OPEN
    assert (health(endpoint).failures, health(endpoint).openings) == (8, 1)


def test_beginning_and_ending_a_call_take_a_fixed_number_of_queries(
    contestant: Registered, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    endpoints = [contestant(f"c{number}").endpoints.get() for number in range(4)]
    begin_call(endpoints[0].contestant_id, QUESTION)
    with django_assert_num_queries(5):  # two of them a transaction's
        call = begin_call(endpoints[0].contestant_id, QUESTION)
    assert call
    with django_assert_num_queries(5):
        end_call(call, Outcome(Finished("stop", 1, 1, 0.1, 0.2)))
    with django_assert_num_queries(1):
        assert len(drawable_contestants()) == 4


# --- slots --------------------------------------------------------------------------------------


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


def test_threads_that_begin_at_once_share_what_is_made_once() -> None:
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
    killed = slots.Slots(django_settings.REDIS_URL, clock=lambda: now)
    alive = slots.Slots(django_settings.REDIS_URL, clock=lambda: now)
    assert killed.take(endpoint.pk, 2) and alive.take(endpoint.pk, 2)
    assert alive.take(endpoint.pk, 2) is None
    now += 0.9 * slots.LEASE_SECONDS
    alive.extend()
    assert alive.take(endpoint.pk, 2) is None
    now += 0.2 * slots.LEASE_SECONDS
    assert alive.take(endpoint.pk, 2)  # the one of the killed process
    assert alive.take(endpoint.pk, 2) is None


def test_slots_survive_a_redis_that_lost_its_memory(endpoint: Endpoint) -> None:
    holder = slots.Slots(django_settings.REDIS_URL)
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


def test_retired_contestants_are_not_probed(endpoint: Endpoint) -> None:
    open_circuit(endpoint)
    EndpointHealth.objects.update(probe_at=timezone.now())
    Contestant.objects.update(state=Contestant.State.RETIRED, state_reason="Old.")
    assert breaker.claim_due_probes() == []
