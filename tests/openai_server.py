"""A real HTTP server that speaks the OpenAI chat-completions protocol, well or badly.

The model id of a request chooses how it behaves; BEHAVIOURS lists them. In tests:

    with OpenAIServer() as server:
        target = Target(server.url, "ok")

By hand, or for a benchmark:

    python -m tests.openai_server --port 9000 --rate 20 --tokens 200
"""

import argparse
import asyncio
import gzip
import json
import random
import re
import ssl
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from arena.workbench.samples import SAMPLES

SENTENCE = "The sky looks blue because air scatters short waves of light more than long ones ."
WORDS = SENTENCE.split(" ")


@dataclass
class Request:
    """What one request said."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class Exchange:
    """One request with the means to answer it."""

    request: Request
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    server: "OpenAIServer"

    async def raw(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def hang(self) -> None:
        """Say no more until the client hangs up."""
        await self.reader.read()

    async def head(
        self, status: str = "200 OK", content_type: str = "text/event-stream", extra: str = ""
    ) -> None:
        await self.raw(
            f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\n{extra}"
            "Transfer-Encoding: chunked\r\n\r\n".encode()
        )

    async def chunk(self, data: bytes) -> None:
        await self.raw(b"%x\r\n%s\r\n" % (len(data), data))

    async def body(self, data: bytes) -> None:
        if data:
            await self.chunk(data)
        await self.raw(b"0\r\n\r\n")

    async def event(self, value: Any, end: str = "\n\n") -> None:
        await self.chunk(f"data: {json.dumps(value)}{end}".encode())

    async def token(self, text: str | None, **choice: Any) -> None:
        await self.event(self.completion(text, **choice))

    def completion(self, text: str | None, **choice: Any) -> dict[str, Any]:
        delta = {} if text is None else {"content": text}
        return {
            "object": "chat.completion.chunk",
            "model": self.request.body["model"],
            "choices": [{"index": 0, "delta": delta, "finish_reason": None, **choice}],
        }

    async def finish(self, *, usage: bool = True, done: bool = True, reason: str = "stop") -> None:
        await self.token(None, finish_reason=reason)
        if usage:
            await self.event(
                {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 15}}
            )
        if done:
            await self.chunk(b"data: [DONE]\n\n")
        await self.raw(b"0\r\n\r\n")

    async def status(self, status: str, error: Any, extra: str = "") -> None:
        await self.head(status, "application/json", extra)
        await self.body(json.dumps({"error": error}).encode())


class Then(Enum):
    """What a server may do with a connection at the end of what it sends."""

    HANG = "hang"  # and say no more
    RESET = "reset"


@dataclass(frozen=True)
class Wire:
    """A response, as it is sent: parts of the body, seconds of silence between them."""

    steps: Sequence[bytes | float | Then]
    status: str = "200 OK"
    content_type: str = "text/event-stream"

    async def send(self, exchange: Exchange) -> None:
        await exchange.head(self.status, self.content_type)
        for step in self.steps:
            match step:
                case bytes():
                    await exchange.chunk(step)
                case float():
                    await asyncio.sleep(step)
                case Then.HANG:
                    await exchange.hang()
                    return
                case Then.RESET:
                    await asyncio.sleep(0.05)  # else what was sent is lost with the connection
                    exchange.writer.transport.abort()
                    return
        await exchange.raw(b"0\r\n\r\n")


class Gate:
    """Holds answers until so many have been asked for, or for some time at most."""

    LONGEST_SECONDS = 120.0

    def __init__(self, size: int) -> None:
        self._left = size
        self._all_here = asyncio.Event()

    async def passed(self, exchange: Exchange) -> None:
        """Wait, with a sign of life every second."""
        self._left -= 1
        until = time.monotonic() + self.LONGEST_SECONDS
        if self._left <= 0:
            self._all_here.set()
        while not self._all_here.is_set() and time.monotonic() < until:
            await exchange.chunk(b": waiting\n\n")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._all_here.wait(), timeout=1)


Behaviour = Callable[[Exchange], Awaitable[None]]
BEHAVIOURS: dict[str, Behaviour] = {}


def behaviour(name: str) -> Callable[[Behaviour], Behaviour]:
    def register(function: Behaviour) -> Behaviour:
        BEHAVIOURS[name] = function
        return function

    return register


async def paced(rate: float, number: int) -> AsyncIterator[int]:
    """Count to number at a rate per second that does not drift."""
    loop = asyncio.get_running_loop()
    due = loop.time() + random.random() / rate
    for count in range(number):
        await asyncio.sleep(max(0.0, due - loop.time()))
        yield count
        due += 1 / rate


# --- good ones ----------------------------------------------------------------------------------


@behaviour("ok")
async def ok(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.token(None, delta={"role": "assistant", "content": ""})
    for word in WORDS:
        await exchange.token(word + " ")
    await exchange.finish()


@behaviour("paced")
async def steady(exchange: Exchange) -> None:
    await exchange.head()
    async for number in paced(exchange.server.rate, exchange.server.tokens):
        await exchange.token(f"{WORDS[number % len(WORDS)]} ")
    await exchange.finish()


@behaviour("gather")
async def gather(exchange: Exchange) -> None:
    """`gather~200`: the next 200 answers of timestamps begin together."""
    exchange.server.gate = Gate(int(exchange.request.body["model"].split("~")[1]))
    await ok(exchange)


@behaviour("timestamps")
async def timestamps(exchange: Exchange) -> None:
    """Each token is its number and when it was sent: `<number>:<monotonic nanoseconds> `."""
    await exchange.head()
    await exchange.server.gate.passed(exchange)
    async for number in paced(exchange.server.rate, exchange.server.tokens):
        await exchange.token(f"{number}:{time.monotonic_ns()} ")
    await exchange.finish()


@behaviour("echo")
async def echo(exchange: Exchange) -> None:
    await exchange.head()
    content = exchange.request.body["messages"][-1]["content"]
    await exchange.token(content if isinstance(content, str) else content[0]["text"])
    await exchange.finish()


@behaviour("hostile-markup")
async def hostile_markup(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.token(
        "# Title\n\n<script>window.hacked = 1</script> <img src=x onerror='window.hacked = 2'>\n\n"
        "[link](javascript:window.hacked=3) ![i](https://tracker.example/pixel.png)\n\n"
        '<iframe srcdoc="<script>parent.hacked=4</script>"></iframe>\n\n```python\nprint(1)\n```\n'
    )
    await exchange.finish()


async def babble(exchange: Exchange, *, first: float, rate: float) -> None:
    """An answer of random length, after a delay in seconds, at tokens a second, all of it uneven.

    What is said, and how much, does not depend on how fast.
    """
    await exchange.head()
    await asyncio.sleep(first * random.uniform(0.7, 1.3))
    for _ in range(random.randint(10, 30)):
        await exchange.token(f"{random.choice(WORDS)} ")
        await asyncio.sleep(random.uniform(0.5, 1.5) / rate)
    await exchange.finish()


@behaviour("babble-fast")
async def babble_fast(exchange: Exchange) -> None:
    await babble(exchange, first=0.03, rate=400)


@behaviour("babble-slow")
async def babble_slow(exchange: Exchange) -> None:
    await babble(exchange, first=0.3, rate=60)


# --- odd, but within what must be understood ----------------------------------------------------


@behaviour("crlf")
async def crlf(exchange: Exchange) -> None:
    await exchange.head()
    for word in ("one ", "two"):
        await exchange.event(exchange.completion(word), end="\r\n\r\n")
    await exchange.event(exchange.completion(None, finish_reason="stop"), end="\r\n\r\n")
    await exchange.body(b"data: [DONE]\r\n\r\n")


@behaviour("comments")
async def comments(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.chunk(b": keep-alive\n\n: another\n\nevent: message\nid: 1\nretry: 5\n")
    await exchange.token("heard")
    await exchange.finish()


@behaviour("no-done")
async def no_done(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.token("all of it")
    await exchange.finish(done=False, usage=False)


@behaviour("no-finish-reason")
async def no_finish_reason(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.token("done is enough")
    await exchange.body(b"data: [DONE]\n\n")


@behaviour("split-utf8")
async def split_utf8(exchange: Exchange) -> None:
    await exchange.head()
    value = json.dumps(exchange.completion("naïve 🎉 日本"), ensure_ascii=False)
    data = f"data: {value}\n\n".encode()
    for index in range(0, len(data), 3):
        await exchange.chunk(data[index : index + 3])
        await asyncio.sleep(0)
    await exchange.finish()


@behaviour("null-content")
async def null_content(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.token(None, delta={"role": "assistant", "content": None})
    await exchange.token("after null")
    await exchange.finish()


@behaviour("nul-characters")
async def nul_characters(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.token("no\x00nul")
    await exchange.finish()


@behaviour("invalid-utf8")
async def invalid_utf8(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.chunk(
        b'data: {"choices":[{"index":0,"delta":{"content":"a\xff b"},"finish_reason":null}]}\n\n'
    )
    await exchange.finish()


@behaviour("one-big-chunk")
async def one_big_chunk(exchange: Exchange) -> None:
    await exchange.head()
    events = [exchange.completion(w + " ") for w in WORDS]
    events.append(exchange.completion(None, finish_reason="stop"))
    await exchange.body("".join(f"data: {json.dumps(e)}\n\n" for e in events).encode())


@behaviour("no-chunks")
async def no_chunks(exchange: Exchange) -> None:
    """Neither a length nor chunks: the body ends with the connection."""
    await exchange.raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
    for value in (
        exchange.completion("ends with the connection"),
        exchange.completion(None, finish_reason="stop"),
    ):
        await exchange.raw(f"data: {json.dumps(value)}\n\n".encode())


@behaviour("gzip")
async def gzipped(exchange: Exchange) -> None:
    await exchange.head(extra="Content-Encoding: gzip\r\n")
    events = [exchange.completion("unpacked"), exchange.completion(None, finish_reason="stop")]
    await exchange.body(
        gzip.compress("".join(f"data: {json.dumps(e)}\n\n" for e in events).encode())
    )


@behaviour("bare-cr")
async def bare_cr(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.event(exchange.completion("carriage returns"), end="\r\r")
    await exchange.event(exchange.completion(None, finish_reason="stop"), end="\r\r")
    await exchange.body(b"data: [DONE]\r\r")


@behaviour("split-crlf")
async def split_crlf(exchange: Exchange) -> None:
    """CR and LF in chunks of their own."""
    await exchange.head()
    for value in (exchange.completion("apart"), exchange.completion(None, finish_reason="stop")):
        for part in (f"data: {json.dumps(value)}\r", "\n\r", "\n"):
            await exchange.chunk(part.encode())
            await asyncio.sleep(0.01)
    await exchange.body(b"data: [DONE]\r\n\r\n")


@behaviour("multi-line-data")
async def multi_line_data(exchange: Exchange) -> None:
    await exchange.head()
    lines = json.dumps(exchange.completion("over lines"), indent=1).splitlines()
    await exchange.chunk("".join(f"data: {line}\n" for line in lines).encode() + b"\n")
    await exchange.finish()


@behaviour("done-without-newline")
async def done_without_newline(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.token("no blank line at the end")
    await exchange.token(None, finish_reason="stop")
    await exchange.body(b"data: [DONE]")


@behaviour("holds-open")
async def holds_open(exchange: Exchange) -> None:
    """Says all, with a finish reason, and then neither [DONE] nor an end."""
    await exchange.head()
    await exchange.token("whole")
    await exchange.token(None, finish_reason="stop")
    await exchange.hang()


@behaviour("reset-after-finish")
async def reset_after_finish(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.token("whole all the same")
    await exchange.token(None, finish_reason="stop")
    await asyncio.sleep(0.1)
    exchange.writer.transport.abort()


@behaviour("lone-surrogate")
async def lone_surrogate(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.token("half \ud83d a pair")
    await exchange.finish()


@behaviour("null-delta")
async def null_delta(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.token("text")
    await exchange.token(None, delta=None, finish_reason="stop")
    await exchange.body(b"data: [DONE]\n\n")


@behaviour("content-parts")
async def content_parts(exchange: Exchange) -> None:
    """As Mistral's reasoning models answer: thoughts and text as parts of a list."""
    await exchange.head()
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
    await exchange.token(None, delta={"content": [thought]})
    await exchange.token(None, delta={"content": [{"type": "text", "text": "thought over"}]})
    await exchange.finish()


