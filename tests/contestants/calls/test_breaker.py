"""The circuit breaker: only probes move it, never a visitor's prompt."""

from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.utils import timezone
from pytest_django import Settings

from arena.contestants.calls import circuit_breaker, slots
from arena.contestants.calls.budget import Outcome, begin_call, begin_call_to, end_call
from arena.contestants.calls.probing import probe_endpoint
from arena.contestants.models import (
    Call,
    Contestant,
    Endpoint,
    EndpointHealth,
)
from arena.contestants.provider import (
    ErrorKind,
    ProviderError,
)
from arena.contestants.tasks import probe_endpoints
from tests.arena_settings import ChangeSettings
from tests.contestants.calls.helpers import (
    QUESTION,
    State,
    answer,
    fail,
    health,
    in_threads,
    is_drawable,
)
from tests.openai_server import OpenAIServer
from tests.speed import seconds

pytestmark = pytest.mark.django_db(transaction=True)


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


def test_an_endpoint_whose_probes_keep_failing_gets_no_battles(
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


def test_an_answered_probe_in_between_keeps_the_circuit_closed(endpoint: Endpoint) -> None:
    for _ in range(4):
        probe(endpoint, "unauthorised")
        probe(endpoint, "unauthorised")
        probe(endpoint, "ok")
    assert is_drawable(endpoint)
    assert health(endpoint).failures == 0


@pytest.mark.parametrize("behaviour", PROVOKED)
def test_no_prompt_opens_the_circuit(
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


def test_no_prompt_keeps_the_circuit_of_a_broken_endpoint_closed(endpoint: Endpoint) -> None:
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


def test_failed_battles_request_few_probes(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(endpoint, "bad-request")
    Endpoint.objects.update(model_id="ok")
    run_due_probes(monkeypatch)
    for _ in range(3):
        fail(endpoint, "bad-request")
    due = health(endpoint).probe_at
    assert due and due > timezone.now() + circuit_breaker.PROBE_INTERVAL / 2
    assert circuit_breaker.claim_due_probes() == []
    assert Call.objects.filter(is_probe=True).count() == 1


def test_a_call_that_gets_no_slot_requests_no_probe(
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


def test_an_endpoint_that_answers_a_probe_gets_battles_again(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
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


def test_probes_of_an_endpoint_that_keeps_failing_become_rarer(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    for opening in range(1, 4):
        open_circuit(endpoint)
        assert health(endpoint).openings == opening
        Endpoint.objects.update(model_id="ok")
        run_due_probes(monkeypatch)
    long_ago = timezone.now() - timedelta(seconds=2 * circuit_breaker.LONGEST_PROBE_SECONDS)
    EndpointHealth.objects.update(changed_at=long_ago)
    open_circuit(endpoint)
    assert health(endpoint).openings == 1


def test_a_probe_that_is_not_due_is_not_sent(
    endpoint: Endpoint, openai_server: OpenAIServer
) -> None:
    open_circuit(endpoint)
    assert circuit_breaker.claim_due_probes() == []


def test_a_probe_is_claimed_once_and_again_if_its_worker_dies(endpoint: Endpoint) -> None:
    open_circuit(endpoint)
    EndpointHealth.objects.update(probe_at=timezone.now())
    claimed = in_threads(6, lambda _: circuit_breaker.claim_due_probes())
    assert sorted(claimed, key=bool) == [[]] * 5 + [[endpoint.pk]]
    assert health(endpoint).state == State.HALF_OPEN
    assert not is_drawable(endpoint)
    EndpointHealth.objects.update(probe_at=timezone.now())
    assert circuit_breaker.claim_due_probes() == [endpoint.pk]


def test_the_delay_between_probes_doubles() -> None:
    waits = [circuit_breaker.probe_delay(openings) for openings in range(12)]
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


def test_retired_contestants_are_not_probed(endpoint: Endpoint) -> None:
    open_circuit(endpoint)
    EndpointHealth.objects.update(probe_at=timezone.now())
    Contestant.objects.update(state=Contestant.State.RETIRED, state_reason="Old.")
    assert circuit_breaker.claim_due_probes() == []
