"""The client of the OpenAI chat-completions protocol: one streamed answer, bounded in every way.

An endpoint is hostile until proven otherwise: it may hang anywhere, send a byte a second,
cut a character in two, never stop, or send something that is no stream of events at all.
Whatever it does, an answer ends within its limits, with `Finished` or a `ProviderError`.
"""

import codecs
import heapq
import itertools
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from http.client import HTTPException
from typing import Any, Literal, TypedDict
from urllib.parse import urlsplit

import orjson
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    IncompleteRead,
    NewConnectionError,
    ProtocolError,
    SSLError,
)
from urllib3.response import BaseHTTPResponse
from urllib3.util.ssl_ import create_urllib3_context

READ_BYTES = 65_536
MAX_LINE_BYTES = 1_000_000
MAX_BYTES_PER_CHAR = 400  # an event of JSON around one character is some 300 bytes
PROBE_PROMPT = "Answer with one word: what colour is a clear sky?"


class Message(TypedDict):
    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Target:
    """An endpoint to ask: its address, key, and what every request carries."""

    base_url: str
    model_id: str
    api_key: str = field(default="", repr=False)
    system_prompt: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long an endpoint may take (seconds) and how much it may say (characters)."""

    connect: float = 5.0
    first_token: float = 60.0
    between_tokens: float = 30.0
    whole: float = 300.0
    max_chars: int = 60_000


@dataclass(frozen=True, slots=True)
class Delta:
    """More of the answer's text."""

    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The answer is whole: why it ended, what it cost, how long it took (seconds)."""

    reason: str
    prompt_tokens: int | None
    completion_tokens: int | None
    first_token_seconds: float
    seconds: float


class ErrorKind(StrEnum):
    UNREACHABLE = "unreachable"  # no connection, or it broke before an answer began
    REJECTED = "rejected"  # an HTTP status that is not 200, or an error event
    TIMEOUT = "timeout"
    MALFORMED = "malformed"  # not a stream of chat-completion events
    ENDED_EARLY = "ended_early"
    EMPTY = "empty"
    TOO_LONG = "too_long"


class ProviderError(Exception):
    """The endpoint gave no usable answer. The detail is for operators and holds no key."""

    def __init__(self, kind: ErrorKind, detail: str) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        self.detail = detail


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """What came back from a test of an endpoint."""

    ok: bool
    text: str
    error: str
    finish_reason: str = ""
    first_token_seconds: float | None = None
    seconds: float | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


def stream_chat(
    target: Target, messages: Sequence[Message], limits: Limits = Limits()
) -> Iterator[Delta | Finished]:
    """Ask for one answer and yield it as it arrives: deltas, then `Finished`.

    Closing the generator closes the connection. No retries, no redirects.

    Raises:
        ProviderError: the endpoint gave no usable answer within the limits.
    """
    started = time.monotonic()
    deadline = Deadline(started + min(limits.first_token, limits.whole))
    connection = _connection(target, limits)
    try:
        with _watched(deadline):
            response = _request(connection, deadline, target, messages)
            yield from _answer(response, deadline, limits, started)
    except Exception as error:
        raise _as_provider_error(error, deadline, target) from error
    finally:
        connection.close()


def probe(target: Target, limits: Limits = Limits()) -> ProbeReport:
    """Send one short request and report what came back; never raises ProviderError."""
    text = ""
    try:
        for event in stream_chat(target, [{"role": "user", "content": PROBE_PROMPT}], limits):
            match event:
                case Delta():
                    text += event.text
                case Finished():
                    return ProbeReport(
                        ok=True,
                        text=text,
                        error="",
                        finish_reason=event.reason,
                        first_token_seconds=event.first_token_seconds,
                        seconds=event.seconds,
                        prompt_tokens=event.prompt_tokens,
                        completion_tokens=event.completion_tokens,
                    )
    except ProviderError as error:
        return ProbeReport(ok=False, text=text, error=str(error))
    raise AssertionError("An answer's stream ends with Finished or with an error.")


# --- time -------------------------------------------------------------------------------------


class Deadline:
    """When a request must have made its next step; past it, its socket is shut down.

    A socket's own time-out is no help against an endpoint that sends a byte now and then.
    """

    def __init__(self, at: float) -> None:
        self.at = at
        self.passed = False
        self.over = False
        self.sock: socket.socket | None = None

    def cut(self) -> None:
        self.passed = True
        if self.sock is not None:
            try:
                # The plain socket's method: a TLS socket's own is not safe from another thread.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)
            except OSError:
                pass  # it is closed already


class Watchdog:
    """Cuts the connections of a process whose deadline has passed."""

    PERIOD = 0.25  # seconds

    def __init__(self) -> None:
        self._queue: list[tuple[float, int, Deadline]] = []
        self._order = itertools.count()
        self._wake = threading.Condition()
        threading.Thread(target=self._run, name="endpoint-watchdog", daemon=True).start()

    def watch(self, deadline: Deadline) -> None:
        with self._wake:
            heapq.heappush(self._queue, (deadline.at, next(self._order), deadline))
            self._wake.notify()

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._queue:
                    self._wake.wait()
                now = time.monotonic()
                while self._queue and self._queue[0][0] <= now:
                    _, _, deadline = heapq.heappop(self._queue)
                    if deadline.over:
                        continue
                    if deadline.at > now:  # it made a step meanwhile
                        heapq.heappush(self._queue, (deadline.at, next(self._order), deadline))
                    else:
                        deadline.cut()
                self._wake.wait(timeout=self.PERIOD)


@cache
def _watchdog() -> Watchdog:
    return Watchdog()


class _watched:  # noqa: N801 - reads as a word in a with statement
    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline

    def __enter__(self) -> None:
        _watchdog().watch(self._deadline)

    def __exit__(self, *_: object) -> None:
        self._deadline.over = True


# --- the request ------------------------------------------------------------------------------


@cache
def _tls() -> Any:
    context = create_urllib3_context()
    context.load_default_certs()
    return context


def _connection(target: Target, limits: Limits) -> HTTPConnection:
    address = urlsplit(target.base_url)
    host = address.hostname or ""
    if address.scheme == "https":
        return HTTPSConnection(
            host, address.port or 443, timeout=limits.connect, ssl_context=_tls()
        )
    return HTTPConnection(host, address.port or 80, timeout=limits.connect)


def _request(
    connection: HTTPConnection,
    deadline: Deadline,
    target: Target,
    messages: Sequence[Message],
) -> BaseHTTPResponse:
    """Send the request and check the head of the response."""
    connection.connect()
    deadline.sock = connection.sock
    if deadline.passed:
        raise TimeoutError
    connection.timeout = None  # from here on the deadline rules
    system: list[Message] = (
        [{"role": "system", "content": target.system_prompt}] if target.system_prompt else []
    )
    body = orjson.dumps(
        {
            **target.parameters,
            "model": target.model_id,
            "messages": [*system, *messages],
            "stream": True,
            "stream_options": {"include_usage": True},
        }
    )
    headers = {
        "Content-Type": "application/json",
        "Accept": "text/event-stream",
        "Accept-Encoding": "identity",
        "User-Agent": "blind-arena",
    }
    if target.api_key:
        headers["Authorization"] = f"Bearer {target.api_key}"
    path = urlsplit(target.base_url).path.rstrip("/") + "/chat/completions"
    connection.request("POST", path, body, headers, preload_content=False)
    response = connection.getresponse()
    if response.status != 200:
        excerpt = response.read1(2000).decode("utf-8", "replace")
        raise ProviderError(
            ErrorKind.REJECTED, _without_key(f"HTTP {response.status}: {excerpt}", target)
        )
    content_type = response.headers.get("Content-Type", "")
    if not content_type.lower().startswith("text/event-stream"):
        raise ProviderError(
            ErrorKind.MALFORMED, f"Content-Type {content_type!r} instead of text/event-stream."
        )
    return response


# --- the answer -------------------------------------------------------------------------------


def _answer(
    response: BaseHTTPResponse, deadline: Deadline, limits: Limits, started: float
) -> Iterator[Delta | Finished]:
    first_token: float | None = None
    characters = 0
    has_substance = False
    reason = ""
    usage: Mapping[str, Any] = {}
    for event in _events(response, limits.max_chars * MAX_BYTES_PER_CHAR + MAX_LINE_BYTES):
        if event is DONE:
            reason = reason or "stop"
            break
        text, event_reason, event_usage = _parsed(event)
        reason = event_reason or reason
        usage = event_usage or usage
        if not text:
            continue
        now = time.monotonic()
        if first_token is None:
            first_token = now - started
        deadline.at = min(now + limits.between_tokens, started + limits.whole)
        characters += len(text)
        if characters > limits.max_chars:
            raise ProviderError(
                ErrorKind.TOO_LONG, f"The answer has over {limits.max_chars} characters."
            )
        has_substance = has_substance or not text.isspace()
        yield Delta(text)
    if not reason:
        raise ProviderError(ErrorKind.ENDED_EARLY, "The stream ended without a finish reason.")
    if first_token is None or not has_substance:
        raise ProviderError(ErrorKind.EMPTY, "The answer is empty.")
    yield Finished(
        reason=reason,
        prompt_tokens=_count(usage.get("prompt_tokens")),
        completion_tokens=_count(usage.get("completion_tokens")),
        first_token_seconds=first_token,
        seconds=time.monotonic() - started,
    )


DONE = object()


def _events(response: BaseHTTPResponse, max_bytes: int) -> Iterator[Any]:
    """The JSON values of a stream of server-sent events (WHATWG HTML, section 9.2), then DONE."""
    data: list[str] = []
    for line in _lines(response, max_bytes):
        if line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
        elif not line and data:
            text = "\n".join(data)
            data = []
            if text.strip() == "[DONE]":
                yield DONE
                return
            try:
                yield orjson.loads(text)
            except orjson.JSONDecodeError as error:
                raise ProviderError(
                    ErrorKind.MALFORMED, f"An event is not JSON: {text[:200]!r}"
                ) from error


def _lines(response: BaseHTTPResponse, max_bytes: int) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    pending = ""
    total = 0
    while data := response.read1(READ_BYTES):
        total += len(data)
        if total > max_bytes:
            raise ProviderError(ErrorKind.TOO_LONG, f"The endpoint sent over {max_bytes} bytes.")
        pending += decoder.decode(data)
        if "\r" in pending:
            held = pending.endswith("\r")  # its \n may be still to come
            pending = pending.replace("\r\n", "\n")
            pending = (
                (pending[:-1].replace("\r", "\n") + "\r") if held else pending.replace("\r", "\n")
            )
        *lines, pending = pending.split("\n")
        yield from lines
        if len(pending) > MAX_LINE_BYTES:
            raise ProviderError(ErrorKind.MALFORMED, "An event is endless.")
    yield from (pending + decoder.decode(b"", final=True)).rstrip("\r").split("\n")
    yield ""  # an event that the end of the stream cut off counts if it is whole JSON


def _parsed(event: Any) -> tuple[str, str, Mapping[str, Any]]:
    """Text, finish reason and usage of one event; each may be missing."""
    if not isinstance(event, dict):
        raise ProviderError(ErrorKind.MALFORMED, f"An event is not an object: {event!r:.200}")
    if event.get("error"):
        raise ProviderError(ErrorKind.REJECTED, f"The endpoint reports: {event['error']!r:.500}")
    usage = event.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    choices = event.get("choices")
    if choices in (None, []):
        return "", "", usage
    try:
        choice = choices[0]
        text = choice.get("delta", {}).get("content") or ""
        reason = choice.get("finish_reason") or ""
        if not isinstance(text, str) or not isinstance(reason, str):
            raise TypeError("text and finish reason must be strings")
    except (AttributeError, KeyError, IndexError, TypeError) as error:
        raise ProviderError(
            ErrorKind.MALFORMED, f"An event has an unknown shape: {event!r:.200}"
        ) from error
    # PostgreSQL cannot keep NUL, and nothing can encode half a surrogate pair.
    clean = text.replace("\x00", "").encode("utf-8", "ignore").decode()
    return clean, reason, usage


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and 0 <= value < 2**31 else None


def _as_provider_error(error: Exception, deadline: Deadline, target: Target) -> ProviderError:
    if deadline.passed:  # whatever else came of the cut
        return ProviderError(ErrorKind.TIMEOUT, "The endpoint took too long.")
    detail = _without_key(f"{type(error).__name__}: {error}", target)
    match error:
        case ProviderError():
            return error
        case NewConnectionError() | SSLError():
            return ProviderError(ErrorKind.UNREACHABLE, detail)
        case ConnectTimeoutError() | TimeoutError():
            return ProviderError(ErrorKind.TIMEOUT, detail)
        case IncompleteRead() | ProtocolError() | ConnectionError():
            return ProviderError(ErrorKind.ENDED_EARLY, detail)
        case HTTPError() | HTTPException() | OSError() | ValueError():
            return ProviderError(ErrorKind.MALFORMED, detail)
    raise error


def _without_key(text: str, target: Target) -> str:
    return text.replace(target.api_key, "[key]") if target.api_key else text
