"""The shipped proxy before two web processes: one of them may die at any moment."""

import os
import shutil
import signal
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from arena.embedded.processes.children import Child
from arena.embedded.supervisor import ROOT, Site, answers, free_port
from tests.speed import seconds, wait_until
from tests.visitor import Reply, Visitor

VOTERS = 6
BATTLES_EACH = 8


class Proxied:
    """A site with two web processes behind Caddy, as docker/compose.yaml has them."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.site = site
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.ports = {"a": free_port(), "b": free_port()}
        self._folder = folder
        self.webs = {name: self.start_web(name) for name in self.ports}
        caddy = shutil.which("caddy", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
        assert caddy is not None
        self.proxy = Child(
            "Caddy",
            [caddy, "run", "--adapter", "caddyfile", "--config", ROOT / "docker" / "Caddyfile"],
            log=folder / "caddy.log",
            env={
                **os.environ,
                "SITE_ADDRESS": self.url,
                "WEB_UPSTREAMS": " ".join(f"127.0.0.1:{port}" for port in self.ports.values()),
                "CADDY_ADMIN": f"localhost:{free_port()}",
                "XDG_DATA_HOME": str(folder),
                "XDG_CONFIG_HOME": str(folder),
            },
        )
        self.proxy.wait_until(lambda: answers(self.port), seconds=60)

    def start_web(self, name: str) -> Child:
        port = self.ports[name]
        command = [
            *(sys.executable, "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1"),
            *("--port", str(port), "--workers", "1", "--workers-kill-timeout", "10"),
            "arena.asgi:application",
        ]
        env = {
            **self.site.environment(),
            "ARENA_TRUSTED_PROXIES": "1",
            "ARENA_PACED": "false",
            "ARENA_RUNNING_BATTLES_PER_VOTER": str(BATTLES_EACH),
        }
        web = Child(f"web-{name}", command, log=self._folder / f"{name}.log", env=env, cwd=ROOT)
        web.wait_until(lambda: answers(port), seconds=seconds(90))
        return web

    def replace(self, name: str, end: Callable[[Child], None]) -> None:
        end(self.webs[name])
        time.sleep(1)  # requests go on without it
        self.webs[name] = self.start_web(name)
        time.sleep(2)  # the proxy looks every second

    def stop(self) -> None:
        for child in (self.proxy, *self.webs.values()):
            child.stop()

    def count(self, table: str) -> int:
        with psycopg.connect(self.site.postgres.url("arena")) as database:
            query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
            row = database.execute(query).fetchone()
        assert row is not None
        return int(row[0])

    def open_battles(self, visitor: Visitor) -> list[dict[str, object]]:
        battles = []
        for number in range(BATTLES_EACH):
            battle = visitor.open(f"Why is the sky blue, for the {number}th time?")
            self._until_open(battle["id"])
            battles.append(battle)
        return battles

    def _until_open(self, battle_id: str) -> None:
        query = (  # its answers are shown whole, without which a vote is refused
            "SELECT 1 FROM battles_battle"
            " WHERE id = %s AND state = 'open' AND coalesce(shown_at <= now(), true)"
        )
        with psycopg.connect(self.site.postgres.url("arena"), autocommit=True) as database:
            wait_until(lambda: database.execute(query, [battle_id]).fetchone(), 120)


@pytest.fixture(scope="module")
def proxied(live_arena: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    site = Proxied(live_arena, tmp_path_factory.mktemp("proxied"))
    yield site
    site.stop()


def terminated(web: Child) -> None:
    web.stop(seconds(60))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("end", [Child.kill, terminated], ids=["killed", "rolling"])
def test_no_request_and_no_vote_is_lost(proxied: Proxied, end: Callable[[Child], None]) -> None:
    visitors = [Visitor(proxied.url) for _ in range(VOTERS)]
    with ThreadPoolExecutor(VOTERS) as pool:
        battles = list(pool.map(proxied.open_battles, visitors))
    votes, started = proxied.count("battles_vote"), proxied.count("battles_battle")
    ended = threading.Event()
    replies: list[tuple[str, Reply]] = []

    def read(path: str) -> None:
        """Read as long as processes die."""
        while not ended.is_set():
            replies.append((path, visitors[0].get(path)))

    def vote(voter: int) -> None:
        """Vote now and then, all through the time in which processes die."""
        for battle in battles[voter]:
            replies.append(("vote", visitors[voter].vote(battle, "a")))
            ended.wait(0.8)

    def start() -> None:
        """Start battles, each by a new visitor."""
        while not ended.is_set():
            visitor = Visitor(proxied.url)
            reply = visitor.post("/api/v1/battles", {"prompt": "Why?"}, key=str(uuid.uuid4()))
            replies.append(("start", reply))

    with ThreadPoolExecutor(VOTERS + 5) as pool:
        reading = [pool.submit(read, path) for path in ("/about/", "/leaderboard/", "/health", "/")]
        starting = pool.submit(start)
        voting = [pool.submit(vote, voter) for voter in range(VOTERS)]
        try:
            for name in ("a", "b"):
                proxied.replace(name, end)
            wait_until(lambda: len(replies) > 200, 120)
        finally:
            ended.set()
        for task in (*reading, *voting, starting):
            task.result()
    bad = [(what, reply) for what, reply in replies if reply.status not in (200, 201)]
    assert bad == []
    assert proxied.count("battles_vote") == votes + VOTERS * BATTLES_EACH
    starts = sum(what == "start" for what, _ in replies)
    assert proxied.count("battles_battle") == started + starts


def test_a_process_that_hangs_gets_no_requests(proxied: Proxied) -> None:
    hung = proxied.webs["a"]
    os.killpg(hung.pid, signal.SIGSTOP)
    try:
        served = 0

        def serves_twenty() -> bool:  # in a row, where each second one would hang
            nonlocal served
            try:
                reply = Visitor(proxied.url).get("/about/")
            except OSError:
                served = 0
            else:
                served = served + 1 if reply.status == 200 else 0
            return served == 20

        wait_until(serves_twenty, 120, every=0)
    finally:
        os.killpg(hung.pid, signal.SIGCONT)
