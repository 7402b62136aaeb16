"""More kinds of what endpoints send: reasons that come early, harmless events, thoughts, retries,
and forms of the body. See `tests.battles.endpoint_kinds`.
"""

import json

from tests.battles.endpoint_kinds import (
    ALL,
    BEGUN,
    DONE,
    FAILED,
    GOOD,
    SENTENCE,
    STOP,
    WHOLE,
    Kind,
    after_text,
    again,
    body,
    delta,
    end,
    event,
    refused,
    say,
    steps,
    thought,
)
from tests.openai_server import Then, Wire

PAUSE = 1.0  # seconds; well above the grace that tests grant
LONG = 45  # tenths of a second; above the silence that tests grant
FOR_EVER = 200

# --- reasons that come early ----------------------------------------------------------------------


def _each(reason: object) -> list[bytes | float | Then]:
    return [say("The sky ", reason), PAUSE, say("is blue.", reason), PAUSE]


EARLY = [
    Kind(
        "a word for no reason",
        "DashScope's null, ollama #4357, sglang #3912",
        WHOLE,
        {word: [*_each(word), STOP, DONE] for word in ("null", "", "None", "undefined")},
    ),
    Kind(
        "a reason on every chunk",
        "vllm-project/vllm #36944",
        WHOLE,
        {
            "stop": [*_each("stop"), STOP, DONE],
            "no other": [*_each("stop"), DONE],
            "length, then stop": [*_each("length"), STOP, DONE],
            "with the role": steps(event(delta("stop", role="assistant")), PAUSE, *ALL, STOP, DONE),
            "in a pause": [say("The sky "), STOP, say("is blue."), STOP, DONE],
            "beside thoughts": steps(thought(), end("stop"), *_each("stop"), DONE),
        },
    ),
    Kind(
        "a reason on every chunk, and then none of the rest",
        "a worker of such a server that dies",
        FAILED,
        {
            "reset": steps(say("The ", "stop"), say("sky ", "stop"), Then.RESET),
            "error": [say("The ", "stop"), say("sky ", "stop"), event({"error": "gone"}), DONE],
        },
    ),
]

# --- events that mean no harm ---------------------------------------------------------------------


def _between(*events: bytes) -> list[bytes | float | Then]:
    return [*events, say("The sky "), *events, say("is blue."), *events, STOP, *events, DONE]


HARMLESS = [
    Kind(
        "empty events",
        "netease-lcap/wave-agent #1326, microsoft/autogen #7711, Growth-Circle/cadis #2329",
        WHOLE,
        {
            line.decode(): _between(line + b"\n\n")
            for line in (
                *(b"data:", b"data: ", b"data: null", b"data: {}", b'data: ""', b"data: []"),
                *(b"data: 1", b"data: true"),
            )
        },
    ),
    Kind(
        "keep-alives",
        "openai/openai-go #227, block/goose #11816, Anthropic's ping",
        WHOLE,
        {
            "comment": _between(b": OPENROUTER PROCESSING\n\n"),
            "event": _between(b'event: ping\ndata: {"type": "ping"}\n\n'),
            "name alone": _between(b"event: keepalive\n\n"),
            "text": _between(b"data: ping\n\n"),
            "no blank line": _between(b"data: ping\n"),
            "mark": _between(b"data: [KEEPALIVE]\n\n"),
            "string": _between(b'data: "heartbeat"\n\n'),
        },
    ),
    Kind(
        "chunks without a part",
        "Azure: AbanteAI/mentat #429, microsoft/autogen #6465, langchain #18977",
        WHOLE,
        {
            "no choices": _between(event({"choices": [], "prompt_filter_results": []})),
            "null": _between(event({"choices": None, "usage": {"prompt_tokens": 1}})),
            "no delta": _between(event({"choices": [{"index": 0, "finish_reason": None}]})),
            "null delta": _between(event({"choices": [{"delta": None}]})),
            "null choice": _between(event({"choices": [None]})),
            "null text": _between(event(delta(content=None))),
            "another choice": _between(event({"choices": [{"index": 1, "delta": {}}]})),
        },
    ),
    Kind(
        "events of another protocol",
        "llama.cpp's progress of the prompt, Perplexity's citations",
        WHOLE,
        {
            "progress": _between(event({"prompt_progress": {"total": 9}})),
            "status": _between(event({"type": "status", "status": "queued"})),
            "named": _between(b'event: status\ndata: {"message": "thinking"}\n\n'),
        },
    ),
    Kind(
        "anything after the end",
        "fms-guardrails-orchestrator #515, LiteLLM's usage, langchain #18977",
        WHOLE,
        {
            "error": after_text(STOP, event({"error": "usage failed"})),
            "broken": after_text(STOP, b"data: {oops\n\n", DONE),
            "list": after_text(STOP, event([1]), DONE),
            "shape": after_text(STOP, event({"choices": "none"}), DONE),
            "text": after_text(STOP, b"bye\n\n"),
            "reset": after_text(STOP, Then.RESET),
            "silence": after_text(STOP, Then.HANG),
            "no end": after_text(STOP, *again(b": still here\n\n", FOR_EVER)),
            "all once more": after_text(event(body({"content": SENTENCE}, finish_reason="stop"))),
        },
    ),
]

