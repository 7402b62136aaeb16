"""What can go wrong with an answer."""

import json
import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from http.client import HTTPException
from typing import Any

from urllib3.exceptions import (
    ConnectTimeoutError,
    DecodeError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
)

MAX_DETAIL_CHARS = 500


class ErrorKind(StrEnum):
    UNREACHABLE = "unreachable"  # no connection, or it broke before an answer began
    REJECTED = "rejected"  # an HTTP status that is no success, or an error event
    TIMEOUT = "timeout"
    MALFORMED = "malformed"  # not a stream of chat-completion events
    ENDED_EARLY = "ended_early"
    EMPTY = "empty"
    TOO_LONG = "too_long"
    BUSY = "busy"  # other requests took all that the endpoint answers at once
    THINKS_ALOUD = "thinks_aloud"  # a thought was taken for the answer until its end came


class ProviderError(Exception):
    """The endpoint gave no usable answer. The detail is for operators and holds no key.

    `is_transient` says that the same request may succeed a little later, and `retry_after` in how
    many seconds the endpoint itself asks to be left alone. `key_refused` says that it may succeed
    with another key.
    """

    def __init__(
        self,
        kind: ErrorKind,
        detail: str,
        *,
        is_transient: bool = False,
        retry_after: float | None = None,
        key_refused: bool = False,
    ) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        self.detail = detail
        self.is_transient = is_transient
        self.retry_after = retry_after
        self.key_refused = key_refused


# The key is wrong, its account is empty, it may not do this, or has done it too often.
KEY_REFUSED = frozenset({401, 402, 403, 429})


def is_transient_status(status: int) -> bool:
    """Whether a request that got this HTTP status may succeed a little later.

    Timeouts, conflicts, too many requests, and all faults of the server: 500, 502 to 504, 520 to
    527 and 530 (Cloudflare), 529 (overloaded, Anthropic and others) and what may be invented next;
    but not that it cannot do what is asked (501, 505).
    """
    return status in {408, 409, 425, 429} or (500 <= status < 600 and status not in {501, 505})


# Members by which an object without choices says that it is an error: FastAPI's servers send
# `detail`, FastChat `error_code`, Baidu `error_msg`, DashScope `code` and `message`.
_TELLING = ("detail", "error_code", "error_msg", "error_message", "errors")
_CODES_OF_SUCCESS = (None, "", 0, 200, "0", "200", "OK", "ok", "success", "Success")
_TELLING_TYPES = {"error", "exception", "failed", "failure"}


def reported(event: Mapping[str, Any]) -> ProviderError | None:
    """The error that an event of a stream reports, in any of the shapes in use."""
    choices = event.get("choices")
    if error := event.get("error"):
        return rejected(error)
    if isinstance(choices, list) and choices:
        choice = choices[0]
        if isinstance(choice, dict):
            delta = choice.get("delta")
            inner = choice.get("error") or (isinstance(delta, dict) and delta.get("error"))
            if inner:
                return rejected(inner)
        return None
    words = {str(event.get(name, "")).lower() for name in ("object", "type", "status")}
    if (
        words & _TELLING_TYPES
        or event.get("success") is False
        or any(event.get(name) for name in _TELLING)
        or ("message" in event and event.get("code") not in _CODES_OF_SUCCESS)
    ):
        return rejected(event)
    return None


def rejected(error: object) -> ProviderError:
    """An error that the endpoint reports within the answer."""
    if isinstance(error, str):
        text = error
    else:
        text = json.dumps(error, ensure_ascii=False, default=str)[: 4 * MAX_DETAIL_CHARS]
    status = _status_of(error)
    return ProviderError(
        ErrorKind.REJECTED,
        f"The endpoint reports: {text}",
        # One without a status may be anything, so it may pass.
        is_transient=is_transient_status(status) if status else "invalid_request" not in text,
    )


def _status_of(error: object) -> int:
    """The HTTP status that a reported error names; 0 if it names none."""
    if not isinstance(error, Mapping):
        return 0
    for name in ("code", "status", "status_code", "http_code"):
        value = error.get(name)
        if isinstance(value, int | str) and re.fullmatch("[45][0-9][0-9]", str(value)):
            return int(value)
    return 0


def without_keys(text: str, api_keys: Iterable[str]) -> str:
    """A text without any of an endpoint's keys, the longest ones first: one may hold another."""
    for key in sorted(filter(None, api_keys), key=len, reverse=True):
        text = text.replace(key, "[key]")
    return text


def from_exception(
    error: Exception, broken: ErrorKind, *, timed_out: bool, api_keys: Iterable[str]
) -> ProviderError:
    """The error for an exception, given what a broken connection means at this point.

    Raises:
        Exception: `error` itself, if it is none that an endpoint can cause.
    """
    if timed_out:  # whatever else came of the cut
        return ProviderError(ErrorKind.TIMEOUT, "The endpoint took too long.")
    detail = f"{type(error).__name__}: {error}"
    retry_after = None
    key_refused = False
    is_transient = isinstance(error, ConnectionError) or (
        isinstance(error, NewConnectionError) and not isinstance(error, NameResolutionError)
    )
    match error:
        case ProviderError():
            kind, detail = error.kind, error.detail
            is_transient, retry_after = error.is_transient, error.retry_after
            key_refused = error.key_refused
        case NewConnectionError():  # which urllib3 counts among the time-outs
            kind = broken
        case ConnectTimeoutError() | TimeoutError():
            kind = ErrorKind.TIMEOUT
        case DecodeError():
            kind = ErrorKind.MALFORMED
        case OSError() | HTTPError():
            kind = broken
            is_transient = is_transient or broken is ErrorKind.ENDED_EARLY
        case HTTPException() | ValueError():
            kind = ErrorKind.MALFORMED
        case _:
            raise error
    detail = without_keys(detail, api_keys)
    # One line of plain characters: it goes to logs and to the database.
    detail = "".join(c if c.isprintable() else " " for c in detail[:MAX_DETAIL_CHARS])
    return ProviderError(
        kind, detail, is_transient=is_transient, retry_after=retry_after, key_refused=key_refused
    )
