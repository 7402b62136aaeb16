"""A running site under attack by connections, beside honest visitors who notice nothing."""

import asyncio
import json
import os
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Origin

from arena.embedded.supervisor import DJANGO_PROCESSES, Site
from tests.conftest import UNLIMITED, running_site, write_catalogue
from tests.openai_server import OpenAIServer
from tests.speed import seconds
from tests.visitor import Screen, Visitor

BOARD = "ws/boards/overall/"
ATTACKER, CLASS = "127.0.0.66", "127.0.0.77"


@pytest.fixture(scope="module")
def site(openai_server: OpenAIServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    file = tmp_path_factory.mktemp("attacked") / "catalogue.json"
    write_catalogue(file, openai_server.url, {"one": "ok", "two": "ok"})
    with running_site(file, **UNLIMITED) as running:
        yield running


async def open_socket(site: Site, address: str, path: str = BOARD, **headers: str) -> Any:
    """A socket from one of this machine's own addresses."""
    return await connect(
        f"ws://localhost:{site.port}/{path}",
        origin=Origin(site.url.rstrip("/")),
        local_addr=(address, 0),
        additional_headers={name.replace("_", "-"): text for name, text in headers.items()},
        open_timeout=seconds(60),
        ping_interval=None,
    )


async def code_of(socket: ClientConnection) -> int:
    """The code that a socket is closed with."""
    try:
        async with asyncio.timeout(seconds(60)):
            while True:
                await socket.recv()
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 1006


async def codes_of(sockets: list[ClientConnection], closed: int) -> Counter[int]:
    """How many sockets were closed with which code, once that many are; 0 for the open ones."""
    waiting = {asyncio.ensure_future(code_of(socket)) for socket in sockets}
    ended: set[asyncio.Future[int]] = set()
    while waiting and len(ended) < closed:
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        ended |= done
    if waiting:  # that no more of them are closed
        done, waiting = await asyncio.wait(waiting, timeout=0.5)
        ended |= done
    for task in waiting:
        task.cancel()
    return Counter([task.result() for task in ended] + [0] * len(waiting))


async def all_of(calls: Iterable[Callable[[], Awaitable[Any]]], at_once: int = 100) -> list[Any]:
    """What calls give, so many of them at a time."""
    doors = asyncio.Semaphore(at_once)

    async def enter(call: Callable[[], Awaitable[Any]]) -> Any:
        async with doors:
            return await call()

    return await asyncio.gather(*map(enter, calls))


class Reader:
    """Somebody with an open leaderboard."""

    def __init__(self, socket: ClientConnection) -> None:
        self.votes = -1
        self.delays: list[float] = []
        self._task = asyncio.ensure_future(self._read(socket))

    async def _read(self, socket: ClientConnection) -> None:
        async for text in socket:
            frame = json.loads(text)
            if frame["type"] == "board":
                self.votes = frame["votes"]

    async def until(self, votes: int) -> None:
        while self.votes < votes:
            assert not self._task.done(), "An honest reader's socket was closed."
            await asyncio.sleep(0.05)

    def leave(self) -> None:
        self._task.cancel()


def web_log(site: Site) -> Path:
    return site.log("web")


def threads(site: Site) -> int:
    """How many threads the web process and its workers have."""
    leader = site.children["web"].pid
    total = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text()
            group = os.getpgid(int(status.parent.name))
        except (OSError, ProcessLookupError):
            continue
        if group == leader:
            found = re.search(r"^Threads:\s+(\d+)", text, re.MULTILINE)
            total += int(found[1]) if found else 0
    return total


async def battle_with_vote(site: Site) -> None:
    """What an honest visitor comes for."""

    def play() -> None:
        visitor = Visitor(site.url)
        battle = visitor.open()
        with Screen(visitor, battle) as screen:
            screen.until_open(120)
            assert screen.breaks == []
        assert visitor.vote(battle, "a").status == 201

    await asyncio.to_thread(play)


@asynccontextmanager
async def honest_readers(site: Site, address: str) -> AsyncIterator[list[Reader]]:
    """Thirty of them, at one address."""
    sockets = await all_of([partial(open_socket, site, address)] * 30)
    readers = [Reader(socket) for socket in sockets]
    await asyncio.gather(*(reader.until(0) for reader in readers))
    before = web_log(site).stat().st_size
    yield readers
    written = web_log(site).read_bytes()[before:]
    assert b"Traceback" not in written
    assert len(written) < 20_000
    for reader in readers:
        reader.leave()
    for socket in sockets:
        socket.transport.abort()


async def vote_seen_by(site: Site, readers: list[Reader]) -> None:
    """Somebody battles and votes, and every reader sees it."""
    before = readers[0].votes
    await battle_with_vote(site)
    async with asyncio.timeout(seconds(120)):
        await asyncio.gather(*(reader.until(before + 1) for reader in readers))


async def test_sockets_of_one_client_close_nobody_elses(site: Site) -> None:
    async with honest_readers(site, CLASS) as readers:
        attempts = [
            partial(open_socket, site, ATTACKER, x_forwarded_for=f"198.51.100.{n % 250}")
            for n in range(1500)
        ]
        sockets = await all_of(attempts)
        assert await codes_of(sockets, 1100) == {0: 400, 4429: 1100}
        # One browser at the class's own address, which thinks it may have 250.
        cookie = {"cookie": f"sessionid={'x' * 32}"}
        greedy = await all_of([partial(open_socket, site, CLASS, **cookie)] * 250)
        assert await codes_of(greedy, 230) == {0: 20, 4429: 230}
        await vote_seen_by(site, readers)
        for socket in (*sockets, *greedy):
            socket.transport.abort()  # all at once, without a word
        await vote_seen_by(site, readers)
    async with asyncio.timeout(seconds(60)):
        is_back = False
        while not is_back:  # what has gone is not counted any more
            back = await open_socket(site, ATTACKER)
            is_back = 0 in await codes_of([back], 0)
            back.transport.abort()


async def test_messages_are_not_read_without_bound(site: Site) -> None:
    async with honest_readers(site, CLASS) as readers:

        async def flood(size: int) -> tuple[int, int]:
            socket = await open_socket(site, ATTACKER)
            sent = 0
            try:
                for sent in range(31_691):  # noqa: B007 - how far it came
                    await socket.send("x" * size)
            except ConnectionClosed:
                pass
            return sent, await code_of(socket)

        floods = await asyncio.gather(*(flood(10) for _ in range(10)), flood(3_000_000))
        assert {code for _, code in floods[:-1]} <= {1008, 1006}
        assert floods[-1][1] in {1009, 1006}
        await vote_seen_by(site, readers)


async def test_wrong_addresses_and_origins_are_refused_quietly(site: Site) -> None:
    async with honest_readers(site, CLASS) as readers:
        paths = (
            "ws/boards/no-such-board/",
            "ws/nothing/",
            "ws/boards/%00/",
            "ws/boards/%ff%fe/",
            "x",
        )
        for path in paths * 20:
            try:
                socket = await open_socket(site, ATTACKER, path)
            except (OSError, InvalidHandshake):
                continue
            assert await code_of(socket) in {4404, 1006}
        await vote_seen_by(site, readers)


async def test_event_streams_take_no_threads(site: Site) -> None:
    async with honest_readers(site, CLASS) as readers:
        before = threads(site)
        streams = []

        async def follow(address: str) -> None:
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", site.port, local_addr=(address, 0)
            )
            host = urlsplit(site.url).netloc
            writer.write(f"GET /api/v1/ticker HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            head = await asyncio.wait_for(reader.readuntil(b"retry: 3000\n\n"), seconds(120))
            assert head.startswith(b"HTTP/1.1 200")
            streams.append((reader, writer))

        addresses = [f"127.1.{n % 4}.1" for n in range(800)]  # each a network of its own
        await all_of([partial(follow, a) for a in addresses], 50)
        # Requests that come at once may each have a thread for a while.
        assert threads(site) - before < 100
        await vote_seen_by(site, readers)
        for reader, _ in streams:
            event = b""
            while b'"new": 1' not in event:
                event = await asyncio.wait_for(reader.readuntil(b"\n\n"), seconds(120))
        for _, writer in streams:
            writer.transport.abort()


async def test_idle_connections_shut_nobody_out(site: Site) -> None:
    async with honest_readers(site, CLASS) as readers:
        idle = await all_of(
            partial(
                asyncio.open_connection, "127.0.0.1", site.port, local_addr=(f"127.2.{n % 9}.1", 0)
            )
            for n in range(1500)
        )
        await vote_seen_by(site, readers)
        for _, writer in idle:
            writer.transport.abort()


async def test_readers_outlive_redis(site: Site) -> None:
    async with honest_readers(site, CLASS) as readers:
        site.children["redis"].kill()
        late = Reader(await open_socket(site, CLASS))
        async with asyncio.timeout(seconds(60)):
            await late.until(0)  # the database knows how the board stands
        async with kept_running(site):
            await vote_seen_by(site, [*readers, late])
        late.leave()


@asynccontextmanager
async def kept_running(site: Site) -> AsyncIterator[None]:
    """Start what has ended, as a process manager does.

    Workers may end with their broker, and also some seconds later, when they connect again.
    """
    done = asyncio.Event()

    async def watch() -> None:
        while not done.is_set():
            await asyncio.to_thread(revive, site)
            await asyncio.sleep(0.5)

    await asyncio.to_thread(revive, site)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(watch())
        try:
            yield
        finally:
            done.set()


def revive(site: Site) -> None:
    for name in ("redis", *DJANGO_PROCESSES):
        if not site.children[name].running:
            site.launch(name)
            site.wait_until_ready(name)