@behaviour("refuses-usage")
async def refuses_usage(exchange: Exchange) -> None:
    """As Mistral does: a field that it does not know is an error."""
    if "stream_options" in exchange.request.body:
        await exchange.status("422 Unprocessable Entity", {"loc": ["body", "stream_options"]})
    else:
        await ok(exchange)


@behaviour("slow")
async def slow(exchange: Exchange) -> None:
    """Ten tokens a second, for ten seconds: slow, but within every limit."""
    await exchange.head()
    async for number in paced(10, 100):
        await exchange.token(f"{number} ")
    await exchange.finish()


@behaviour("late")
async def late(exchange: Exchange) -> None:
    """Begins after ten seconds."""
    await exchange.head()
    await asyncio.sleep(10)
    await exchange.token("At last.")
    await exchange.finish()


# --- what would tell the model ----------------------------------------------------------------


def says_sample(name: str, text: str) -> None:
    """A behaviour that says a text word by word, at the rate of the server."""

    @behaviour(name)
    async def sample(exchange: Exchange) -> None:
        words = re.findall(r"\s*\S+|\s+$", text)
        await exchange.head()
        async for number in paced(exchange.server.rate, len(words)):
            await exchange.token(words[number])
        await exchange.finish()


for sample_name, sample_text in SAMPLES.items():
    says_sample(sample_name, sample_text)


