"""What an endpoint reports beside the text is kept as it came, within bounds, whatever it sends."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from arena.contestants.provider import Delta, Finished, Limits, Message, Target, stream_chat
from arena.contestants.provider.metadata import (
    MAX_CHUNK_CHARS,
    MAX_CHUNKS,
    MAX_NAME_CHARS,
    MAX_NAMES,
    MAX_USAGE_ENTRIES,
    MAX_USAGE_KEY_CHARS,
    MetadataCollector,
    ResponseMetadata,
)
from tests.openai_server import OpenAIServer, Wire

LIMITS = Limits(connect=60, first_token=120, between_tokens=120, whole=240)
QUESTION: list[Message] = [{"role": "user", "content": "Why is the sky blue?"}]


@pytest.fixture(scope="module")
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as server:
        yield server


def event(text: str | None = None, reason: str | None = None, **members: Any) -> bytes:
    delta = {} if text is None else {"content": text}
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return f"data: {json.dumps({'choices': [choice], **members})}\n\n".encode()


def reported(
    server: OpenAIServer, *events: bytes, **target: Any
) -> tuple[str, Finished, ResponseMetadata]:
    """The text of an answer of these events, its end, and what was reported beside it."""
    server.wires["wired"] = [Wire(events)]
    asked = stream_chat(Target(server.url, "wired", **target), QUESTION, LIMITS)
    *before, finished = list(asked)
    assert isinstance(finished, Finished) and finished.metadata is not None
    text = "".join(each.text for each in before if isinstance(each, Delta))
    return text, finished, finished.metadata


def test_everything_that_an_endpoint_reports_is_kept_as_it_came(server: OpenAIServer) -> None:
    usage = {
        "prompt_tokens": 17,
        "completion_tokens": 5,
        "cost": 0.25,
        "is_byok": False,
        "prompt_tokens_details": {"cached_tokens": 12, "audio_tokens": None},
        "completion_tokens_details": {"reasoning_tokens": 3},
    }
    named = {"model": "left-7b-0613", "system_fingerprint": "fp_44709d6fcb", "provider": "Heron"}
    thought = {"index": 0, "delta": {"reasoning_content": "Hm, the sky."}, "finish_reason": None}
    text, finished, metadata = reported(
        server,
        event(**named, choices=[thought]),
        event("Blue", **named),
        event(", naïve 🎉", **named),
        event(".", **named),
        event(reason="stop", **named),
        event(choices=[], usage=usage, **named),
        parameters={"temperature": 0.7, "max_tokens": 64},
        system_prompt="Be brief.",
    )
    assert text == "Blue, naïve 🎉."
    assert metadata.model_names == ("left-7b-0613",)
    assert metadata.fingerprints == ("fp_44709d6fcb",)
    assert metadata.providers == ("Heron",)
    assert metadata.finish_reasons == ("stop",)
    assert metadata.chunks == (4, 9, 1)
    assert metadata.chunk_count == 3
    assert metadata.reasoning_chars == len("Hm, the sky.")
    assert metadata.usage == {
        "prompt_tokens": 17,
        "completion_tokens": 5,
        "cost": 0.25,
        "is_byok": False,
        "prompt_tokens_details.cached_tokens": 12,
        "completion_tokens_details.reasoning_tokens": 3,
    }
    assert metadata.request == {
        "temperature": 0.7,
        "max_tokens": 64,
        "model": "wired",
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert metadata.first_text_seconds == finished.first_token_seconds


def test_the_request_is_kept_as_it_was_sent_in_the_end(server: OpenAIServer) -> None:
    """An endpoint that refuses to be asked for usage is asked again without."""
    *_, finished = stream_chat(Target(server.url, "refuses-usage"), QUESTION, LIMITS)
    assert isinstance(finished, Finished) and finished.metadata
    assert finished.metadata.request == {"model": "refuses-usage", "stream": True}


def test_names_that_change_in_mid_answer_are_all_kept_up_to_a_bound(server: OpenAIServer) -> None:
    _, _, metadata = reported(
        server,
        event("a", model="left", system_fingerprint="one"),
        event("b", model="right"),
        event("c", model="left"),
        *(event("d", model="right", system_fingerprint=f"number {n}") for n in range(50)),
        event(reason="stop"),
    )
    assert metadata.model_names == ("left", "right")
    assert metadata.fingerprints == ("one", *(f"number {n}" for n in range(MAX_NAMES - 1)))


def test_counts_that_grow_from_chunk_to_chunk_end_at_the_last(server: OpenAIServer) -> None:
    _, _, metadata = reported(
        server,
        *(event("a", usage={"completion_tokens": n, "prompt_tokens": 9}) for n in range(1, 5)),
        event(reason="stop", usage={"completion_tokens": 4}),
    )
    assert metadata.usage == {"completion_tokens": 4, "prompt_tokens": 9}


def test_counts_outside_of_usage_are_kept_too(server: OpenAIServer) -> None:
    _, _, metadata = reported(
        server,
        event("a"),
        event(reason="stop", timings={"prompt_n": 8, "predicted_per_second": 110.5}),
        event(choices=[], x_groq={"id": "r1", "usage": {"total_tokens": 20}}, eval_count=12),
    )
    assert metadata.usage == {
        "timings.prompt_n": 8,
        "timings.predicted_per_second": 110.5,
        "x_groq.id": "r1",
        "x_groq.usage.total_tokens": 20,
        "eval_count": 12,
    }


@pytest.mark.parametrize(
    "odd",
    [None, 0, -1, 10**400, 1.5, True, "", "x" * 500_000, "a\x00\ud800b", [], ["x"], {}, {"a": {}}],
    ids=lambda odd: repr(odd)[:12],
)
@pytest.mark.parametrize("member", ["model", "system_fingerprint", "provider", "usage"])
def test_members_of_any_type_and_size_never_fail_an_answer(
    server: OpenAIServer, member: str, odd: Any
) -> None:
    text, _, metadata = reported(server, event("a", **{member: odd}), event("b", reason="stop"))
    assert text == "ab"
    names = [*metadata.model_names, *metadata.fingerprints, *metadata.providers]
    assert all(0 < len(name) <= MAX_NAME_CHARS and "\x00" not in name for name in names)
    json.dumps([names, metadata.usage]).encode()


def test_usage_has_bounds_in_breadth_depth_and_size() -> None:
    deep: dict[str, Any] = {"deepest": 1}
    for _ in range(200):
        deep = {"deeper": deep, "here": 2}
    collector = MetadataCollector()
    collector.take_event(
        {
            "usage": {
                "deep": deep,
                "huge": 10**30,
                "endless": float("inf"),
                "nothing": float("nan"),
                "text": "y" * 1000,
                "k" * 10_000: 1,
                "nul\x00": 3,
                **{f"member {n}": n for n in range(10_000)},
            }
        }
    )
    usage = collector.result().usage
    assert len(usage) <= MAX_USAGE_ENTRIES
    assert max(map(len, usage)) <= MAX_USAGE_KEY_CHARS
    assert usage["nul"] == 3
    assert usage["text"] == "y" * 40
    assert not {"huge", "endless", "nothing"} & usage.keys()
    assert usage["deep.here"] == 2
    collector.take_event({"usage": {"member 1": 5, "late": 6}})
    assert collector.result().usage["member 1"] == 5, "what is known is brought up to date"


def test_chunks_have_bounds_in_number_and_size() -> None:
    collector = MetadataCollector()
    collector.take_text("x" * 1_000_000)
    for _ in range(2 * MAX_CHUNKS):
        collector.take_text("ab")
    metadata = collector.result()
    assert metadata.chunks == (MAX_CHUNK_CHARS, *[2] * (MAX_CHUNKS - 1))
    assert metadata.chunk_count == 2 * MAX_CHUNKS + 1


@pytest.mark.parametrize("event", [None, 3, "text", [], [{"model": "x"}], {"usage": [1]}])
def test_events_of_any_shape_are_taken(event: object) -> None:
    collector = MetadataCollector()
    collector.take_event(event)
    assert collector.result() == ResponseMetadata()