# --- thoughts -------------------------------------------------------------------------------------

_THOUGHTS = {
    "reasoning_content": thought(),
    "reasoning": thought("reasoning"),
    "reasoning_details": thought("reasoning_details", [{"text": "Hm."}]),
    "parts": event(delta(content=[{"type": "thinking", "thinking": [{"text": "Hm."}]}])),
    "keep-alives alone": b": still thinking\n\n",
}

THINKING = [
    Kind(
        "long thoughts, then text",
        "huggingface/chat-ui #1771, crush #1154, NousResearch/hermes-agent #52231",
        WHOLE,
        {
            **{name: [*again(step, LONG), *ALL, STOP] for name, step in _THOUGHTS.items()},
            "tags": [say("<think>"), *again(say("Hm. "), LONG), say("</think>"), *ALL, STOP],
        },
    ),
    Kind(
        "text, long thoughts, text",
        "models that think again; Claude's interleaved thinking",
        WHOLE,
        {
            name: [BEGUN, *again(step, LONG), say("is blue."), STOP]
            for name, step in _THOUGHTS.items()
        },
    ),
    Kind(
        "thoughts without end",
        "NousResearch/hermes-agent #29796",
        FAILED,
        {
            **{name: again(step, FOR_EVER) for name, step in _THOUGHTS.items()},
            "blanks": again(say(" "), FOR_EVER),
            "zero width": again(say("\u200b"), FOR_EVER),
        },
    ),
    Kind(
        "thoughts in tags without end",
        "models whose thoughts no parser takes apart",
        FAILED,
        {"tags": [say("<think>"), *again(say("Hm. "), FOR_EVER)]},
    ),
    Kind(
        "silence",
        "n8n-io/n8n #35943",
        FAILED,
        {"at once": [Then.HANG], "in the middle": steps(BEGUN, Then.HANG)},
    ),
]

# --- what is tried again --------------------------------------------------------------------------

RETRIED = [
    Kind(
        "a status that may pass",
        "QwenPaw #1891, free-coding-models #148, earendil-works/pi #9627, sudocode #722",
        WHOLE,
        {
            str(status): [refused(f"{status} Odd"), GOOD]
            for status in (408, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529, 530)
        },
    ),
    Kind(
        "a failure before anything is shown",
        "diegosouzapw/OmniRoute #8210, command-code #785",
        WHOLE,
        {
            "error": [Wire([event({"error": {"code": 529}})]), GOOD],
            "no choices": [Wire([event({"choices": [], "error": {"code": "502"}})]), GOOD],
            "no status": [Wire([event({"error": "request limit reached"}), DONE]), GOOD],
            "nothing": [Wire([]), GOOD],
            "reset": [Wire([event(delta(role="assistant")), Then.RESET]), GOOD],
            "abort": [Wire([end("abort"), DONE]), GOOD],
            "after thoughts": [Wire([thought(), event({"error": {"code": 500}})]), GOOD],
            "in a thought": [Wire([say("<think>Hm."), Then.RESET]), GOOD],
        },
    ),
    Kind(
        "a status that will not pass",
        "OpenAI's errors",
        FAILED,
        {
            **{
                str(status): [refused(f"{status} Odd"), GOOD]
                for status in (400, 401, 403, 404, 405, 501)
            },
            "in the stream": [Wire([event({"error": {"code": 400}})]), GOOD],
        },
        passes_probe=True,  # for the next request is answered
    ),
    Kind(
        "a failure once something is shown",
        "OpenRouter's documentation of errors in mid-stream",
        FAILED,
        {
            "error": [Wire([BEGUN, event({"error": {"code": 529}})]), GOOD],
            "reset": [Wire([BEGUN, Then.RESET]), GOOD],
        },
        passes_probe=True,
    ),
]

