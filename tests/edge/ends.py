"""Sockets and event streams of the ASGI application, without a server."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from asgiref.testing import ApplicationCommunicator

from arena.asgi import application
from arena.common.consumers import NOT_HERE, TOO_MANY
from tests.speed import seconds

__all__ = ["NOT_HERE", "TOO_MANY", "Socket", "stream"]

ORIGIN = "http://testserver"


class Socket:
    """A page's socket at the application."""

    def __init__(
        self,
        path: str = "/ws/boards/overall/",
        *,
        address: str = "203.0.113.5",
        origin: str | None = ORIGIN,
        headers: dict[str, str] | None = None,
        scope: dict[str, Any] | None = None,
    ) -> None:
        """Args:
        scope: parts of the ASGI scope to replace.
        """
        path, _, query = path.partition("?")
        named = {"host": "testserver"} | ({"origin": origin} if origin else {}) | (headers or {})
        self._end = ApplicationCommunicator(
            application,
            {
                "type": "websocket",
                "scheme": "ws",
                "path": path,
                "query_string": query.encode(),
                "subprotocols": [],
                "client": (address, 1234),
                "server": ("testserver", 80),
                "headers": [(name.encode(), text.encode()) for name, text in named.items()],
                **(scope or {}),
            },
        )

    async def open(self) -> "Socket":
        """Connect. A refused handshake raises ConnectionRefusedError, as a browser sees it."""
        await self._end.send_input({"type": "websocket.connect"})
        if (await self._end.receive_output(seconds(60)))["type"] != "websocket.accept":
            raise ConnectionRefusedError
        return self

    async def next(self) -> Any:
        """The next frame, or the code with which the socket was closed."""
        event = await self._end.receive_output(seconds(60))
        return event["code"] if event["type"] == "websocket.close" else json.loads(event["text"])

    async def send(self, message: str | bytes) -> None:
        kind = "text" if isinstance(message, str) else "bytes"
        await self._end.send_input({"type": "websocket.receive", kind: message})

    async def close(self, code: int = 1001) -> None:
        await self._end.send_input({"type": "websocket.disconnect", "code": code})
        await self._end.wait(seconds(60))

    async def is_quiet(self) -> bool:
        return bool(await self._end.receive_nothing(0.3))


@asynccontextmanager
async def stream(
    path: str, *, address: str = "203.0.113.5", headers: dict[str, str] | None = None
) -> AsyncIterator[tuple[dict[str, Any], AsyncIterator[str]]]:
    """What an address of HTTP begins its answer with, and its parts."""
    path, _, query = path.partition("?")
    named = {"host": "testserver", **(headers or {})}
    end = ApplicationCommunicator(
        application,
        {
            "type": "http",
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "client": (address, 1234),
            "server": ("testserver", 80),
            "headers": [(name.encode(), text.encode()) for name, text in named.items()],
        },
    )
    await end.send_input({"type": "http.request", "body": b"", "more_body": False})
    start = await end.receive_output(seconds(60))
    begun = {
        "status": start["status"],
        "headers": {name.decode().lower(): text.decode() for name, text in start["headers"]},
    }

    async def parts() -> AsyncIterator[str]:
        while True:
            event = await end.receive_output(seconds(60))
            if event.get("body"):
                yield event["body"].decode()
            if not event.get("more_body"):
                return

    yield begun, parts()
    await end.send_input({"type": "http.disconnect"})
    await end.wait(seconds(60))
