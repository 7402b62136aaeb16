"""Many visitors at once: a synthetic endpoint of its own process, browsers without a window."""

import asyncio
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import psutil
from websockets.asyncio.client import connect
from websockets.typing import Origin

from arena.embedded.supervisor import Site, free_port

ROOT = Path(__file__).resolve().parents[2]
SIDES = ("a", "b")
OPENING_AT_ONCE = 8
_numbers = count(1)


@contextmanager
def endpoint(rate: float, tokens: int) -> Iterator[str]:
    """The base URL of tests/openai_server as a process of its own."""
    port = free_port()
    command = [sys.executable, "-m", "tests.openai_server", "--port", str(port)]
    command += ["--rate", str(rate), "--tokens", str(tokens)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert process.stdout.readline(), "The endpoint did not start."
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.kill()
        process.wait()


class Visitor:
    """One browser at a site: its cookies, its requests, its socket."""

    def __init__(self, site_url: str) -> None:
        self.site = site_url.rstrip("/")
        self._cookies = CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self._cookies)
        )
        self._token = ""

    def request(self, path: str, body: Any = None) -> Any:
        """What the API answers; raises urllib's HTTPError, or OSError if nobody is there."""
        headers = {"Content-Type": "application/json", "X-CSRFToken": self._token}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.site + path, data, headers)
        with self._opener.open(request, timeout=30) as response:
            return json.loads(response.read())

    def arrive(self) -> None:
        """Load the page, which gives the CSRF token."""
        with self._opener.open(self.site + "/", timeout=30) as page:
            page.read()
        self._token = self._cookie("csrftoken")

    def open_battle(self) -> dict[str, Any]:
        prompt = f"Question {next(_numbers)} of a benchmark at {time.time_ns()}: why?"
        battle: dict[str, Any] = self.request("/api/v1/battles", {"prompt": prompt})
        return battle

    async def frames(self, battle: dict[str, Any]) -> AsyncGenerator[tuple[dict[str, Any], int]]:
        """Each frame of a battle's socket with the time (monotonic ns) at which it was there.

        Ends with the connection.
        """
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._cookies)
        address = f"ws://{urlsplit(self.site).netloc}{battle['socket']}"
        headers = {"Cookie": cookies}
        origin = Origin(self.site)
        async with connect(address, origin=origin, additional_headers=headers) as socket:
            async for message in socket:
                now = time.monotonic_ns()
                yield orjson.loads(message), now

    def _cookie(self, name: str) -> str:
        return next(str(cookie.value) for cookie in self._cookies if cookie.name == name)


async def open_battles(site: Site, number: int) -> list[tuple[Visitor, dict[str, Any]]]:
    """So many visitors, each with a battle of their own."""
    doors = asyncio.Semaphore(OPENING_AT_ONCE)

    def enter() -> tuple[Visitor, dict[str, Any]]:
        visitor = Visitor(site.url)
        visitor.arrive()
        return visitor, visitor.open_battle()

    async def queue() -> tuple[Visitor, dict[str, Any]]:
        async with doors:
            return await asyncio.to_thread(enter)

    return list(await asyncio.gather(*(queue() for _ in range(number))))


@dataclass
class Stamped:
    """A text of `<number>:<sent> ` tokens as it arrives, and what it took to get here."""

    text: str = ""
    numbers: list[int] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)  # monotonic ns
    seen: list[int] = field(default_factory=list)  # monotonic ns
    _parsed: int = 0

    def add(self, text: str, now: int) -> None:
        self.text += text
        end = self.text.rfind(" ") + 1
        for token in self.text[self._parsed : end].split():
            number, sent = token.split(":")
            self.numbers.append(int(number))
            self.sent.append(int(sent))
            self.seen.append(now)
        self._parsed = max(end, self._parsed)

    def replace(self, text: str, now: int) -> None:
        """Take over a snapshot, which may only go on from what is known."""
        assert text.startswith(self.text), "A snapshot took text away."
        self.add(text[len(self.text) :], now)

    def assert_whole(self, tokens: int) -> None:
        assert self.numbers == list(range(tokens)), "A token was lost, doubled or reordered."


async def follow(visitor: Visitor, battle: dict[str, Any]) -> dict[str, Stamped]:
    """Follow a battle to its end; both texts with their times."""
    sides = {side: Stamped() for side in SIDES}
    async for frame, now in visitor.frames(battle):
        match frame["type"]:
            case "snapshot":
                for side in SIDES:
                    sides[side].replace(frame[side], now)
            case "text":
                for side in SIDES:
                    if side in frame:
                        sides[side].add(frame[side], now)
            case "open":
                return sides
            case "failed":
                raise AssertionError(f"A battle failed: {frame}")
    raise AssertionError("The socket closed before the battle ended.")


def gather(base_url: str, answers: int) -> None:
    """Have the next so many answers of timestamps begin together."""
    body = orjson.dumps({"model": f"gather~{answers}", "messages": []})
    with urllib.request.urlopen(f"{base_url}/chat/completions", body, timeout=30) as response:
        response.read()


async def read_directly(base_url: str, model: str) -> Stamped:
    """Ask the endpoint as a program without the arena would, and read as fast as it sends."""
    address = urlsplit(base_url)
    body = orjson.dumps({"model": model, "messages": [], "stream": True})
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    head = f"POST {address.path}/chat/completions HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    stamped = Stamped()
    while line := await reader.readline():
        now = time.monotonic_ns()
        if line.startswith(b"data: {"):
            for choice in orjson.loads(line[6:])["choices"]:
                stamped.add(choice["delta"].get("content", ""), now)
        elif line.startswith(b"data: [DONE]"):
            break
    writer.close()
    return stamped


@dataclass(frozen=True)
class Usage:
    """What one process and its children have used: seconds of CPU, and memory of its own in MB."""

    cpu: float
    memory: float


def usage(site: Site) -> dict[str, Usage]:
    """By the name of the site's processes."""
    return {name: _usage(psutil.Process(child.pid)) for name, child in site.children.items()}


def _usage(process: psutil.Process) -> Usage:
    cpu = memory = 0.0
    for member in [process, *process.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):
            times = member.cpu_times()
            cpu += times.user + times.system
            memory += member.memory_full_info().uss / 1e6
    # Of children that have ended, such as PostgreSQL's for each connection.
    with suppress(psutil.NoSuchProcess):
        times = process.cpu_times()
        cpu += times.children_user + times.children_system
    return Usage(cpu, memory)
