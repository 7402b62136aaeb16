"""`/alive`, for the reverse proxy: this process takes requests.

It does not use the database: while PostgreSQL is away all processes are alike, and a page that
says so is better than none. `/health` says whether the site works.
"""

from typing import Any

PATH = "/alive"


class Alive:
    """An ASGI application that answers `/alive` and passes on everything else."""

    def __init__(self, application: Any) -> None:
        self._application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] != PATH:
            await self._application(scope, receive, send)
            return
        headers = [(b"content-type", b"text/plain"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"alive\n"})
