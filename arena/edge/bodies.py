"""Bounds of request bodies: an ASGI layer that reads a body before Django does.

Django reads a body without bound and spools it to disk. Here a body has a largest size by its
path, must not come too slowly, and only a few large ones are in memory at a time. What is refused
is passed to Django without its body, and `arena.edge.middleware` answers it.
"""

import asyncio
import codecs
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, HTTPScope, Scope
from django.conf import settings
from django.utils.http import parse_header_parameters
from django.utils.translation import gettext_lazy as _

from arena.edge.refusals import REFUSAL, Refusal
from arena.voters.origin.network import network_of

LARGE_BYTES = 64_000
"""A larger body takes one of the few places, as does every upload of an image."""
PLACES = 4
PLACES_PER_NETWORK = 2
WAIT_SECONDS = 60
"""How long a large body waits for a place, unread."""
SILENT_SECONDS = 15
"""How long the next piece of a body may take."""
GRACE_SECONDS = 20
"""From then on a body must come at `LEAST_BYTES_PER_SECOND` on average."""
LEAST_BYTES_PER_SECOND = 4_000
LEAST_WHEN_CROWDED = 64_000
"""The same for a body that holds a place which others wait for."""

# Where images are uploaded.
UPLOADS = re.compile(r"/api/v1/battles/?")


class TooLarge(Exception):
    """The body is larger than its path allows."""


class NotUtf8(Exception):
    """The request states another encoding."""


class TooSlow(Exception):
    """The body stopped or comes too slowly."""


class Crowded(Exception):
    """No place for a large body became free in time."""


class Disconnected(Exception):
    """The client left before its body was whole."""


class Places:
    """A few places for large bodies; one network gets only a share of them.

    The next free one goes to the network that holds fewest, then to the one that got none for the
    longest time, so that a sender of many bodies waits behind senders of one.

    Args:
        total: how many there are.
        per_network: how many of them bodies from one network may take at a time.
    """

    def __init__(self, total: int = PLACES, per_network: int = PLACES_PER_NETWORK) -> None:
        self._total = total
        self._per_network = per_network
        self._taken: Counter[str] = Counter()
        self._waiting: list[tuple[str, asyncio.Future[None]]] = []
        self._served: dict[str, int] = {}  # when each network that is here got its last place
        self._turn = 0

    @property
    def waiting(self) -> int:
        """How many bodies wait for a place."""
        return len(self._waiting)

    @asynccontextmanager
    async def place(self, network: str, wait_seconds: float) -> AsyncIterator[None]:
        """Hold a place for a large body.

        Raises:
            Crowded: none became free in time.
        """
        given: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((network, given))
        self._give()
        try:
            async with asyncio.timeout(wait_seconds):
                await given
            yield
        except TimeoutError as error:
            if given.done() and not given.cancelled():
                raise
            raise Crowded from error
        finally:
            if given.done() and not given.cancelled():
                self._taken -= Counter([network])
            else:
                self._waiting.remove((network, given))
            self._give()

    def _give(self) -> None:
        """Give the free places to waiting bodies."""
        here = {network for network, _ in self._waiting} | self._taken.keys()
        self._served = {network: turn for network, turn in self._served.items() if network in here}
        while self._taken.total() < self._total:
            entitled = [
                (self._taken[network], self._served.get(network, 0), index)
                for index, (network, given) in enumerate(self._waiting)
                if self._taken[network] < self._per_network and not given.cancelled()
            ]
            if not entitled:
                return
            network, given = self._waiting.pop(min(entitled)[2])
            self._taken[network] += 1
            self._turn += 1
            self._served[network] = self._turn
            given.set_result(None)


