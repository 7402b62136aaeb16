"""The client of the OpenAI chat-completions protocol: one streamed answer, bounded in every way.

An endpoint is hostile until proven otherwise: it may hang anywhere, send a byte a second,
cut a character in two, never stop, or send something that is no stream of events at all.
Whatever it does, an answer ends within its limits, with `Finished` or a `ProviderError`.
"""

import json
import os
import re
import socket
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from enum import StrEnum
from functools import cache
from http.client import HTTPException
from itertools import chain
from typing import Any, Literal, TypedDict
from urllib.parse import urlsplit

import orjson
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    DecodeError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
)
from urllib3.response import BaseHTTPResponse
from urllib3.util.ssl_ import create_urllib3_context

READ_BYTES = 65_536
MAX_EVENT_BYTES = 1_000_000
MAX_BYTES_PER_CHAR = 400  # an event of JSON around one character is some 300 bytes
MAX_DETAIL_CHARS = 500
GRACE_SECONDS = 2.0  # for what may follow a finish reason, and for the text of a refusal


class TextPart(TypedDict):
    type: Literal["text"]
    text: str


class ImageURL(TypedDict):
    url: str  # a data URL: the image itself


class ImagePart(TypedDict):
    type: Literal["image_url"]
    image_url: ImageURL


class Message(TypedDict):
    role: Literal["system", "user", "assistant"]
    content: str | list[TextPart | ImagePart]


PROBE: list[Message] = [
    {"role": "user", "content": "Answer with one word: what colour is a clear sky?"}
]


@dataclass(frozen=True, slots=True)
class Target:
    """An endpoint to ask: its address, key, and what every request carries."""

    base_url: str
    model_id: str
    api_key: str = field(default="", repr=False)
    system_prompt: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    thinks_first: bool = False  # its answers begin inside a thought


@dataclass(frozen=True, slots=True)
class Limits:
    """How long an endpoint may take (seconds) and how much it may say (characters)."""

    connect: float = 5.0
    first_token: float = 60.0
    between_tokens: float = 30.0
    whole: float = 300.0
    max_chars: int = 60_000
    # Asked again and again, from another thread; the request is cut off once it says so.
    unwanted: Callable[[], bool] = lambda: False


