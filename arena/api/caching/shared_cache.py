"""A shared cache (RFC 9111) before everything else: a board that many read is made once.

What the API marks as public is kept in the process for as long as its `Cache-Control` allows, and
served without Django. A request with a key goes on to be counted by its rate.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from re import ASCII
from re import compile as pattern
from typing import Any

from asgiref.typing import (
    ASGIReceiveCallable,
    ASGISendCallable,
    ASGISendEvent,
    HTTPScope,
    Scope,
)

# What is public and comes at once; not, for instance, the ticker, which has no end.
PUBLIC = pattern(
    "/api/v1/(boards|chain|contestants|exports|methodology|sampling|snapshots|status)(/|$)"
)
MOST_BYTES = 32_000_000  # of all copies
LARGEST_BYTES = 2_000_000  # of one
MAX_AGE = pattern(rb"(?=.*\bpublic\b).*\bmax-age=(\d+)", ASCII)
# What an answer depends on besides its address, as far as this site looks at it.
DEPENDS_ON = {b"host", b"accept", b"accept-encoding", b"accept-language", b"x-forwarded-proto"}
OF_ONE_VISITOR = {b"ratelimit", b"ratelimit-policy"}

Application = Callable[..., Awaitable[None]]
"""Of ASGI; Django's own types of its arguments are not asgiref's."""
Headers = list[tuple[bytes, bytes]]
Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Copy:
    """An answer as it was sent."""

    headers: Headers
    etag: bytes
    body: bytes
    made: float  # seconds of the cache's clock
    until: float

    @property
    def size(self) -> int:
        return len(self.body) + 1000


class SharedCache:
    """An ASGI application that keeps public answers of the one behind it."""

    def __init__(
        self, application: Application, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Args:
        clock: gives seconds that only grow.
        """
        self._application = application
        self._clock = clock
        self._copies: OrderedDict[Key, Copy] = OrderedDict()
        self._size = 0
        self._making: dict[Key, asyncio.Lock] = {}

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        if scope["type"] != "http" or not _may_be_public(scope):
            await self._application(scope, receive, send)
            return
        headers = dict(scope["headers"])
        key = (
            scope["path"],
            scope["query_string"],
            scope["scheme"],
            *(headers.get(name) for name in DEPENDS_ON),
        )
        copy, events = self._fresh(key), []
        if copy is None:
            # One asks for all: whoever comes meanwhile waits for its answer.
            async with self._making.setdefault(key, asyncio.Lock()):
                copy = self._fresh(key)
                if copy is None:
                    events = await self._made(key, scope, receive)
        if copy is None:
            for event in events:
                await send(event)
        else:
            age = int(self._clock() - copy.made)
            await _send(copy, age, headers.get(b"if-none-match"), send)

    def _fresh(self, key: Key) -> Copy | None:
        copy = self._copies.get(key)
        return copy if copy is not None and self._clock() < copy.until else None

    async def _made(
        self, key: Key, scope: HTTPScope, receive: ASGIReceiveCallable
    ) -> list[ASGISendEvent]:
        """What the application answers; a copy is kept if it may be."""
        events: list[Any] = []

        async def collect(event: ASGISendEvent) -> None:
            events.append(event)

        try:
            await self._application(scope, receive, collect)
        finally:
            self._making.pop(key, None)
        start, *parts = events
        if all(event["type"] == "http.response.body" for event in parts):
            body = b"".join(event["body"] for event in parts)
            self._keep(key, start["status"], list(start["headers"]), body)
        return events

    def _keep(self, key: Key, status: int, headers: Headers, body: bytes) -> None:
        named = {name.lower(): value for name, value in headers}
        allowed = MAX_AGE.match(named.get(b"cache-control", b""))
        etag = named.get(b"etag")
        kept_out = b"set-cookie" in named or len(body) > LARGEST_BYTES
        if status != 200 or not allowed or not etag or kept_out:
            return
        now = self._clock()
        shown = [(name, value) for name, value in headers if name.lower() not in OF_ONE_VISITOR]
        self._drop(key)
        self._copies[key] = Copy(shown, etag, body, now, now + int(allowed[1]))
        self._size += self._copies[key].size
        while self._size > MOST_BYTES:
            self._drop(next(iter(self._copies)))

    def _drop(self, key: Key) -> None:
        copy = self._copies.pop(key, None)
        if copy is not None:
            self._size -= copy.size


def _may_be_public(scope: HTTPScope) -> bool:
    if scope["method"] != "GET" or not PUBLIC.match(scope["path"]):
        return False
    return all(name != b"authorization" for name, _ in scope["headers"])


async def _send(copy: Copy, age: int, known: bytes | None, send: ASGISendCallable) -> None:
    unchanged = known is not None and copy.etag.removeprefix(b"W/") in known
    headers = copy.headers
    if unchanged:
        headers = [(name, value) for name, value in headers if name.lower() != b"content-length"]
    await send(
        {
            "type": "http.response.start",
            "status": 304 if unchanged else 200,
            "headers": [*headers, (b"age", b"%d" % age)],
            "trailers": False,
        }
    )
    body = b"" if unchanged else copy.body
    await send({"type": "http.response.body", "body": body, "more_body": False})
