"""How many readers of a leaderboard a site serves, beside a bare "hello" of the same server.

Both are served by Granian with one worker, in turns, on the same cores in the same run.
"""

import asyncio
import os
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from arena.contestants.models import Contestant
from arena.embedded.supervisor import DJANGO_PROCESSES, HOST, free_port
from tests.bench.conftest import ROOT, Report

pytestmark = pytest.mark.django_db(transaction=True)

CONNECTIONS = 32
SECONDS = 4.0
ROUNDS = 3
GOAL = 0.6  # of the requests per second of the bare server
PATHS = {
    "leaderboard": "/api/v1/boards/overall/leaderboard",
    "snapshot": "/api/v1/boards/overall/snapshot",
}


@contextmanager
def served(application: str, env: dict[str, str]) -> Iterator[int]:
    """The port of an application behind the server that a site has."""
    port = free_port()
    words = [word.format(port=port, data="") for word in DJANGO_PROCESSES["web"][:-1]]
    process = subprocess.Popen([*words, application], cwd=ROOT, env=env, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(f"http://{HOST}:{port}/health", timeout=5):
                    break
            except OSError:
                assert time.monotonic() < deadline, "The server did not start."
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait()


class Reader(asyncio.Protocol):
    """One connection that asks again as soon as it is answered, and notes how long each took."""

    def __init__(self, request: bytes, size: int) -> None:
        self.request, self.size = request, size
        self.seconds: list[float] = []
        self.missing = 0
        self.sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.ask()

    def ask(self) -> None:
        self.missing = self.size
        self.sent = time.perf_counter()
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.missing -= len(data)
        if self.missing <= 0:
            assert self.missing == 0, "An answer was longer than the first one."
            self.seconds.append(time.perf_counter() - self.sent)
            self.ask()


async def load(port: int, path: str) -> tuple[float, float]:
    """Requests per second, and the 99th percentile of their milliseconds."""
    request = (f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n").encode()
    size = await answer_size(port, request)
    loop = asyncio.get_running_loop()
    readers: list[Reader] = []
    for _ in range(CONNECTIONS):
        _, reader = await loop.create_connection(lambda: Reader(request, size), HOST, port)
        readers.append(reader)
    await asyncio.sleep(SECONDS)
    for reader in readers:
        reader.transport.abort()
    seconds = np.concatenate([reader.seconds for reader in readers])
    return len(seconds) / SECONDS, float(np.percentile(seconds, 99)) * 1000


async def answer_size(port: int, request: bytes) -> int:
    """Bytes of one whole answer, whose `Age` has one digit as those of all later ones."""
    reader, writer = await asyncio.open_connection(HOST, port)
    size = 0
    for _ in range(2):  # the first one is made by Django, and is no copy
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        size = len(head) + len(await reader.readexactly(length))
    writer.close()
    return size


def test_a_cached_leaderboard_beside_a_bare_server(
    rated: list[Contestant], report: Report, database_environment: dict[str, str]
) -> None:
    env = database_environment | {"ARENA_RATE_READ": ""}
    rates: dict[str, list[tuple[float, float]]] = {name: [] for name in ("hello", *PATHS)}
    with (
        served("tests.bench.hello:application", dict(os.environ)) as bare,
        served("arena.asgi:application", env) as site,
    ):
        for _ in range(ROUNDS):
            rates["hello"].append(asyncio.run(load(bare, "/")))
            for name, path in PATHS.items():
                rates[name].append(asyncio.run(load(site, path)))
    medians = {name: np.median(np.array(found), axis=0) for name, found in rates.items()}
    base = medians["hello"][0]
    report(
        f"Reading, {CONNECTIONS} connections, medians of {ROUNDS} rounds",
        [
            {
                "what": name,
                "requests/s": float(rate),
                "of hello": float(rate / base),
                "p99 ms": float(p99),
            }
            for name, (rate, p99) in medians.items()
        ],
    )
    assert medians["leaderboard"][0] >= GOAL * base
