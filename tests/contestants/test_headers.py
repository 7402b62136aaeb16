"""Requests to endpoints look like those of a common client and do not name the arena."""

import json
from collections.abc import Iterator

import pytest

from arena.contestants.admin.trials import offered_models
from arena.contestants.provider import Finished, Limits, Message, Target, probe, stream_chat
from tests.arena_settings import ChangeSettings
from tests.openai_server import OpenAIServer

LIMITS = Limits(connect=60, first_token=120, between_tokens=120, whole=240)
QUESTION: list[Message] = [{"role": "user", "content": "Why?"}]

# As openai 3.57.0 sends them from CPython on Linux, in this order.
SDK = [
    "host",
    "accept-encoding",
    "connection",
    "authorization",
    "accept",
    "content-type",
    "user-agent",
    "x-stainless-lang",
    "x-stainless-package-version",
    "x-stainless-os",
    "x-stainless-arch",
    "x-stainless-runtime",
    "x-stainless-runtime-version",
    "x-stainless-async",
    "x-stainless-retry-count",
    "x-stainless-read-timeout",
    "content-length",
]


@pytest.fixture(scope="module")
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer(offers=["ok"]) as server:
        yield server


def test_a_request_has_the_headers_of_the_sdk_in_its_order(server: OpenAIServer) -> None:
    target = Target(server.url, "ok", api_key="sk-1", parameters={"temperature": 0.5})
    list(stream_chat(target, QUESTION, LIMITS))
    request = server.requests[-1]
    assert list(request.headers) == SDK
    assert request.headers["user-agent"].startswith("OpenAI/Python ")
    assert request.headers["user-agent"].endswith(request.headers["x-stainless-package-version"])
    assert request.headers["accept"] == "application/json"
    assert request.headers["accept-encoding"] == "gzip, deflate"
    order = ["model", "stream", "messages", "stream_options", "temperature"]
    assert list(request.body) == order


def test_no_request_names_the_arena(server: OpenAIServer) -> None:
    target = Target(server.url, "ok", api_key="sk-1")
    since = len(server.requests)
    assert offered_models(target) == ["ok"]
    assert probe(target, LIMITS).finished
    assert {request.path for request in server.requests[since:]} == {
        "/v1/models",
        "/v1/chat/completions",
    }
    for request in server.requests[since:]:
        assert "arena" not in json.dumps([request.headers, request.body]).lower()


def test_another_client_brings_no_headers_of_the_sdk(
    server: OpenAIServer, arena_settings: ChangeSettings
) -> None:
    arena_settings(user_agent="python-httpx/0.28.1")
    list(stream_chat(Target(server.url, "ok"), QUESTION, LIMITS))
    headers = server.requests[-1].headers
    assert headers["user-agent"] == "python-httpx/0.28.1"
    assert "authorization" not in headers
    assert not any(name.startswith("x-stainless") for name in headers)


@pytest.mark.parametrize("wrong", ["", "  ", "a\r\nX-Admin: 1", "bräuser", "a\x00"])
def test_a_user_agent_that_no_header_can_carry_is_refused(
    arena_settings: ChangeSettings, wrong: str
) -> None:
    with pytest.raises(ValueError, match=r"(?i)user_agent"):
        arena_settings(user_agent=wrong)


def test_parameters_cannot_replace_what_the_arena_sets(server: OpenAIServer) -> None:
    target = Target(server.url, "ok", parameters={"model": "other", "stream": False})
    *_, finished = stream_chat(target, QUESTION, LIMITS)
    assert isinstance(finished, Finished)
    assert server.requests[-1].body["model"] == "ok"
    assert server.requests[-1].body["stream"] is True
