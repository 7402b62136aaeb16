"""What endpoints send, kind by kind: bytes on the wire, and what should become of them.

Each kind names the server, or the public report, that it is known from.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.openai_server import Then, Wire

Step = bytes | float | Then

WHOLE, CUT, BROKEN_OFF, FAILED = "whole", "cut", "broken_off", "failed"

SENTENCE = "The sky is blue."
LIMIT = {"max_tokens": 20}


@dataclass(frozen=True)
class Kind:
    """A kind of behaviour and its siblings: other bytes that must come to the same end.

    Attributes:
        source: a server, or a public report.
        outcome: how the answer ends; FAILED: there is none.
        wires: by name; several ones are sent to one request after the other.
        sees: the text that the voter reads, unless the answer failed.
        parameters: of the endpoint.
        passes_probe: whether the endpoint is sound by what it sends; None: unless `outcome` is
            FAILED or BROKEN_OFF.
    """

    name: str
    source: str
    outcome: str
    wires: Mapping[str, Sequence[Step] | Wire | Sequence[Wire]]
    sees: str = SENTENCE
    parameters: Mapping[str, Any] = field(default_factory=dict)
    passes_probe: bool | None = None


def steps(*parts: Step) -> list[Step]:
    return list(parts)


def event(value: Any) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def body(message: Any, **choice: Any) -> dict[str, Any]:
    return {"object": "chat.completion", "choices": [{"index": 0, "message": message, **choice}]}


def delta(reason: Any = None, **said: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": said, "finish_reason": reason}]}


def say(text: str, reason: Any = None) -> bytes:
    return event(delta(reason, content=text))


def end(reason: Any, **usage: int) -> bytes:
    counted = event({"choices": [], "usage": usage}) if usage else b""
    return event(delta(reason)) + counted


def thought(name: str = "reasoning_content", value: Any = "Hm. ") -> bytes:
    return event(delta(**{name: value}))


def again(step: bytes, times: int, pause: float = 0.1) -> list[Step]:
    return [part for _ in range(times) for part in (step, pause)]


DONE = b"data: [DONE]\n\n"
STOP = event(delta("stop"))
ALL = (say("The sky "), say("is blue."))
GOOD = Wire([*ALL, STOP, DONE])
BEGUN = say("The sky ")


def refused(status: str, error: Any = "no") -> Wire:
    return Wire([json.dumps({"error": error}).encode()], status, "application/json")


def after_text(*steps: Step) -> list[Step]:
    return [*ALL, *steps]


# --- what a prompt can have a model say, or a server refuse ---------------------------------------


def _said(text: str) -> Kind:
    return Kind(
        "the model says an error",
        "smithersai/smithers #614, enricai/leerie #34",
        WHOLE,
        {text[:24]: [say(text), STOP, DONE]},
        sees=text,
    )


PROMPTED = [
    _said('{"error": {"code": 500, "message": "nope"}}'),
    _said('{"object": "error", "message": "nope", "code": 50001}'),
    _said('data: {"error": {"message": "nope"}}'),
    _said("Well.\n\nError code: 503 - {'error': {'message': 'down'}}"),
    _said("CUDA out of memory"),
    _said("litellm.APIError: no"),
    _said("data: [DONE]"),
    Kind(
        "the server refuses the prompt",
        "llama.cpp #16486, Azure's content filter, vLLM",
        FAILED,
        {
            "context": refused("400 Bad Request", {"type": "exceed_context_size_error"}),
            "filter": refused("400 Bad Request", {"code": "content_filter"}),
            "too large": refused("413 Content Too Large"),
            "detail": Wire([b'{"detail": "no"}'], "422 Unprocessable Entity", "application/json"),
        },
    ),
]

# --- errors after some text -----------------------------------------------------------------------

ERRORS = [
    Kind(
        "error object",
        "llama.cpp #14566, unslothai/unsloth #9390, open-octo/octo-agent #910",
        FAILED,
        {
            "object": after_text(event({"error": {"message": "KV cache is full"}}), DONE),
            "string": after_text(event({"error": "unexpected EOF"}), DONE),
            "no choices": after_text(event({"choices": [], "error": {"code": 502}}), DONE),
            "with a reason": after_text(event({**delta("error"), "error": {"code": 502}}), DONE),
            "success": after_text(event({"success": False, "status": 500}), DONE),
        },
    ),
    Kind(
        "object: error",
        "lm-sys/FastChat #3429, vLLM before 0.5",
        FAILED,
        {
            "object": after_text(event({"object": "error", "message": "NETWORK ERROR"}), DONE),
            "error_code": after_text(event({"text": "NETWORK ERROR", "error_code": 50001}), DONE),
            "error_msg": after_text(event({"error_msg": "quota", "id": "as-1"}), DONE),
            "code": after_text(event({"code": "Throttling", "message": "slow down"}), DONE),
        },
    ),
    Kind(
        "error inside a choice",
        "firebase/genkit #6259, #6079",
        FAILED,
        {
            "choice": after_text(event({"choices": [{"error": {"code": 502}}]}), DONE),
            "with a delta": after_text(
                event({"choices": [{"delta": {"content": ""}, "error": {"code": 502}}]}), DONE
            ),
            "in the delta": after_text(event(delta(error="gone")), DONE),
        },
    ),
    Kind(
        "detail",
        "servers on FastAPI",
        FAILED,
        {
            "text": after_text(event({"detail": "Internal Server Error"}), DONE),
            "list": after_text(event({"detail": [{"msg": "no"}]}), DONE),
        },
    ),
    Kind(
        "field error:",
        "llama.cpp until late in 2025, coddy-project/coddy-agent #106",
        FAILED,
        {
            "JSON": after_text(b'error: {"code":400,"message":"context"}\n\n', DONE),
            "text": after_text(b"error: gone\n\n", DONE),
        },
    ),
    Kind(
        "event named error",
        "Anthropic's protocol, BerriAI/litellm #32159",
        FAILED,
        {
            "object": after_text(b'event: error\ndata: {"message": "overloaded"}\n\n', DONE),
            "text": after_text(b"event: error\ndata: overloaded\n\n", DONE),
            "type": after_text(event({"type": "error", "message": "overloaded"}), DONE),
            "no blank line": after_text(b'event: error\ndata: {"a": 1}\n', DONE),
        },
    ),
    Kind(
        "error as bare text",
        "lucasjinreal/Crane #121",
        FAILED,
        {
            "data": after_text(b"data: error: out of memory\n\n", DONE),
            "status": after_text(b"data: Internal Server Error\n\n", DONE),
            "traceback": after_text(b"data: Traceback (most recent call last):\n\n", DONE),
            "string": after_text(b'data: "upstream timed out"\n\n', DONE),
        },
    ),
    Kind(
        "broken JSON",
        "mistralai/client-js #18",
        FAILED,
        {
            "cut": after_text(b'data: {"choices": [{"delta": {"content": "half\n\n', STOP, DONE),
            "list": after_text(event(["not", "an", "object"]), STOP, DONE),
            "shape": after_text(event({"choices": {"delta": "x"}}), STOP, DONE),
            "number": after_text(event(delta(content=42)), STOP, DONE),
        },
    ),
]

# --- how answers end ------------------------------------------------------------------------------

ENDINGS = [
    Kind(
        "other words for a good end",
        "openai-dotnet #267, earendil-works/pi #2107, spring-ai #4900, bedrock-access-gateway #11, "
        "jakobdylanc/llmcord #84, Cohere, Gemini",
        WHOLE,
        {
            **{
                word: after_text(end(word), DONE)
                for word in ("eos", "end", "eos_token", "end_turn", "STOP", "COMPLETE")
            },
            "stop_sequence": after_text(end("stop_sequence")),
            "constant": after_text(end("FinishReason.STOP"), DONE),
            "object": after_text(end({"type": "stop", "matched": 2}), DONE),
            "camel case": after_text(event({"choices": [{"finishReason": "stop"}]}), DONE),
            "beside the text": [say("The sky "), say("is blue.", "stop"), DONE],
        },
    ),
    Kind(
        "[DONE] alone",
        "openai/openai-python #558, danny-avila/LibreChat #5563",
        WHOLE,
        {
            "null": after_text(DONE),
            "no field": [event({"choices": [{"delta": {"content": SENTENCE}}]}), DONE],
        },
    ),
    Kind(
        "neither a reason nor [DONE]",
        "vercel/ai #19165, can1357/oh-my-pi #9433, vaadin/flow-components #9195",
        FAILED,
        {
            "tidy": after_text(),
            "reset": after_text(Then.RESET),
            "in an event": after_text(b'data: {"choices": [{"de'),
            "unknown event, then [DONE]": after_text(event({"message": "bye"}), DONE),
        },
    ),
    Kind(
        "a reason that is a failure",
        "vllm-project/vllm #57082, sglang #6693, DeepSeek, Zhipu",
        FAILED,
        {
            word: after_text(end(word), DONE)
            for word in (
                *("error", "abort", "ABORT", "cancelled", "network_error"),
                "insufficient_system_resource",
            )
        },
    ),
    Kind(
        "broken off by a filter, or for another reason",
        "CherryHQ/cherry-studio #16079, BerriAI/litellm #6104, Gemini, Anthropic",
        BROKEN_OFF,
        {
            word: after_text(end(word), DONE)
            for word in (
                *("content_filter", "SAFETY", "RECITATION", "refusal", "sensitive"),
                *("tool_calls", "function_call", "pause_turn", "of a kind nobody knows"),
            )
        },
    ),
    Kind(
        "a limit that the operator did not set",
        "Ollama's num_ctx, Mistral's model_length, ROCm/FastFlowLM #500",
        BROKEN_OFF,
        {
            word: after_text(end(word, completion_tokens=20), DONE)
            for word in ("length", "max_tokens", "MAX_TOKENS", "model_length")
        },
    ),
    Kind(
        "the operator's own limit",
        "OpenAI's protocol; xAI leaves reasoning out of completion_tokens",
        CUT,
        {
            "all": after_text(end("length", completion_tokens=20), DONE),
            "nine tenths": after_text(end("length", completion_tokens=18), DONE),
            "another word": after_text(end("max_tokens", completion_tokens=20), DONE),
            "by the total": after_text(
                end("length", completion_tokens=4, prompt_tokens=7, total_tokens=27), DONE
            ),
            "not counted": [*again(thought(), 5, 0.0), *ALL, end("length"), DONE],
            "counted as 0": [thought(value="H" * 9), *ALL, end("length", completion_tokens=0)],
        },
        parameters=LIMIT,
    ),
    Kind(
        "below the operator's limit",
        "llama.cpp and LM Studio whose context is full",
        BROKEN_OFF,
        {
            "by usage": after_text(end("length", completion_tokens=17), DONE),
            "by the total": after_text(
                end("length", completion_tokens=4, prompt_tokens=90, total_tokens=94), DONE
            ),
            "by bytes": after_text(end("length"), DONE),
        },
        parameters=LIMIT,
    ),
    Kind(
        "nothing to see",
        "lmstudio-bug-tracker #2339, jundot/omlx #2817",
        FAILED,
        {
            "no text": [STOP, DONE],
            "blanks": [say(" \n"), STOP, DONE],
            "zero width": [say("\u200b\u2060"), STOP, DONE],
            "filtered": [end("content_filter"), DONE],
            "a tool": [event(delta(tool_calls=[{"id": "1"}])), end("tool_calls"), DONE],
            "thoughts": [thought(), end("length", completion_tokens=20), DONE],
        },
    ),
]
