"""Requests, and the means to answer them."""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.openai_server.server import OpenAIServer

SENTENCE = "The sky looks blue because air scatters short waves of light more than long ones ."
WORDS = SENTENCE.split(" ")


@dataclass
class Request:
    """What one request said."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class Exchange:
    """One request with the means to answer it."""

    request: Request
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    server: "OpenAIServer"

    async def raw(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def hang(self) -> None:
        """Say no more until the client hangs up."""
        await self.reader.read()

    async def head(
        self, status: str = "200 OK", content_type: str = "text/event-stream", extra: str = ""
    ) -> None:
        await self.raw(
            f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\n{extra}"
            "Transfer-Encoding: chunked\r\n\r\n".encode()
        )

    async def chunk(self, data: bytes) -> None:
        await self.raw(b"%x\r\n%s\r\n" % (len(data), data))

    async def body(self, data: bytes) -> None:
        if data:
            await self.chunk(data)
        await self.raw(b"0\r\n\r\n")

    async def event(self, value: Any, end: str = "\n\n") -> None:
        await self.chunk(f"data: {json.dumps(value)}{end}".encode())

    async def token(self, text: str | None, **choice: Any) -> None:
        await self.event(self.completion(text, **choice))

    def completion(self, text: str | None, **choice: Any) -> dict[str, Any]:
        delta = {} if text is None else {"content": text}
        return {
            "object": "chat.completion.chunk",
            "model": self.request.body["model"],
            "choices": [{"index": 0, "delta": delta, "finish_reason": None, **choice}],
        }

    async def finish(self, *, usage: bool = True, done: bool = True, reason: str = "stop") -> None:
        await self.token(None, finish_reason=reason)
        if usage:
            await self.event(
                {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 15}}
            )
        if done:
            await self.chunk(b"data: [DONE]\n\n")
        await self.raw(b"0\r\n\r\n")

    async def status(self, status: str, error: Any, extra: str = "") -> None:
        await self.head(status, "application/json", extra)
        await self.body(json.dumps({"error": error}).encode())


class Then(Enum):
    """What a server may do with a connection at the end of what it sends."""

    HANG = "hang"  # and say no more
    RESET = "reset"


@dataclass(frozen=True)
class Wire:
    """A response, as it is sent: parts of the body, seconds of silence between them."""

    steps: Sequence[bytes | float | Then]
    status: str = "200 OK"
    content_type: str = "text/event-stream"

    async def send(self, exchange: Exchange) -> None:
        await exchange.head(self.status, self.content_type)
        for step in self.steps:
            match step:
                case bytes():
                    await exchange.chunk(step)
                case float():
                    await asyncio.sleep(step)
                case Then.HANG:
                    await exchange.hang()
                    return
                case Then.RESET:
                    await asyncio.sleep(0.05)  # else what was sent is lost with the connection
                    exchange.writer.transport.abort()
                    return
        await exchange.raw(b"0\r\n\r\n")


class Gate:
    """Holds answers until so many have been asked for, or for some time at most."""

    LONGEST_SECONDS = 120.0

    def __init__(self, size: int) -> None:
        self._left = size
        self._all_here = asyncio.Event()

    async def passed(self, exchange: Exchange) -> None:
        """Wait, with a sign of life every second."""
        self._left -= 1
        until = time.monotonic() + self.LONGEST_SECONDS
        if self._left <= 0:
            self._all_here.set()
        while not self._all_here.is_set() and time.monotonic() < until:
            await exchange.chunk(b": waiting\n\n")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._all_here.wait(), timeout=1)


Behaviour = Callable[[Exchange], Awaitable[None]]
BEHAVIOURS: dict[str, Behaviour] = {}


def behaviour(name: str) -> Callable[[Behaviour], Behaviour]:
    def register(function: Behaviour) -> Behaviour:
        BEHAVIOURS[name] = function
        return function

    return register


async def paced(rate: float, number: int) -> AsyncIterator[int]:
    """Count to number at a rate per second that does not drift."""
    loop = asyncio.get_running_loop()
    due = loop.time() + random.random() / rate
    for count in range(number):
        await asyncio.sleep(max(0.0, due - loop.time()))
        yield count
        due += 1 / rate