@dataclass(frozen=True, slots=True)
class Delta:
    """More of the answer's text."""

    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The answer is whole: why it ended, what it cost, how long it took (seconds).

    `removed` counts the characters that redaction took out, by kind.
    """

    reason: str
    prompt_tokens: int | None
    completion_tokens: int | None
    first_token_seconds: float
    seconds: float
    removed: Mapping[str, int] = field(default_factory=dict)


class ErrorKind(StrEnum):
    UNREACHABLE = "unreachable"  # no connection, or it broke before an answer began
    REJECTED = "rejected"  # an HTTP status that is not 200, or an error event
    TIMEOUT = "timeout"
    MALFORMED = "malformed"  # not a stream of chat-completion events
    ENDED_EARLY = "ended_early"
    EMPTY = "empty"
    TOO_LONG = "too_long"
    BUSY = "busy"  # other requests took all that the endpoint answers at once
    THINKS_ALOUD = "thinks_aloud"  # a thought was taken for the answer until its end came


class ProviderError(Exception):
    """The endpoint gave no usable answer. The detail is for operators and holds no key.

    `passing` says that the same request may succeed a little later, and `retry_after` in how
    many seconds the endpoint itself asks to be left alone.
    """

    def __init__(
        self,
        kind: ErrorKind,
        detail: str,
        *,
        passing: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        self.detail = detail
        self.passing = passing
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """What came back from a test of an endpoint: a whole answer, or text and an error."""

    text: str = ""
    finished: Finished | None = None
    error: ProviderError | None = None
    note: str = ""


def stream_chat(
    target: Target, messages: Sequence[Message], limits: Limits = Limits()
) -> Generator[Delta | Finished, None, None]:
    """Ask for one answer and yield it as it arrives: deltas, then `Finished`.

    Closing the generator closes the connection. No retries, no redirects.

    Raises:
        ProviderError: the endpoint gave no usable answer within the limits.
    """
    started = time.monotonic()
    deadline = Deadline(started + min(limits.first_token, limits.whole), limits.unwanted)
    broken = ErrorKind.UNREACHABLE
    try:
        with (
            _WATCHDOG.watching(deadline),
            _response(target, messages, limits, deadline) as response,
        ):
            broken = ErrorKind.ENDED_EARLY
            yield from _answer(response, deadline, limits, started)
    except Exception as error:
        # Without its cause, which may quote the key.
        raise _as_provider_error(error, broken, deadline, target) from None


def probe(target: Target, limits: Limits = Limits()) -> ProbeReport:
    """Send one short request and report what came back; never raises ProviderError."""
    text = ""
    try:
        for event in stream_chat(target, PROBE, limits):
            match event:
                case Delta():
                    text += event.text
                case Finished():
                    return ProbeReport(text, event)
    except ProviderError as error:
        return ProbeReport(text, error=error)
    raise AssertionError("An answer's stream ends with Finished or with an error.")


# --- time -------------------------------------------------------------------------------------


class Deadline:
    """When a request must have made its next step; past it, its socket is shut down, as it is
    once nobody wants the answer any more.

    A socket's own time-out is no help against an endpoint that sends a byte now and then.
    """

    def __init__(self, at: float, unwanted: Callable[[], bool]) -> None:
        self.at = at
        self.unwanted = unwanted
        self.passed = False
        self.sock: socket.socket | None = None

    def cut(self) -> None:
        self.passed = True
        if self.sock is not None:
            with suppress(OSError):  # it is closed already
                # The plain socket's method: a TLS socket's own is not safe from another thread.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


class Watchdog:
    """Cuts the connections of this process whose deadline has passed, or that are unwanted."""

    PERIOD = 0.1  # seconds

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._live: set[Deadline] = set()
        self._started = False

    @contextmanager
    def watching(self, deadline: Deadline) -> Iterator[None]:
        with self._changed:
            if not self._started:
                threading.Thread(target=self._run, name="endpoint-watchdog", daemon=True).start()
                self._started = True
            self._live.add(deadline)
            self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._live.discard(deadline)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._live:
                    self._changed.wait()
                now = time.monotonic()
                for deadline in self._live:
                    if deadline.at <= now or deadline.unwanted():
                        deadline.cut()
            time.sleep(self.PERIOD)


_WATCHDOG = Watchdog()
os.register_at_fork(after_in_child=_WATCHDOG.__init__)  # type: ignore[misc]  # no thread survives


# --- the request ------------------------------------------------------------------------------


@cache
def _tls() -> Any:
    context = create_urllib3_context()
    context.load_default_certs()
    return context


_WITHOUT_USAGE: set[str] = set()  # base URLs that refuse to be asked for usage, as Mistral does


@contextmanager
def _response(
    target: Target, messages: Sequence[Message], limits: Limits, deadline: Deadline
) -> Iterator[BaseHTTPResponse]:
    """The response of an endpoint that accepted the request; leaving closes the connection."""
    system: list[Message] = (
        [{"role": "system", "content": target.system_prompt}] if target.system_prompt else []
    )
    body = {
        **target.parameters,
        "model": target.model_id,
        "messages": [*system, *messages],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if target.base_url in _WITHOUT_USAGE:
        del body["stream_options"]
    with ExitStack() as stack:
        response = _posted(stack, target, body, limits, deadline)
        if response.status in {400, 422} and "stream_options" in body:
            refusal = _excerpt(response, deadline)
            if "stream_options" not in refusal:
                raise ProviderError(ErrorKind.REJECTED, f"HTTP {response.status}: {refusal}")
            _WITHOUT_USAGE.add(target.base_url)
            del body["stream_options"]
            response = _posted(stack, target, body, limits, deadline)
        if response.status != 200:
            raise ProviderError(
                ErrorKind.REJECTED,
                f"HTTP {response.status}: {_excerpt(response, deadline)}",
                passing=response.status in {429, 502, 503, 504},
                retry_after=_retry_after(response.headers.get("Retry-After", "")),
            )
        content_type = response.headers.get("Content-Type", "")
        if not content_type.lower().startswith("text/event-stream"):
            raise ProviderError(
                ErrorKind.MALFORMED,
                f"Content-Type {content_type!r} instead of text/event-stream: "
                + _excerpt(response, deadline),
            )
        yield response


def _posted(
    stack: ExitStack, target: Target, body: Mapping[str, Any], limits: Limits, deadline: Deadline
) -> BaseHTTPResponse:
    """Send a request and read the head of the response."""
    address = urlsplit(target.base_url)
    connection = stack.enter_context(closing(_connection(target, limits)))
    connection.connect()
    deadline.sock = connection.sock
    connection.timeout = None  # from here on the deadline rules
    headers = {
        "Content-Type": "application/json",
        "Accept": "text/event-stream",
        "Accept-Encoding": "identity",
        "User-Agent": "blind-arena",
    }
    if target.api_key:
        headers["Authorization"] = f"Bearer {target.api_key}"
    path = address.path.rstrip("/") + "/chat/completions"
    if address.query:
        path += "?" + address.query
    connection.request("POST", path, orjson.dumps(body), headers, preload_content=False)
    return stack.enter_context(closing(connection.getresponse()))


def _connection(target: Target, limits: Limits) -> HTTPConnection:
    address = urlsplit(target.base_url)
    if address.scheme not in {"http", "https"} or not address.hostname:
        raise ProviderError(ErrorKind.UNREACHABLE, "The base URL is no address of HTTP.")
    if not (target.api_key.isascii() and target.api_key.isprintable()):
        raise ProviderError(ErrorKind.UNREACHABLE, "The key holds what no HTTP header can carry.")
    if address.scheme == "https":
        return HTTPSConnection(
            address.hostname, address.port or 443, timeout=limits.connect, ssl_context=_tls()
        )
    return HTTPConnection(address.hostname, address.port or 80, timeout=limits.connect)


def _excerpt(response: BaseHTTPResponse, deadline: Deadline) -> str:
    """The beginning of a body that is no answer, as far as it comes at all."""
    if deadline.passed:
        return ""
    deadline.at = min(deadline.at, time.monotonic() + GRACE_SECONDS)
    text = b""
    with suppress(HTTPError, HTTPException, OSError):
        text = response.read1(4 * MAX_DETAIL_CHARS)
    deadline.passed = False  # the refusal stands, however slowly it is told
    return text.decode("utf-8", "replace")


def _retry_after(value: str) -> float | None:
    """Seconds of a Retry-After header (RFC 9110, section 10.2.3), given as such or as a date."""
    if re.fullmatch(r"\s*[0-9]{1,9}\s*", value):
        return float(value)
    with suppress(ValueError, OverflowError):
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    return None


# --- the answer -------------------------------------------------------------------------------


def _answer(
    response: BaseHTTPResponse, deadline: Deadline, limits: Limits, started: float
) -> Iterator[Delta | Finished]:
    first_token: float | None = None
    ended = 0.0
    characters = 0
    has_substance = False
    reason = ""
    usage: Mapping[str, Any] = {}
    try:
        for event in _events(response, limits.max_chars * MAX_BYTES_PER_CHAR + MAX_EVENT_BYTES):
            now = time.monotonic()
            if event is DONE:
                reason = reason or "stop"
                ended = ended or now
                break
            text, event_reason, event_usage = _parsed(event)
            usage = event_usage or usage
            if text:
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
            if event_reason:
                reason = event_reason
                ended = now
                deadline.at = min(deadline.at, now + GRACE_SECONDS)
    except (HTTPError, HTTPException, OSError):
        if not reason:
            raise  # with a reason the answer is whole, however the connection ends
    if not reason:
        raise ProviderError(ErrorKind.ENDED_EARLY, "The stream ended without a finish reason.")
    if first_token is None or not has_substance:
        deadline.passed = False  # it is the answer that is wanting, not its pace
        raise ProviderError(ErrorKind.EMPTY, "The answer is empty.")
    yield Finished(
        reason=reason,
        prompt_tokens=_count(usage.get("prompt_tokens")),
        completion_tokens=_count(usage.get("completion_tokens")),
        first_token_seconds=first_token,
        seconds=ended - started,
    )


DONE = object()


def _events(response: BaseHTTPResponse, max_bytes: int) -> Iterator[Any]:
    """The JSON values of a stream of server-sent events (WHATWG HTML, section 9.2), then DONE."""
    data: list[bytes] = []
    size = 0
    for line in chain(_lines(response, max_bytes), [None]):
        if line and line.startswith(b"data:"):
            data.append(line[5:])
            size += len(line)
            if size > MAX_EVENT_BYTES:
                raise ProviderError(ErrorKind.MALFORMED, "An event is endless.")
        elif not line and data:
            text = b"\n".join(data)
            data.clear()
            size = 0
            if text.strip() == b"[DONE]":
                yield DONE
                return
            try:
                event = _decoded(text)
            except (ValueError, RecursionError):
                if line is None:
                    return  # the stream ended in mid-event
                raise ProviderError(
                    ErrorKind.MALFORMED, f"An event is not JSON: {text.decode('utf-8', 'replace')}"
                ) from None
            yield event


def _decoded(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        # Slower, but it takes half a surrogate pair and what is no UTF-8.
        return json.loads(text.decode("utf-8", "replace"))


def _lines(response: BaseHTTPResponse, max_bytes: int) -> Iterator[bytes]:
    """The lines of a body, each as soon as its end arrives, whichever of LF, CR, CRLF that is."""
    begun = bytearray()
    after_cr = False
    total = 0
    while data := response.read1(READ_BYTES):
        total += len(data)
        if total > max_bytes:
            raise ProviderError(ErrorKind.TOO_LONG, f"The endpoint sent over {max_bytes} bytes.")
        if after_cr:
            data = data.removeprefix(b"\n")
            after_cr = False
        if b"\r" in data:
            after_cr = data.endswith(b"\r")
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        head, *lines = data.split(b"\n")
        begun += head
        if len(begun) > MAX_EVENT_BYTES:
            raise ProviderError(ErrorKind.MALFORMED, "An event is endless.")
        if lines:
            yield bytes(begun)
            *whole, last = lines
            yield from whole
            begun = bytearray(last)
    yield bytes(begun)


def _parsed(event: Any) -> tuple[str, str, Mapping[str, Any]]:
    """Text, finish reason and usage of one event; each may be missing."""
    if not isinstance(event, dict):
        raise ProviderError(ErrorKind.MALFORMED, f"An event is not an object: {event!r}")
    if event.get("error"):
        raise ProviderError(ErrorKind.REJECTED, f"The endpoint reports: {event['error']!r}")
    usage = event.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    choices = event.get("choices")
    if choices in (None, []):
        return "", "", usage
    try:
        choice = choices[0]
        text = (choice.get("delta") or {}).get("content") or ""
        if isinstance(text, list):  # Mistral's reasoning models: parts, some of them thoughts
            text = "".join(part["text"] for part in text if part["type"] == "text")
        reason = choice.get("finish_reason") or ""
        if not isinstance(text, str) or not isinstance(reason, str):
            raise TypeError("text and finish reason must be strings")
    except (AttributeError, KeyError, IndexError, TypeError):
        raise ProviderError(
            ErrorKind.MALFORMED, f"An event has an unknown shape: {event!r}"
        ) from None
    return _storable(text), _storable(reason), usage


def _storable(text: str) -> str:
    """PostgreSQL cannot keep NUL, and nothing can encode half a surrogate pair."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode()


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and 0 <= value < 2**31 else None


