"""One answer as the arena shows it."""

import time
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import replace
from email.utils import formatdate

import pytest

from arena.contestants.calls.budget import Outcome
from arena.contestants.calls.streaming import RETRIES, with_retries
from arena.contestants.catalogue.targets import limits_of, target_of
from arena.contestants.models import Endpoint
from arena.contestants.provider import (
    Delta,
    ErrorKind,
    Event,
    Finished,
    Limits,
    Message,
    ProviderError,
    Target,
    Waiting,
)
from arena.contestants.provider.client import retry_after_seconds
from tests.arena_settings import ChangeSettings
from tests.factories import Registered
from tests.openai_server import OpenAIServer

LIMITS = Limits(connect=60, first_sign=25, first_token=60, between_tokens=60, whole=120)
QUESTION: list[Message] = [{"role": "user", "content": "Why is the sky blue?"}]


class Clock:
    """Moves only while a retry is awaited."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> Iterator[Waiting]:
        yield Waiting()
        self.now += seconds


def shown(
    target: Target, limits: Limits = LIMITS, clock: Clock | None = None
) -> Generator[Event, None, None]:
    clock = clock or Clock()
    events = with_retries(target, QUESTION, limits, Outcome(), clock=clock, pause=clock.pause)
    with closing(events):
        yield from events


def ask(
    target: Target, limits: Limits = LIMITS, clock: Clock | None = None
) -> tuple[str, Finished]:
    *deltas, finished = shown(target, limits, clock)
    assert isinstance(finished, Finished)
    return "".join(delta.text for delta in deltas if isinstance(delta, Delta)), finished


def test_artifacts_are_removed_from_the_stream(openai_server: OpenAIServer) -> None:
    text, finished = ask(Target(openai_server.url, "thinks"))
    assert text == "Blue."
    assert finished.removed == {"reasoning": 30, "token": 10}
    text, finished = ask(Target(openai_server.url, "cites"))
    assert text == "Blue, or so ."
    assert finished.removed == {"citation": 26}
    text, finished = ask(Target(openai_server.url, "thinks-unmarked", thinks_first=True))
    assert text == "Blue."


def test_an_answer_that_reads_like_an_error_is_an_answer(openai_server: OpenAIServer) -> None:
    text, finished = ask(Target(openai_server.url, "error-as-text"))
    assert text.startswith("Well.\n\nError code: 503 - ")
    assert finished.removed == {}


@pytest.mark.parametrize(
    ("behaviour", "kind"),
    [
        ("thinks-unmarked", ErrorKind.THINKS_ALOUD),
        ("thinks-only", ErrorKind.EMPTY),
    ],
)
def test_an_answer_without_visible_text_is_an_error(
    openai_server: OpenAIServer, behaviour: str, kind: ErrorKind
) -> None:
    with pytest.raises(ProviderError) as caught:
        ask(Target(openai_server.url, behaviour))
    assert caught.value.kind == kind
    assert openai_server.requests[-1].body["model"] == behaviour


def test_a_transient_failure_is_retried_until_an_answer_begins(openai_server: OpenAIServer) -> None:
    requests = len(openai_server.requests)
    events = list(shown(Target(openai_server.url, "fails-twice")))
    assert any(isinstance(event, Waiting) for event in events)
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert len(openai_server.requests) == requests + 3
    assert 0 < finished.first_token_seconds < LIMITS.first_token


@pytest.mark.parametrize(
    ("behaviour", "attempts"),
    [
        ("unauthorised", 1),
        ("bad-request", 1),
        ("error-500", 6),
        ("hang-before-token", 1),
        ("reset-connection", 1),  # after the first token
        ("error-in-stream", 1),
        ("refuse-429", 1),  # asks for more time than there is
        ("asks-for-a-second", 6),
        ("closes-at-once", 6),
        ("error-503", 6),
    ],
)
def test_only_transient_failures_are_retried_and_within_the_limit(
    openai_server: OpenAIServer, behaviour: str, attempts: int
) -> None:
    limits = replace(LIMITS, first_token=1) if behaviour == "hang-before-token" else LIMITS
    requests, clock = len(openai_server.requests), Clock()
    with pytest.raises(ProviderError):
        ask(Target(openai_server.url, behaviour), limits, clock)
    asked = [r for r in openai_server.requests[requests:] if r.body["model"] == behaviour]
    assert len(asked) == attempts
    assert clock.now < limits.first_sign
    if behaviour == "asks-for-a-second":
        assert clock.now > attempts - 1


@pytest.mark.parametrize("limit", ["first_sign", "first_token"])
@pytest.mark.parametrize("longest", [0.1, 3, 10])
def test_all_waits_together_keep_to_the_limits(
    openai_server: OpenAIServer, limit: str, longest: float
) -> None:
    clock = Clock()
    with pytest.raises(ProviderError):
        ask(
            Target(openai_server.url, "closes-at-once"),
            replace(LIMITS, **{limit: longest}),  # type: ignore[arg-type]
            clock,
        )
    assert clock.now < longest


def test_waiting_can_be_given_up(openai_server: OpenAIServer) -> None:
    requests = len(openai_server.requests)
    events = shown(Target(openai_server.url, "error-503"))
    assert isinstance(next(events), Waiting)
    events.close()
    assert len(openai_server.requests) == requests + 1


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("30", 30.0), (" 0 ", 0.0), ("-1", None), ("soon", None), ("9" * 400, None), ("", None)],
)
def test_retry_after_is_understood_or_ignored(value: str, seconds: float | None) -> None:
    assert retry_after_seconds(value) == seconds


def test_retry_after_may_be_a_date() -> None:
    assert retry_after_seconds("Thu, 01 Jan 1970 00:00:00 GMT") == 0
    assert 3500 < (retry_after_seconds(formatdate(time.time() + 3600, usegmt=True)) or 0) < 3700


def test_an_endpoint_has_its_own_limits(arena_settings: ChangeSettings) -> None:
    arena_settings(connect_seconds=1)
    assert limits_of(Endpoint(first_token_seconds=120)).first_token == 120
    assert limits_of(Endpoint(first_sign_seconds=90)).first_sign == 90
    assert limits_of(Endpoint(first_token_seconds=120)).connect == 1


def keyed(server: OpenAIServer, model: str) -> Target:
    return Target(server.url, model, api_key="sk-first", spare_keys=("sk-second", "sk-third"))


def keys_sent(server: OpenAIServer, since: int) -> list[str]:
    return [
        request.headers["authorization"].removeprefix("Bearer ")
        for request in server.requests[since:]
    ]


@pytest.mark.parametrize("status", [401, 402, 403, 429])
def test_a_refused_key_is_followed_by_the_next_one_at_once(
    openai_server: OpenAIServer, status: int
) -> None:
    clock, since = Clock(), len(openai_server.requests)
    text, _ = ask(keyed(openai_server, f"takes-keys~third~{status}"), clock=clock)
    assert text == "Blue."
    assert keys_sent(openai_server, since) == ["sk-first", "sk-second", "sk-third"]
    assert clock.now == 0


def test_when_all_keys_are_refused_the_answer_fails_and_shows_none(
    openai_server: OpenAIServer,
) -> None:
    since = len(openai_server.requests)
    with pytest.raises(ProviderError) as caught:
        ask(keyed(openai_server, "takes-keys~none"))
    assert keys_sent(openai_server, since) == ["sk-first", "sk-second", "sk-third"]
    assert "HTTP 401" in caught.value.detail and "[key]" in caught.value.detail
    assert "sk-" not in f"{caught.value} {caught.value.detail}"


def test_other_failures_are_no_reason_to_change_the_key(openai_server: OpenAIServer) -> None:
    since = len(openai_server.requests)
    with pytest.raises(ProviderError):
        ask(keyed(openai_server, "bad-request"))
    assert keys_sent(openai_server, since) == ["sk-first"]


def test_where_every_key_is_asked_too_often_the_retries_are_bounded(
    openai_server: OpenAIServer,
) -> None:
    since = len(openai_server.requests)
    with pytest.raises(ProviderError, match="429"):
        ask(keyed(openai_server, "takes-keys~none~429"))
    sent = keys_sent(openai_server, since)
    assert sent[:4] == ["sk-first", "sk-second", "sk-third", "sk-first"]
    assert 4 <= len(sent) <= 1 + RETRIES + 2


@pytest.mark.django_db
def test_every_request_takes_one_of_the_endpoints_keys(contestant: Registered) -> None:
    endpoint = contestant("keyed").endpoints.get()
    endpoint.api_key = "sk-first\nsk-second\nsk-third"
    drawn = [target_of(endpoint) for _ in range(300)]
    assert {target.api_key for target in drawn} == set(endpoint.keys)
    assert all(sorted(target.all_keys) == sorted(endpoint.keys) for target in drawn)
    assert [target_of(endpoint, place).api_key for place in range(3)] == list(endpoint.keys)
    assert not any(key in repr(drawn) for key in endpoint.keys)
    endpoint.api_key = ""
    assert target_of(endpoint).all_keys == ("",)


def test_no_key_is_kept_that_an_endpoint_echoes(openai_server: OpenAIServer) -> None:
    _, finished = ask(
        Target(openai_server.url, "echoes-key", api_key="sk-first", spare_keys=("sk-first-longer",))
    )
    assert finished.metadata and finished.metadata.model_names[0] == "model of [key]"
    assert "sk-" not in repr(finished.metadata)
    assert "[key]" in repr(finished.metadata.usage)
