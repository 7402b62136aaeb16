"""The body of an answer, cut into events.

Server-sent events (WHATWG HTML, section 9.2), and what passes for them: other line ends, other
content types, events without a blank line between them, JSON without `data:` before it, on one
line or on several, a byte-order mark, keep-alives of all kinds.
"""

import json
import re
from collections.abc import Iterator
from enum import Enum
from itertools import chain
from typing import Any

import orjson
from urllib3.response import BaseHTTPResponse

from arena.contestants.provider.errors import ErrorKind, ProviderError, rejected

READ_BYTES = 65_536
MAX_EVENT_BYTES = 1_000_000
MAX_TRIES = 100  # at decoding what may still lack its end

BOM = b"\xef\xbb\xbf"
KEEP_ALIVE = re.compile(r'[\[("\s]*(?:ping|pong|keep[-_ ]?alive|heart[-_ ]?beat)[])".!\s]*', re.I)
ERROR = re.compile(r"\b(?:errors?|exception|failed|failure|traceback|timed? ?out)\b", re.I)


class Mark(Enum):
    """An event that is no JSON value."""

    ALIVE = "alive"  # nothing but a sign of life
    DONE = "done"


class Budget:
    """How many bytes may still come. What turns out to be of use is given back."""

    def __init__(self, size: int) -> None:
        self._size = self._left = size
        self.last = 0  # bytes of the newest event

    def take(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise ProviderError(
                ErrorKind.TOO_LONG, f"The endpoint sent over {self._size} bytes of no use."
            )

    def give_back(self) -> None:
        """The newest event was of use."""
        self._left += self.last


def events(response: BaseHTTPResponse, budget: Budget) -> Iterator[Any]:
    """The JSON values of a body, each as soon as it is whole, and marks; DONE is the last.

    Raises:
        ProviderError: MALFORMED, TOO_LONG, or REJECTED for an error that is no JSON.
    """
    parser = _Parser(response.headers.get("Content-Type", ""))
    for line in chain(_lines(response, budget), [None]):
        for event in parser.take(line):
            budget.last = parser.size
            yield event
            if event is Mark.DONE:
                return


class _Parser:
    MAX_STRANGE_LINES = 20

    def __init__(self, content_type: str) -> None:
        self._content_type = content_type
        # Another type is believed once a line looks like an event.
        self._is_known = content_type.lower().startswith("text/event-stream")
        self._strange: list[bytes] = []  # lines of another type that look like nothing known
        self._data: list[bytes] = []
        self._pending = 0  # bytes of the data
        self._is_bare = False  # the data are JSON that no `data:` announced
        self._name = b""
        self._tries = 0
        self.size = 0  # bytes of the event that was found last

    def take(self, line: bytes | None) -> Iterator[Any]:
        """The events that are whole with this line; None: the body has ended."""
        if line is None:
            if self._data:
                yield from self._end_of_event(at_end=True)
            if self._strange and not self._is_known:
                raise self._unknown_type()
        elif not line.strip():
            if self._data and not self._is_bare:
                yield from self._end_of_event(at_end=False)
            self._name = b""
        elif line.startswith(b"data:"):
            if self._data and (self._is_bare or self._data[0].strip()[:1] not in {b"{", b"["}):
                yield from self._end_of_event(at_end=True)  # no blank line came in between
            yield from self._add(line[5:])
        elif self._is_bare or line.lstrip()[:1] in {b"{", b"["}:
            self._is_bare = True
            yield from self._add(line)
        else:
            yield from self._field(line)

    def _field(self, line: bytes) -> Iterator[Any]:
        """A comment, or a field that is no data."""
        field, separator, value = line.partition(b":")
        if separator and field == b"error":  # as llama.cpp sent them until late in 2025
            raise rejected(_told(value))
        if separator and field in {b"", b"event", b"id", b"retry"}:
            self._is_known = True
            if field == b"event":
                self._name = value.strip()
            yield Mark.ALIVE
        elif not self._is_known:
            self._strange.append(line)
            if len(self._strange) == self.MAX_STRANGE_LINES:
                raise self._unknown_type()

    def _unknown_type(self) -> ProviderError:
        begun = b" ".join(self._strange).decode("utf-8", "replace")
        return ProviderError(
            ErrorKind.MALFORMED,
            f"Content-Type {self._content_type!r} instead of text/event-stream: {begun}",
        )

    def _add(self, data: bytes) -> Iterator[Any]:
        """More data of an event, which it may complete: not every server sends the blank line."""
        self._is_known = True
        self._data.append(data)
        self._pending += len(data)
        if self._pending > MAX_EVENT_BYTES:
            raise ProviderError(ErrorKind.MALFORMED, "An event is endless.")
        if data.rstrip()[-1:] in {b"}", b"]"} and self._tries < MAX_TRIES:
            self._tries += 1
            text = b"\n".join(self._data).strip().removeprefix(BOM)
            try:
                found = [Mark.DONE] if text.upper() == b"[DONE]" else _values(text)
            except ValueError:
                return
            yield from self._found(found)

    def _end_of_event(self, *, at_end: bool) -> Iterator[Any]:
        text = b"\n".join(self._data).strip().removeprefix(BOM)
        try:
            found = _values(text) if text else [None]
        except ValueError:
            found = [self._without_json(text.decode("utf-8", "replace"), at_end=at_end)]
        yield from self._found(found)

    def _without_json(self, text: str, *, at_end: bool) -> Mark:
        """What an event means that is no JSON."""
        if text.upper() == "[DONE]":
            return Mark.DONE
        if KEEP_ALIVE.fullmatch(text):
            return Mark.ALIVE
        if self._name == b"error" or (text[:1] not in "{[" and ERROR.search(text)):
            raise rejected(text)
        if at_end and text[:1] in "{[":
            return Mark.ALIVE  # the body ended inside an event; the missing end is found later
        raise ProviderError(ErrorKind.MALFORMED, f"An event is not JSON: {text}")

    def _found(self, values: list[Any]) -> Iterator[Any]:
        name, self._name = self._name, b""
        self._data.clear()
        self.size, self._pending = self._pending, 0
        self._is_bare = False
        self._tries = 0
        for value in values:
            if name == b"error" and not isinstance(value, Mark):
                raise rejected(value)
            if isinstance(value, str):
                yield self._without_json(value.strip() or "ping", at_end=False)
            else:
                # A number or a truth is a beat of the heart, and so is what is empty.
                is_beat = isinstance(value, bool | int | float) or value in (None, {}, [])
                yield Mark.ALIVE if is_beat else value


def _told(text: bytes) -> Any:
    """What a field says: a JSON value, or a text."""
    try:
        return _values(text.strip())[0]
    except ValueError:
        return text.decode("utf-8", "replace")


_decoder = json.JSONDecoder()


def _values(text: bytes) -> list[Any]:
    """The JSON value of a text; or several, one after the other, as some proxies join them.

    Raises:
        ValueError: it is no JSON.
    """
    try:
        return [orjson.loads(text)]
    except orjson.JSONDecodeError:
        pass
    # Slower, but it takes half a surrogate pair and what is no UTF-8.
    rest = text.decode("utf-8", "replace").strip().removeprefix("\ufeff")
    values: list[Any] = []
    while rest:
        try:
            value, end = _decoder.raw_decode(rest)
        except RecursionError:
            raise ValueError("It is nested too deeply.") from None
        except ValueError:
            if values and rest.removeprefix("data:").strip() == "[DONE]":
                return [*values, Mark.DONE]
            raise
        values.append(value)
        rest = rest[end:].lstrip()
    if not values:
        raise ValueError("It is empty.")
    return values


def _lines(response: BaseHTTPResponse, budget: Budget) -> Iterator[bytes]:
    """The lines of a body, each as soon as its end arrives, whichever of LF, CR, CRLF that is."""
    begun = bytearray()
    after_cr = False
    is_first = True
    while data := response.read1(READ_BYTES):
        budget.take(len(data))
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
            yield bytes(begun).removeprefix(BOM if is_first else b"")
            is_first = False
            *whole, last = lines
            yield from whole
            begun = bytearray(last)
    yield bytes(begun).removeprefix(BOM if is_first else b"")
