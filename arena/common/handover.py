"""HTTP answers that stay open: Django begins them, and is done before the rest is sent.

Django keeps a thread for a request until its response has ended. An answer that lasts for minutes
would keep it idle for as long, and many of them would be as many threads.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

from asgiref.typing import ASGIReceiveCallable
from django.http import HttpRequest

REST = "arena.rest"


def hand_over(request: HttpRequest, rest: AsyncGenerator[bytes]) -> None:
    """Have `rest` sent after the body of the response to `request`, if that has status 200."""
    request.scope[REST] = rest  # type: ignore[attr-defined]  # of an ASGIRequest


class LongAnswers:
    """An ASGI application that sends what views of the one behind it have handed over."""

    def __init__(self, application: Any) -> None:
        self._application = application

    async def __call__(
        self, scope: Any, receive: ASGIReceiveCallable, send: Callable[..., Awaitable[None]]
    ) -> None:
        begun = False

        async def begin(event: Any) -> None:
            nonlocal begun
            if event["type"] == "http.response.start" and REST in scope:
                begun = event["status"] == 200
                if begun:
                    named = event["headers"]
                    kept = [(n, value) for n, value in named if n.lower() != b"content-length"]
                    event = {**event, "headers": kept}
            await send({**event, "more_body": True} if begun and "body" in event else event)

        await self._application(scope, receive, begin)
        rest = scope.get(REST)
        if rest is not None and begun:
            await _send_rest(rest, receive, send)


async def _send_rest(rest: AsyncGenerator[bytes], receive: Any, send: Any) -> None:
    """Send the rest until it ends or the client goes."""

    async def tell() -> None:
        async with aclosing(rest) as parts:
            async for part in parts:
                await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def leave() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    tasks = [asyncio.ensure_future(tell()), asyncio.ensure_future(leave())]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