def says(name: str, *tokens: str) -> None:
    """A behaviour that sends these tokens, one by one."""

    @behaviour(name)
    async def say(exchange: Exchange) -> None:
        await exchange.head()
        for token in tokens:
            await exchange.token(token)
        await exchange.finish()


says("thinks", "<th", "ink>I am Left-7B.", "</thi", "nk>\n", "\nBlue", ".<|im", "_end|>")
says("thinks-unmarked", "I am Left-7B. ", "Hm.\n</think>", "\n\nBlue.")
says("thinks-only", "<think>I am Left-7B and", " cannot stop")
says("cites", "Blue【4†", "source】, or so", " citeturn0sea", "rch0.")
says(
    "error-as-text", "Well.\n\n", "Error code: 503 - {'error': {'message': 'Left-7B is", " down'}}"
)


@behaviour("reasoning-content")
async def reasoning_content(exchange: Exchange) -> None:
    """Thoughts in a field of their own, as DeepSeek's and vLLM's servers send them."""
    await exchange.head()
    for field_name in ("reasoning_content", "reasoning"):
        await exchange.token(None, delta={"content": None, field_name: "I am Left-7B."})
    await exchange.token("Blue.")
    await exchange.finish()


# --- broken ones --------------------------------------------------------------------------------


@behaviour("error-500")
async def error_500(exchange: Exchange) -> None:
    await exchange.status("500 Internal Server Error", "boom")


