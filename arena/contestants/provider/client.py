"""One request to an endpoint, from the connection to the end of its answer."""

import re
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

import orjson
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from arena.contestants.network import connection_to
from arena.contestants.provider.answer import GRACE_SECONDS, answer
from arena.contestants.provider.deadline import WATCHDOG, Deadline
from arena.contestants.provider.errors import (
    KEY_REFUSED,
    MAX_DETAIL_CHARS,
    ErrorKind,
    ProviderError,
    from_exception,
    is_transient_status,
)
from arena.contestants.provider.headers import request_headers
from arena.contestants.provider.messages import (
    PROBE,
    Delta,
    Ending,
    Event,
    Finished,
    Limits,
    Message,
    ProbeReport,
    Shown,
    Target,
    stated_max_tokens,
)
from arena.contestants.provider.metadata import MetadataCollector


def stream_chat(
    target: Target,
    messages: Sequence[Message],
    limits: Limits,
    shown: Shown | None = None,
) -> Generator[Event, None, None]:
    """Ask for one answer and yield it as it arrives: deltas and signs of life, then `Finished`.

    Closing the generator closes the connection. No retries, no redirects.

    Args:
        shown: what readers are shown of the answer, kept by the caller; None: all of it.

    Raises:
        ProviderError: the endpoint gave no usable answer within the limits.
    """
    started = time.monotonic()
    at_first = min(limits.first_sign, limits.first_token, limits.whole)
    deadline = Deadline(started + at_first, limits.unwanted)
    broken = ErrorKind.UNREACHABLE
    metadata = MetadataCollector(target.all_keys)
    try:
        with (
            WATCHDOG.watching(deadline),
            _response(target, messages, limits, deadline, metadata) as response,
        ):
            broken = ErrorKind.ENDED_EARLY
            yield from answer(
                response,
                deadline,
                limits,
                started=started,
                max_tokens=stated_max_tokens(target.parameters),
                shown=shown,
                metadata=metadata,
            )
    except Exception as error:
        # Without its cause, which may quote the key.
        raise from_exception(
            error, broken, timed_out=deadline.passed, api_keys=target.all_keys
        ) from None


def probe(
    target: Target, limits: Limits, on_event: Callable[[], None] = lambda: None
) -> ProbeReport:
    """Send one short request and report what came back; never raises ProviderError.

    An answer that the endpoint breaks off is an error: it would break off those of battles too.

    Args:
        on_event: is called at each sign of life.
    """
    text = ""
    try:
        for event in stream_chat(target, PROBE, limits):
            on_event()
            if isinstance(event, Delta):
                text += event.text
            elif isinstance(event, Finished):
                if event.ending is Ending.BROKEN_OFF:
                    error = ProviderError(ErrorKind.ENDED_EARLY, _why_broken_off(target, event))
                    return ProbeReport(text, error=error)
                return ProbeReport(text, event)
    except ProviderError as error:
        return ProbeReport(text, error=error)
    raise AssertionError("An answer's stream ends with Finished or with an error.")


def _why_broken_off(target: Target, finished: Finished) -> str:
    tokens = finished.completion_tokens
    after = "" if tokens is None else f" after {tokens} tokens"
    own = stated_max_tokens(target.parameters)
    limit = f"max_tokens is {own}" if own else "the parameters set no max_tokens"
    return f"The endpoint broke the answer off with {finished.reason!r}{after}; {limit}."


WITHOUT_USAGE: set[str] = set()
"""Base URLs of endpoints that refuse to be asked for usage, as Mistral's does."""


@contextmanager
def _response(
    target: Target,
    messages: Sequence[Message],
    limits: Limits,
    deadline: Deadline,
    metadata: MetadataCollector,
) -> Iterator[BaseHTTPResponse]:
    """The response of an endpoint that accepted the request; leaving closes the connection."""
    system: list[Message] = (
        [{"role": "system", "content": target.system_prompt}] if target.system_prompt else []
    )
    own = {
        "model": target.model_id,
        "stream": True,
        "messages": [*system, *messages],
        "stream_options": {"include_usage": True},
    }
    body = {**own, **target.parameters, **own}  # in the order of OpenAI's SDK
    if target.base_url in WITHOUT_USAGE:
        del body["stream_options"]
    with ExitStack() as stack:
        response = _posted(stack, target, body, limits, deadline)
        if response.status in {400, 422} and "stream_options" in body:
            refusal = _excerpt(response, deadline)
            if "stream_options" not in refusal:
                raise ProviderError(ErrorKind.REJECTED, f"HTTP {response.status}: {refusal}")
            del body["stream_options"]
            response = _posted(stack, target, body, limits, deadline)
            if _is_success(response):  # else the refusal only quoted the prompt
                WITHOUT_USAGE.add(target.base_url)
        if not _is_success(response):
            raise ProviderError(
                ErrorKind.REJECTED,
                f"HTTP {response.status}: {_excerpt(response, deadline)}",
                is_transient=is_transient_status(response.status),
                key_refused=response.status in KEY_REFUSED,
                retry_after=retry_after_seconds(response.headers.get("Retry-After", "")),
            )
        metadata.request = {name: body[name] for name in body if name != "messages"}
        yield response


def _is_success(response: BaseHTTPResponse) -> bool:
    return 200 <= response.status < 300


def _posted(
    stack: ExitStack, target: Target, body: Mapping[str, Any], limits: Limits, deadline: Deadline
) -> BaseHTTPResponse:
    """Send a request and read the head of the response."""
    address = urlsplit(target.base_url)
    connection = stack.enter_context(closing(_connection(target, limits)))
    connection.connect()
    deadline.sock = connection.sock
    connection.timeout = None  # from here on the deadline rules
    path = address.path.rstrip("/") + "/chat/completions"
    if address.query:
        path += "?" + address.query
    data = orjson.dumps(body)
    headers = request_headers(target.api_key, len(data))
    connection.request("POST", path, data, headers, preload_content=False)
    return stack.enter_context(closing(connection.getresponse()))


def _connection(target: Target, limits: Limits) -> HTTPConnection:
    if not (target.api_key.isascii() and target.api_key.isprintable()):
        raise ProviderError(ErrorKind.UNREACHABLE, "The key holds what no HTTP header can carry.")
    return connection_to(target.base_url, limits.connect)


def _excerpt(response: BaseHTTPResponse, deadline: Deadline) -> str:
    """The beginning of a body that is no answer, as far as it comes at all."""
    if deadline.passed:
        return ""
    deadline.at = min(deadline.at, time.monotonic() + GRACE_SECONDS)
    text = b""
    with suppress(HTTPError, HTTPException, OSError):
        text = response.read1(4 * MAX_DETAIL_CHARS)
    deadline.passed = False  # a refusal is reported as such, even if its text came too slowly
    return text.decode("utf-8", "replace")


def retry_after_seconds(value: str) -> float | None:
    """Seconds of a Retry-After header (RFC 9110, section 10.2.3), given as such or as a date."""
    if re.fullmatch(r"\s*[0-9]{1,9}\s*", value):
        return float(value)
    with suppress(ValueError, OverflowError):
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    return None