def _as_provider_error(
    error: Exception, broken: ErrorKind, deadline: Deadline, target: Target
) -> ProviderError:
    """What to call an error, given what a broken connection means by now."""
    if deadline.passed:  # whatever else came of the cut
        return ProviderError(ErrorKind.TIMEOUT, "The endpoint took too long.")
    detail = f"{type(error).__name__}: {error}"
    retry_after = None
    passing = broken is ErrorKind.UNREACHABLE and (
        isinstance(error, ConnectionError)
        or (isinstance(error, NewConnectionError) and not isinstance(error, NameResolutionError))
    )
    match error:
        case ProviderError():
            kind, detail = error.kind, error.detail
            passing, retry_after = error.passing, error.retry_after
        case NewConnectionError():  # which urllib3 counts among the time-outs
            kind = broken
        case ConnectTimeoutError() | TimeoutError():
            kind = ErrorKind.TIMEOUT
        case DecodeError():
            kind = ErrorKind.MALFORMED
        case OSError() | HTTPError():
            kind = broken
        case HTTPException() | ValueError():
            kind = ErrorKind.MALFORMED
        case _:
            raise error
    if target.api_key:
        detail = detail.replace(target.api_key, "[key]")
    # One line of plain characters: it goes to logs and to the database.
    detail = "".join(c if c.isprintable() else " " for c in detail[:MAX_DETAIL_CHARS])
    return ProviderError(kind, detail, passing=passing, retry_after=retry_after)