class BoundedBodies:
    """An ASGI application that hands only whole, bounded bodies to the one behind it."""

    def __init__(
        self,
        application: Any,
        *,
        silent_seconds: float = SILENT_SECONDS,
        grace_seconds: float = GRACE_SECONDS,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        self._application = application
        self._places = Places()
        self._silent_seconds = silent_seconds
        self._grace_seconds = grace_seconds
        self._wait_seconds = wait_seconds

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        async with AsyncExitStack() as places:
            try:
                body = await self._read(scope, receive, places)
            except Disconnected:
                return
            except (TooLarge, NotUtf8, TooSlow, Crowded) as error:
                scope, body = _refused(scope, _refusal(error, scope)), b""
            replay = _replaying(body, receive)
            del body  # from here on only its reader holds it
            await self._application(_without_charset(scope), replay, send)

    async def _read(
        self, scope: HTTPScope, receive: ASGIReceiveCallable, places: AsyncExitStack
    ) -> bytes:
        """The whole body; one that is large holds a place until the request is answered."""
        most, declared = most_bytes(scope), _declared(scope)
        if declared > most:
            raise TooLarge
        if _charset(scope) not in {"utf-8", "ascii"}:
            raise NotUtf8
        place = self._places.place(_network(scope), self._wait_seconds)
        holds_place = declared > LARGE_BYTES or _is_upload(scope)
        if holds_place:
            await places.enter_async_context(place)
        body = bytearray()
        pace = _Pace(self._grace_seconds)
        while True:
            try:
                async with asyncio.timeout(self._silent_seconds):
                    event = await receive()
            except TimeoutError as error:
                raise TooSlow from error
            if event["type"] == "http.disconnect":
                raise Disconnected
            piece: bytes = event.get("body", b"")  # type: ignore[assignment]  # of unions
            body += piece
            if len(body) > most:
                raise TooLarge
            if not holds_place and len(body) > LARGE_BYTES:
                with pace.paused():
                    await places.enter_async_context(place)
                holds_place = True
            if not event.get("more_body", False):
                return bytes(body)
            is_awaited = holds_place and self._places.waiting > 0
            pace.check(len(body), LEAST_WHEN_CROWDED if is_awaited else LEAST_BYTES_PER_SECOND)


class _Pace:
    """How fast a body comes, while we are ready to read it."""

    def __init__(self, grace_seconds: float) -> None:
        self._due = time.monotonic() + grace_seconds

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Do not count the time inside."""
        begun = time.monotonic()
        yield
        self._due += time.monotonic() - begun

    def check(self, received: int, least_per_second: int) -> None:
        """Raise TooSlow if fewer bytes came than should have by now."""
        late = time.monotonic() - self._due
        if late > 0 and received < late * least_per_second:
            raise TooSlow


def most_bytes(scope: HTTPScope) -> int:
    """The largest body that a path takes."""
    if _is_upload(scope):
        return settings.ARENA.max_upload_bytes
    return settings.ARENA.max_body_bytes


def _is_upload(scope: HTTPScope) -> bool:
    """Whether an image may come with it."""
    return (
        scope["method"] == "POST"
        and UPLOADS.fullmatch(scope["path"]) is not None
        and _content_type(scope)[0] == "multipart/form-data"
    )


def _headers(scope: HTTPScope) -> Mapping[bytes, bytes]:
    return {name.lower(): value for name, value in scope["headers"]}


def _charset(scope: HTTPScope) -> str:
    """Python's name of the encoding that the Content-Type states; UTF-8 if it states none."""
    _kind, parameters = _content_type(scope)
    try:
        return codecs.lookup(parameters.get("charset", "utf-8")).name
    except (LookupError, ValueError):
        return ""


def _without_charset(scope: HTTPScope) -> HTTPScope:
    """The request with a Content-Type that states no encoding.

    Django decodes the query in the stated encoding while it makes the request. There nothing
    handles errors, such as an encoding that is not for text, or too many parameters.
    """
    kind, parameters = _content_type(scope)
    if "charset" not in parameters:
        return scope
    del parameters["charset"]
    stated = "; ".join([kind, *(f'{name}="{value}"' for name, value in parameters.items())])
    others = [pair for pair in scope["headers"] if pair[0].lower() != b"content-type"]
    return {**scope, "headers": [*others, (b"content-type", stated.encode("latin-1", "replace"))]}


def _content_type(scope: HTTPScope) -> tuple[str, dict[str, str]]:
    """Kind and parameters of the Content-Type."""
    stated = _headers(scope).get(b"content-type", b"").decode("latin-1")
    try:
        return parse_header_parameters(stated)
    except ValueError:  # it is longer than any that makes sense
        return stated, {}


def _declared(scope: HTTPScope) -> int:
    """The Content-Length, if it is valid."""
    text = _headers(scope).get(b"content-length", b"")
    return int(text) if text.isdigit() and len(text) < 20 else 0


def _network(scope: HTTPScope) -> str:
    forwarded = _headers(scope).get(b"x-forwarded-for", b"").decode("latin-1")
    client = scope.get("client")
    meta = {"HTTP_X_FORWARDED_FOR": forwarded, "REMOTE_ADDR": client[0] if client else ""}
    return network_of(meta) or ""


def _refusal(error: Exception, scope: HTTPScope) -> Refusal:
    match error:
        case TooLarge():
            most = most_bytes(scope) // 1_000_000
            text = _("This is too much to send: at most %(size)d MB, image and all.")
            return Refusal(413, "too-large", text % {"size": most})
        case NotUtf8():
            return Refusal(415, "not-utf-8", _("Please send text as UTF-8."))
        case TooSlow():
            text = _("Your request came too slowly. Please send it again.")
            return Refusal(408, "too-slow", text)
        case _:
            text = _("Many large requests are being read. Please send yours again in a moment.")
            return Refusal(503, "busy", text, wait=10)


def _refused(scope: HTTPScope, refusal: Refusal) -> HTTPScope:
    """The request without its body, and why."""
    about_body = {b"content-length", b"content-type", b"transfer-encoding"}
    headers = [pair for pair in scope["headers"] if pair[0].lower() not in about_body]
    refused: Any = {**scope, "headers": headers, REFUSAL: refusal}
    return refused  # type: ignore[no-any-return]  # a scope with one key more


def _replaying(body: bytes, receive: ASGIReceiveCallable) -> Any:
    """A `receive` that gives the whole body at once, then what comes after it."""
    left: list[bytes] = [body]

    async def replay() -> Any:
        if not left:
            return await receive()
        return {"type": "http.request", "body": left.pop(), "more_body": False}

    return replay
