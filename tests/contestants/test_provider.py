"""An endpoint may do what it likes: an answer ends within its limits, whole or with an error."""

import time

import pytest

from arena.contestants.provider import (
    Delta,
    ErrorKind,
    Finished,
    Limits,
    ProviderError,
    Target,
    probe,
    stream_chat,
)
from tests.openai_server import BEHAVIOURS, WORDS, OpenAIServer

LIMITS = Limits(connect=1, first_token=1, between_tokens=1, whole=2.5, max_chars=60_000)
SENTENCE = " ".join(WORDS) + " "

GOOD = {
    "ok": SENTENCE,
    "crlf": "one two",
    "comments": "heard",
    "no-done": "all of it",
    "no-finish-reason": "done is enough",
    "split-utf8": "naïve 🎉 日本",
    "null-content": "after null",
    "nul-characters": "nonul",
    "invalid-utf8": "a\ufffd b",
    "one-big-chunk": SENTENCE,
    "no-chunks": "ends with the connection",
    "gzip": "unpacked",
    "echo": "Why is the sky blue?",
}
BAD = {
    "error-500": ErrorKind.REJECTED,
    "unauthorised": ErrorKind.REJECTED,
    "refuse-429": ErrorKind.REJECTED,
    "not-found": ErrorKind.REJECTED,
    "redirect": ErrorKind.REJECTED,
    "hang-before-headers": ErrorKind.TIMEOUT,
    "hang-before-token": ErrorKind.TIMEOUT,
    "hang-mid": ErrorKind.TIMEOUT,
    "dribble-headers": ErrorKind.TIMEOUT,
    "dribble-bytes": ErrorKind.TIMEOUT,
    "keep-alive-forever": ErrorKind.TIMEOUT,
    "never-stops": ErrorKind.TIMEOUT,
    "ends-early": ErrorKind.ENDED_EARLY,
    "ends-early-tidily": ErrorKind.ENDED_EARLY,
    "reset-connection": ErrorKind.ENDED_EARLY,
    "closes-at-once": ErrorKind.ENDED_EARLY,
    "rubbish-json": ErrorKind.MALFORMED,
    "rubbish-bytes": ErrorKind.MALFORMED,
    "wrong-shape": ErrorKind.MALFORMED,
    "text-is-a-number": ErrorKind.MALFORMED,
    "a-list": ErrorKind.MALFORMED,
    "html": ErrorKind.MALFORMED,
    "json-not-stream": ErrorKind.MALFORMED,
    "error-in-stream": ErrorKind.REJECTED,
    "empty": ErrorKind.EMPTY,
    "whitespace": ErrorKind.EMPTY,
    "nothing-at-all": ErrorKind.ENDED_EARLY,
    "huge-200k": ErrorKind.TOO_LONG,
    "long-line": ErrorKind.MALFORMED,
    "comment-flood": ErrorKind.TOO_LONG,
}


@pytest.fixture(scope="module")
def server():
    with OpenAIServer() as server:
        yield server


def ask(server, behaviour, limits=LIMITS, **target):
    messages = [{"role": "user", "content": "Why is the sky blue?"}]
    return list(stream_chat(Target(server.url, behaviour, **target), messages, limits))


@pytest.mark.parametrize("behaviour", GOOD)
def test_an_odd_but_valid_stream_is_understood(server, behaviour):
    *deltas, finished = ask(server, behaviour)
    assert "".join(delta.text for delta in deltas) == GOOD[behaviour]
    assert isinstance(finished, Finished)
    assert finished.reason == "stop"
    assert 0 < finished.first_token_seconds <= finished.seconds < 2


@pytest.mark.parametrize("behaviour", BAD)
def test_a_bad_endpoint_ends_in_a_defined_error_within_the_limits(server, behaviour):
    started = time.monotonic()
    with pytest.raises(ProviderError) as caught:
        ask(server, behaviour)
    assert caught.value.kind == BAD[behaviour], caught.value
    assert caught.value.detail
    assert time.monotonic() - started < LIMITS.whole + 1


def test_every_behaviour_of_the_server_is_tried():
    paced = {"paced", "timestamps", "slow", "hostile-markup"}
    assert BEHAVIOURS.keys() == GOOD.keys() | BAD.keys() | paced
    assert len(BAD) >= 25


def test_tokens_arrive_one_by_one_without_delay(server):
    server.rate, server.tokens = 50.0, 20
    delays = []
    for event in stream_chat(
        Target(server.url, "timestamps"), [{"role": "user", "content": "Hi"}], LIMITS
    ):
        if isinstance(event, Delta):
            delays.append(time.monotonic_ns() - int(event.text.split(":")[1]))
    assert len(delays) == 20
    assert sorted(delays)[10] < 20_000_000  # nanoseconds: far below the 20 ms between two tokens


def test_the_request_says_what_the_protocol_asks(server):
    ask(
        server,
        "ok",
        api_key="sk-secret",
        system_prompt="Be brief.",
        parameters={"temperature": 0.5, "model": "another", "stream": False},
    )
    request = server.requests[-1]
    assert request.headers["authorization"] == "Bearer sk-secret"
    assert request.body["model"] == "ok"
    assert request.body["stream"] is True
    assert request.body["temperature"] == 0.5
    assert request.body["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Why is the sky blue?"},
    ]


def test_usage_is_counted(server):
    finished = ask(server, "ok")[-1]
    assert (finished.prompt_tokens, finished.completion_tokens) == (7, 15)


def test_an_error_never_holds_the_key(server):
    with pytest.raises(ProviderError) as caught:
        ask(server, "unauthorised", api_key="sk-very-secret")
    assert "sk-very-secret" not in f"{caught.value} {caught.value.detail}"
    assert "sk-very-secret" not in repr(Target(server.url, "ok", api_key="sk-very-secret"))


def test_nobody_listening(server):
    with pytest.raises(ProviderError) as caught:
        list(stream_chat(Target("http://127.0.0.1:9/v1", "ok"), [], LIMITS))
    assert caught.value.kind == ErrorKind.UNREACHABLE


def test_closing_the_stream_closes_the_connection(server):
    server.rate, server.tokens = 10.0, 1000
    events = stream_chat(Target(server.url, "paced"), [{"role": "user", "content": "Hi"}], LIMITS)
    next(events)
    started = time.monotonic()
    events.close()
    assert time.monotonic() - started < 0.5


def test_a_probe_reports_what_came_back(server):
    report = probe(Target(server.url, "ok"), LIMITS)
    assert report.ok and report.text == SENTENCE and report.completion_tokens == 15
    report = probe(Target(server.url, "error-in-stream"), LIMITS)
    assert not report.ok
    assert "CUDA out of memory" in report.error