@behaviour("unauthorised")
async def unauthorised(exchange: Exchange) -> None:
    key = exchange.request.headers.get("authorization", "")
    await exchange.status("401 Unauthorized", {"message": f"Wrong key: {key}"})


@behaviour("error-that-hangs")
async def error_that_hangs(exchange: Exchange) -> None:
    await exchange.head("503 Service Unavailable", "application/json")
    await exchange.hang()


@behaviour("bad-request")
async def bad_request(exchange: Exchange) -> None:
    await exchange.status("400 Bad Request", {"message": "temperature is out of range"})


@behaviour("refuse-429")
async def refuse_429(exchange: Exchange) -> None:
    await exchange.status("429 Too Many Requests", "slow down", "Retry-After: 30\r\n")


@behaviour("asks-for-a-second")
async def asks_for_a_second(exchange: Exchange) -> None:
    await exchange.status("429 Too Many Requests", "slow down", "Retry-After: 1\r\n")


@behaviour("hostile-headers")
async def hostile_headers(exchange: Exchange) -> None:
    """Headers that would forge a line of a log, or fill one."""
    extra = "".join(f"X-Evil-{n}: header-canary %s {{0}} {'x' * 500}\r\n" for n in range(20))
    await exchange.status("500 header-canary\tWARNING root", "no", extra)


@behaviour("error-503")
async def error_503(exchange: Exchange) -> None:
    await exchange.status("503 Service Unavailable", "busy")


@behaviour("fails-twice")
async def fails_twice(exchange: Exchange) -> None:
    """Every third request of a model id is answered; the others fail in two ways."""
    model = exchange.request.body["model"]
    number = sum(request.body["model"] == model for request in exchange.server.requests)
    if number % 3 == 1:
        await exchange.status("429 Too Many Requests", "busy", "Retry-After: 0\r\n")
    elif number % 3 == 2:
        exchange.writer.close()
    else:
        await ok(exchange)


