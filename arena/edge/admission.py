"""Limits of connections that stay open, checked before any other work."""

import asyncio
import logging
import re
import resource
import time
from io import BytesIO
from typing import Any

import orjson
from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.db import Error
from redis import RedisError

from arena.api.errors import MEDIA_TYPE, problem
from arena.common.consumers import TOO_MANY, TRY_AGAIN
from arena.common.logs import SeldomLogger
from arena.voters.throttling.connections import Connection, Connections, Holder, TooManyConnections

logger = logging.getLogger(__name__)
seldom = SeldomLogger(logger)

# Requests whose answers stay open.
STREAMS = re.compile("/api/v1/ticker")
POLLS = re.compile("/api/v1/battles/[0-9a-fA-F-]{36}/live")
RETRY_SECONDS = 10  # when an event stream that was refused may come again
# Pages send nothing over their sockets, so that this is plenty for whatever a proxy may add.
MOST_MESSAGES = 20
MESSAGES_SECONDS = 60.0
MOST_BYTES = 4096
OTHER_FILES = 4000  # that a process may have open: requests, and idle connections of browsers
FLOODED, TOO_LARGE = 1008, 1009  # of RFC 6455: policy violation, message too big


class Admission:
    """An ASGI application that limits the connections of the one behind it.

    Polls are counted apart from sockets and event streams, because visitors without a socket need
    them.
    """

    def __init__(self, application: Any) -> None:
        self._application = application
        files = _open_files()
        most = max(files - OTHER_FILES, files // 2)
        self._connections, self._polls = Connections(most), Connections(most)

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        if scope["type"] == "websocket":
            await self._serve_socket(scope, receive, send)
        elif scope["type"] == "http" and STREAMS.fullmatch(scope["path"]):
            await self._serve_long(self._connections, scope, receive, send)
        elif scope["type"] == "http" and POLLS.fullmatch(scope["path"]):
            await self._serve_long(self._polls, scope, receive, send)
        else:
            await self._application(scope, receive, send)

    async def _serve_socket(self, scope: Any, receive: Any, send: Any) -> None:
        request = _request(scope)
        connect = await receive()
        if request is None or not _is_own_origin(request):
            await send({"type": "websocket.close"})  # before it is accepted: HTTP status 403
            return
        try:
            connection = self._connections.enter(Holder.of(request.META, request.COOKIES))
        except TooManyConnections:
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close", "code": TOO_MANY})
            return
        socket = _Socket(connection, connect, receive, send)
        try:
            await self._application(scope, socket.receive, socket.send)
        except (Error, RedisError, OSError) as error:
            seldom.warning("A socket is closed, for the server cannot serve it:", error)
            await socket.close(TRY_AGAIN)
        except Exception:
            logger.exception("A socket failed.")
            await socket.close(TRY_AGAIN)
        finally:
            socket.end()
            self._connections.leave(connection)

    async def _serve_long(
        self, connections: Connections, scope: Any, receive: Any, send: Any
    ) -> None:
        request = _request(scope)
        if request is None:
            await self._application(scope, receive, send)  # which refuses it
            return
        try:
            connection = connections.enter(Holder.of(request.META, request.COOKIES))
        except TooManyConnections:
            await _refuse(send)
            return
        serving = asyncio.ensure_future(self._application(scope, receive, send))
        losing = asyncio.ensure_future(connection.lost.wait())
        try:
            await asyncio.wait({serving, losing}, return_when=asyncio.FIRST_COMPLETED)
            if serving.done():
                serving.result()
        except (Error, RedisError, OSError) as error:
            seldom.warning("A long answer ends because of an error of the server:", error)
        finally:
            serving.cancel()
            losing.cancel()
            await asyncio.gather(serving, losing, return_exceptions=True)
            connections.leave(connection)


def _open_files() -> int:
    """How many files this process may have open, once the limit is as high as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, max(soft, settings.ARENA.connections + OTHER_FILES))
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    if wanted < settings.ARENA.connections + OTHER_FILES:
        logger.warning("Only %d files may be open: fewer sockets are held than set.", wanted)
    return wanted


class _Socket:
    """The two ends of a socket as the application behind sees them.

    It never sees a message that is refused; what it sends to a closed socket is dropped.
    """

    def __init__(self, connection: Connection, connect: Any, receive: Any, send: Any) -> None:
        self._connect = connect
        self._receive = receive
        self._send = send
        self._coming: asyncio.Future[Any] | None = None
        self._losing = asyncio.ensure_future(connection.lost.wait())
        self._messages = 0
        self._since = time.monotonic()
        self._is_accepted = False
        self._has_ended = False
        self._is_closed = asyncio.Event()  # the close was sent, or has come

    async def receive(self) -> Any:
        if self._connect:
            connect, self._connect = self._connect, None
            return connect
        while not self._has_ended:
            if self._coming is None:
                self._coming = asyncio.ensure_future(self._receive())
            await asyncio.wait({self._coming, self._losing}, return_when=asyncio.FIRST_COMPLETED)
            if self._losing.done():
                await self.close(TOO_MANY)
            elif not self._has_ended:
                event, self._coming = self._coming.result(), None
                if event["type"] != "websocket.receive":
                    self._has_ended = True
                    self._is_closed.set()
                    return event
                if fault := self._fault(event):
                    await self.close(fault)
                else:
                    return event
        await self._is_closed.wait()
        return {"type": "websocket.disconnect", "code": 1006}

    async def send(self, event: Any) -> None:
        if self._has_ended:
            return
        self._is_accepted |= event["type"] == "websocket.accept"
        if event["type"] != "websocket.close":
            await self._send(event)
            return
        self._has_ended = True
        try:
            # Granian sends no close while it waits for a message.
            if self._coming is not None:
                self._coming.cancel()
                await asyncio.wait({self._coming})
            await self._send(event)
        finally:
            self._is_closed.set()

    async def close(self, code: int) -> None:
        if not self._is_accepted:
            await self.send({"type": "websocket.accept"})
        await self.send({"type": "websocket.close", "code": code})

    def end(self) -> None:
        """Wait for nothing any more."""
        self._losing.cancel()
        if self._coming:
            self._coming.cancel()

    def _fault(self, event: Any) -> int:
        """The close code for a message; 0 if the message is allowed."""
        if len(event.get("text") or event.get("bytes") or "") > MOST_BYTES:
            return TOO_LARGE
        now = time.monotonic()
        if now - self._since > MESSAGES_SECONDS:
            self._since, self._messages = now, 0
        self._messages += 1
        return FLOODED if self._messages > MOST_MESSAGES else 0


def _request(scope: Any) -> ASGIRequest | None:
    """A request or handshake as a Django request; None if it is malformed."""
    secure = scope.get("scheme", "ws") in {"https", "wss"}
    as_get = {**scope, "method": "GET", "scheme": "https" if secure else "http"}
    try:
        return ASGIRequest(as_get, BytesIO())
    except ValueError:
        return None


def _is_own_origin(request: ASGIRequest) -> bool:
    """Whether a page of this site opens the socket: scheme, host and port are the site's own.

    Django checks a POST in the same way. Browsers state the page's origin; no page can forge it.
    """
    origin = request.META.get("HTTP_ORIGIN", "")
    try:
        own = f"{request.scheme}://{request.get_host()}"
    except DisallowedHost:
        return False
    return origin.lower() == own.lower() or origin in settings.CSRF_TRUSTED_ORIGINS


async def _refuse(send: Any) -> None:
    detail = "Too many live connections are open in this browser or network. Close some of them."
    body = problem(429, detail, type="urn:blind-arena:too-many-connections", retry_after=10)
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"retry-after", str(RETRY_SECONDS).encode()),
        (b"cache-control", b"no-store"),
        (b"access-control-allow-origin", b"*"),
    ]
    await send({"type": "http.response.start", "status": 429, "headers": headers})
    await send({"type": "http.response.body", "body": orjson.dumps(body)})