# --- forms of the body ----------------------------------------------------------------------------

_BODY = {**body({"role": "assistant", "content": SENTENCE}, finish_reason="stop"), "usage": {}}
_JSON = json.dumps(_BODY).encode()
_LINES = [json.dumps(delta(content=text)).encode() for text in ("The sky ", "is blue.")]
_END = json.dumps(delta("stop")).encode()


def _as_json(*steps: bytes) -> Wire:
    return Wire(steps, content_type="application/json")


FORMS = [
    Kind(
        "a stream of another type",
        "Lightning-AI/LitServe #359",
        WHOLE,
        {
            kind or "none": Wire([*ALL, STOP, DONE], content_type=kind)
            for kind in ("text/plain", "application/json", "application/octet-stream", "")
        }
        | {
            "comment first": Wire([b": hello\n\n", *ALL, STOP], content_type="text/plain"),
            "created": Wire([*ALL, STOP, DONE], "201 Created"),
        },
    ),
    Kind(
        "one JSON body",
        "LitServe, decolua/9router #3492, Ollama's own protocol",
        WHOLE,
        {
            "message": _as_json(_JSON),
            "in parts": _as_json(_JSON[:40], _JSON[40:]),
            "over lines": _as_json(json.dumps(_BODY, indent=2).encode()),
            "no reason": _as_json(json.dumps(body({"content": SENTENCE})).encode()),
            "of a stream's type": Wire([_JSON]),
            "and [DONE]": _as_json(_JSON + b"\n\n", DONE),
            "and [DONE] at once": _as_json(_JSON + b"data: [DONE]"),
            "in an event": Wire([b"data: " + _JSON + b"\n\n", DONE]),
            "Ollama": _as_json(
                json.dumps({"message": {"content": SENTENCE}, "done": True}).encode()
            ),
        },
    ),
    Kind(
        "a byte-order mark",
        "servers on Windows",
        WHOLE,
        {
            "stream": [b"\xef\xbb\xbf" + ALL[0], ALL[1], STOP, DONE],
            "body": _as_json(b"\xef\xbb\xbf" + _JSON),
            "event": [b"data: \xef\xbb\xbf" + ALL[0][6:], ALL[1], STOP, DONE],
            "alone": [b"\xef\xbb\xbf", *ALL, STOP, DONE],
        },
    ),
    Kind(
        "JSON without data:",
        "Ollama's own protocol, application/x-ndjson",
        WHOLE,
        {
            "lines": Wire([b"\n".join([*_LINES, _END])], content_type="application/x-ndjson"),
            "one by one": [*(line + b"\n" for line in _LINES), _END + b"\n", b"[DONE]\n"],
        },
    ),
    Kind(
        "events without blank lines",
        "nullclaw #509, danny-avila/LibreChat #4820, alexrudall/ruby-openai #332",
        WHOLE,
        {
            "one line each": [*(b"data: " + line + b"\n" for line in [*_LINES, _END])],
            "no space": [*(b"data:" + line + b"\n\n" for line in [*_LINES, _END])],
            "CR": [*(b"data: " + line + b"\r" for line in [*_LINES, _END])],
            "joined": [b"data: " + b"".join(_LINES) + b"\n\n", STOP],
            "over lines": [
                b'data: {"choices":\ndata: [{"delta": {"content": "The sky "}}]}\n\n',
                ALL[1],
                STOP,
            ],
        },
    ),
    Kind(
        "no answer at all",
        "proxies; llama.cpp #14566",
        FAILED,
        {
            "page": Wire([b"<html>\n<h1>Welcome</h1>\n</html>"], content_type="text/html"),
            "half a body": _as_json(_JSON[:-9]),
            "error": _as_json(b'{"error": {"code": 400, "message": "no"}}'),
            "text": Wire([b"Not Found"], content_type="text/plain"),
        },
    ),
]