@behaviour("not-found")
async def not_found(exchange: Exchange) -> None:
    await exchange.status("404 Not Found", "no such model")


@behaviour("redirect")
async def redirect(exchange: Exchange) -> None:
    await exchange.status("307 Temporary Redirect", "", "Location: http://169.254.169.254/\r\n")


@behaviour("hang-before-headers")
async def hang_before_headers(exchange: Exchange) -> None:
    await exchange.hang()


@behaviour("hang-before-token")
async def hang_before_token(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.hang()


@behaviour("hang-mid")
async def hang_mid(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.token("so far so ")
    await exchange.hang()


@behaviour("dribble-headers")
async def dribble_headers(exchange: Exchange) -> None:
    await exchange.raw(b"HTTP/1.1 200 OK\r\nX-Padding: ")
    while True:
        await exchange.raw(b"x")
        await asyncio.sleep(0.05)


@behaviour("dribble-bytes")
async def dribble_bytes(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.raw(b"fffff\r\ndata: ")
    while True:
        await exchange.raw(b" ")
        await asyncio.sleep(0.05)


@behaviour("keep-alive-forever")
async def keep_alive_forever(exchange: Exchange) -> None:
    await exchange.head()
    while True:
        await exchange.chunk(b": still there\n\n")
        await asyncio.sleep(0.05)


@behaviour("never-stops")
async def never_stops(exchange: Exchange) -> None:
    await exchange.head()
    while True:
        await exchange.token("and ")
        await asyncio.sleep(0.05)


@behaviour("ends-early")
async def ends_early(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.token("cut off in the mid")


@behaviour("ends-early-tidily")
async def ends_early_tidily(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.token("no reason, no done")
    await exchange.raw(b"0\r\n\r\n")


@behaviour("reset-connection")
async def reset_connection(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.token("reset ")
    exchange.writer.transport.abort()


@behaviour("closes-at-once")
async def closes_at_once(exchange: Exchange) -> None:
    exchange.writer.close()


@behaviour("rubbish-json")
async def rubbish_json(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.body(b'data: {"choices": [{"delta": {"content": "half\n\n')


@behaviour("rubbish-bytes")
async def rubbish_bytes(exchange: Exchange) -> None:
    await exchange.raw(bytes(range(256)) * 4)


@behaviour("deep-json")
async def deep_json(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.chunk(b"data: " + b"[" * 100_000 + b"\n\n")
    await exchange.finish()


@behaviour("ends-in-mid-event")
async def ends_in_mid_event(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.token("the next event is ")
    await exchange.body(b'data: {"choices": [{"delta": {"content": "ha')


@behaviour("rubbish-gzip")
async def rubbish_gzip(exchange: Exchange) -> None:
    await exchange.head(extra="Content-Encoding: gzip\r\n")
    await exchange.body(b"this was never packed")


@behaviour("wrong-shape")
async def wrong_shape(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.event({"choices": {"delta": "text"}})
    await exchange.finish()


@behaviour("text-is-a-number")
async def text_is_a_number(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.token(None, delta={"content": 42})
    await exchange.finish()


@behaviour("a-list")
async def a_list(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.event(["not", "an", "object"])
    await exchange.finish()


@behaviour("html")
async def html(exchange: Exchange) -> None:
    await exchange.head(content_type="text/html")
    await exchange.body(b"<html><h1>Welcome to the proxy</h1></html>")


@behaviour("json-not-stream")
async def json_not_stream(exchange: Exchange) -> None:
    await exchange.head(content_type="application/json")
    await exchange.body(json.dumps({"choices": [{"message": {"content": "all"}}]}).encode())


@behaviour("error-in-stream")
async def error_in_stream(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.token("well, ")
    await exchange.event({"error": {"message": "CUDA out of memory"}})
    await exchange.finish()


@behaviour("filtered")
async def filtered(exchange: Exchange) -> None:
    """A filter of the server breaks the answer off."""
    await exchange.head()
    await exchange.token("The sky is ")
    await exchange.finish(reason="content_filter")


@behaviour("tells-the-key")
async def tells_the_key(exchange: Exchange) -> None:
    await exchange.head()
    key = exchange.request.headers.get("authorization", "")
    await exchange.event({"error": {"message": f"no\x00\x1b[31m\nroot: logged in with {key}"}})


@behaviour("empty")
async def empty(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.finish()


@behaviour("whitespace")
async def whitespace(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.token(" \n\t ")
    await exchange.finish()


@behaviour("nothing-at-all")
async def nothing_at_all(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.raw(b"0\r\n\r\n")


@behaviour("huge-200k")
async def huge_200k(exchange: Exchange) -> None:
    await exchange.head()
    for _ in range(200):
        await exchange.token("x" * 1000)
    await exchange.finish()


@behaviour("long-line")
async def long_line(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.chunk(b"data: ")
    for _ in range(300):
        await exchange.chunk(b" " * 10_000)
    await exchange.finish()


@behaviour("endless-event")
async def endless_event(exchange: Exchange) -> None:
    """One event of ever more lines, each of a decent length."""
    await exchange.head()
    await exchange.chunk(b"data: [\n")
    for _ in range(300):
        await exchange.chunk((b"data: " + b" " * 1000 + b"1,\n") * 10)
    await exchange.finish()


@behaviour("comment-flood")
async def comment_flood(exchange: Exchange) -> None:
    await exchange.head()
    while True:
        await exchange.chunk(b": " + b"flood " * 10_000 + b"\n\n")


# --- the server ---------------------------------------------------------------------------------


@dataclass
class OpenAIServer:
    """Serves from a thread of its own; `requests` holds what it was asked.

    `wires` says what is sent for model ids that are no behaviours: for one request after the
    other, and the last of it for all that follow.

    `open` counts the requests that it is answering at the moment, and `offers` holds the model ids
    that it lists; it lists none if that is empty. With a TLS context
    it speaks HTTPS, as localhost.
    """

    port: int = 0
    rate: float = 20.0
    tokens: int = 100
    tls: ssl.SSLContext | None = None
    requests: list[Request] = field(default_factory=list)
    offers: list[str] = field(default_factory=list)
    open: int = 0
    wires: dict[str, Sequence[Wire]] = field(default_factory=dict)
    gate: Gate = field(default_factory=lambda: Gate(0))
    _sent: Counter[str] = field(default_factory=Counter)

    def __enter__(self) -> "OpenAIServer":
        started = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self._thread.start()
        started.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(timeout=5)

    @property
    def url(self) -> str:
        root = "https://localhost" if self.tls else "http://127.0.0.1"
        return f"{root}:{self.port}/v1"

    def _run(self, started: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self.serve(started))

    async def serve(self, started: threading.Event | None = None) -> None:
        self._stop = asyncio.Event()
        server = await asyncio.start_server(
            self._serve_one, "127.0.0.1", self.port, backlog=1024, ssl=self.tls
        )
        self.port = server.sockets[0].getsockname()[1]
        if started:
            started.set()
        await self._stop.wait()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        try:
            begun = await reader.readexactly(1)
            if begun == b"\x16":  # TLS, to a server without it
                writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                return
            head = (begun + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.rstrip().split("\r\n")
            headers = {k.lower(): v.strip() for k, v in (line.split(":", 1) for line in lines)}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            request = Request(first.split()[1], headers, json.loads(body or b"{}"))
            self.requests.append(request)
            exchange = Exchange(request, reader, writer, self)
            if request.path == "/v1/models" and self.offers:
                await exchange.head(content_type="application/json")
                listed = [{"id": name, "object": "model"} for name in self.offers]
                await exchange.body(json.dumps({"object": "list", "data": listed}).encode())
            elif request.path != "/v1/chat/completions":
                await exchange.status("404 Not Found", "no such path")
            else:
                await self._answer(exchange)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client went away
        finally:
            self.open -= 1
            writer.close()

    async def _answer(self, exchange: Exchange) -> None:
        model = exchange.request.body["model"]
        if wires := self.wires.get(model):
            wire = wires[min(self._sent[model], len(wires) - 1)]
            self._sent[model] += 1
            await wire.send(exchange)
        else:
            # "ok~left" behaves as "ok": several models of one kind.
            await BEHAVIOURS[model.split("~")[0]](exchange)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=9000)
    parser.add_argument("--rate", type=float, default=20.0, help="tokens a second and stream")
    parser.add_argument("--tokens", type=int, default=200, help="tokens of an answer")
    options = parser.parse_args()
    server = OpenAIServer(options.port, options.rate, options.tokens)
    print(f"{server.url}: {', '.join(BEHAVIOURS)}")
    asyncio.run(server.serve())


if __name__ == "__main__":
    main()
