"""One answer as the arena shows it."""

import time
from collections.abc import Generator
from contextlib import closing
from email.utils import formatdate

import pytest
from pytest_django import Settings

from arena.contestants.calls import Outcome
from arena.contestants.client import with_retries
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
from arena.contestants.provider.client import _retry_after
from arena.contestants.selectors import limits_of
from tests.openai_server import OpenAIServer

LIMITS = Limits(connect=1, first_token=2, between_tokens=1, whole=4, max_chars=60_000)
QUESTION: list[Message] = [{"role": "user", "content": "Why is the sky blue?"}]


def shown(target: Target, limits: Limits = LIMITS) -> Generator[Event, None, None]:
    with closing(with_retries(target, QUESTION, limits, Outcome())) as events:
        yield from events


def ask(target: Target, limits: Limits = LIMITS) -> tuple[str, Finished]:
    *deltas, finished = shown(target, limits)
    assert isinstance(finished, Finished)
    return "".join(delta.text for delta in deltas if isinstance(delta, Delta)), finished


def test_tells_are_taken_out_on_the_way(openai_server: OpenAIServer) -> None:
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
def test_what_may_not_be_shown_is_no_answer(
    openai_server: OpenAIServer, behaviour: str, kind: ErrorKind
) -> None:
    with pytest.raises(ProviderError) as caught:
        ask(Target(openai_server.url, behaviour))
    assert caught.value.kind == kind
    assert openai_server.requests[-1].body["model"] == behaviour


def test_a_passing_failure_is_retried_until_an_answer_begins(openai_server: OpenAIServer) -> None:
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
        ("asks-for-a-second", 2),
        ("closes-at-once", 6),
        ("error-503", 6),
    ],
)
def test_only_what_may_pass_is_retried_and_within_the_limit(
    openai_server: OpenAIServer, behaviour: str, attempts: int
) -> None:
    requests = len(openai_server.requests)
    started = time.monotonic()
    with pytest.raises(ProviderError):
        ask(Target(openai_server.url, behaviour))
    asked = [r for r in openai_server.requests[requests:] if r.body["model"] == behaviour]
    assert len(asked) == 1 if attempts == 1 else 2 <= len(asked) <= attempts
    assert time.monotonic() - started < LIMITS.first_token + 0.5
    if behaviour == "asks-for-a-second":
        assert time.monotonic() - started > 1


def test_waiting_can_be_given_up(openai_server: OpenAIServer) -> None:
    events = shown(Target(openai_server.url, "error-503"))
    assert isinstance(next(events), Waiting)
    started = time.monotonic()
    events.close()
    assert time.monotonic() - started < 0.1


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("30", 30.0), (" 0 ", 0.0), ("-1", None), ("soon", None), ("9" * 400, None), ("", None)],
)
def test_retry_after_is_understood_or_ignored(value: str, seconds: float | None) -> None:
    assert _retry_after(value) == seconds


def test_retry_after_may_be_a_date() -> None:
    assert _retry_after("Thu, 01 Jan 1970 00:00:00 GMT") == 0
    assert 3500 < (_retry_after(formatdate(time.time() + 3600, usegmt=True)) or 0) < 3700


def test_an_endpoint_has_its_own_limits(settings: Settings) -> None:
    settings.ARENA_CONNECT_SECONDS = 1
    assert limits_of(Endpoint(first_token_seconds=120)).first_token == 120
    assert limits_of(Endpoint(first_sign_seconds=90)).first_sign == 90
    assert limits_of(Endpoint(first_token_seconds=120)).connect == 1
