"""An ASGI layer that checks the handshakes of WebSockets before anything else reads them."""

from typing import Any

from django.http.cookie import parse_cookie

from arena.common.plain_text import is_plain

NO_SUCH_SOCKET = 4404


class PlainSockets:
    """An ASGI application that passes on only handshakes with storable text in address and cookies.

    As with requests, a bad cookie is ignored; a bad address is not found.
    """

    def __init__(self, application: Any) -> None:
        self._application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if not is_plain(scope["path"]):
            await send({"type": "websocket.close", "code": NO_SUCH_SOCKET})
            return
        headers = [value for name, value in scope["headers"] if name.lower() == b"cookie"]
        cookies = {
            name: text
            for header in headers
            for name, text in parse_cookie(header.decode("latin-1")).items()
            if is_plain(name + text)
        }
        await self._application({**scope, "cookies": cookies}, receive, send)
