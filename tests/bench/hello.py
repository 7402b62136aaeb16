"""The least that an ASGI application can do: what the site's reading is measured beside."""

from typing import Any

HEADERS = [(b"content-type", b"text/plain"), (b"content-length", b"5")]


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": b"hello", "more_body": False})
