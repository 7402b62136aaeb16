"""Visitors behind proxies that block WebSockets: everything works, by ordinary requests."""

import asyncio
import re
import threading
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import ANSWER_MS, Cast, Visit
from tests.openai_server import WORDS

pytestmark = pytest.mark.timeout(300)

BLOCKED = "WebSocket connection"
WAYS = ("refuse", "hang", "close", "silent")


class Proxy:
    """Passes everything on to a port but WebSockets, which it blocks in one of the `WAYS`."""

    def __init__(self, port: int, way: str) -> None:
        self._target = port
        self._way = way
        self._loop = asyncio.new_event_loop()
        self._is_over = asyncio.Event()
        self._is_ready = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._passing: set[asyncio.Task[None]] = set()
        self.blocked = 0
        self.port = 0

    def __enter__(self) -> "Proxy":
        self._thread.start()
        assert self._is_ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._is_over.set)
        self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._listen())

    async def _listen(self) -> None:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._is_ready.set()
        await self._is_over.wait()
        server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._target)
        back = asyncio.create_task(self._pass(up_reader, writer))
        self._passing.add(back)
        back.add_done_callback(self._passing.discard)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                if re.search(rb"^upgrade: websocket", head, re.IGNORECASE | re.MULTILINE):
                    self.blocked += 1
                    await self._block(head, writer)
                    break
                length = re.search(rb"^content-length: (\d+)", head, re.IGNORECASE | re.MULTILINE)
                up_writer.write(head + await reader.readexactly(int(length[1]) if length else 0))
                await up_writer.drain()
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            up_writer.close()
            writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass

    async def _block(self, head: bytes, writer: asyncio.StreamWriter) -> None:
        if self._way == "refuse":
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            return
        if self._way != "hang":
            writer.write(_accepted(head))
            await writer.drain()
        if self._way != "close":
            await asyncio.sleep(3600)


def _accepted(head: bytes) -> bytes:
    """The answer of a server that speaks WebSocket (RFC 6455, section 4.2.2)."""
    from websockets.utils import accept_key

    key = re.search(rb"^sec-websocket-key: (\S+)", head, re.IGNORECASE | re.MULTILINE)
    assert key is not None
    told = accept_key(key[1].decode())
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {told}\r\n\r\n"
    ).encode()


@pytest.fixture
def behind(stage: Cast) -> Iterator[Callable[[str], Proxy]]:
    """Starts a proxy before the site."""
    running: list[Proxy] = []

    def start(way: str) -> Proxy:
        proxy = Proxy(stage.site.port, way).__enter__()
        running.append(proxy)
        return proxy

    yield start
    for proxy in running:
        proxy.__exit__()


@pytest.mark.parametrize("way", WAYS)
def test_a_battle_and_the_live_board_without_sockets(
    stage: Cast, visit: Visit, behind: Callable[[str], Proxy], way: str
) -> None:
    stage.only("steady-one", "steady-two")
    proxy = behind(way)
    home = f"http://localhost:{proxy.port}/"
    visitor = visit(stage.site, expected=BLOCKED)
    board = visitor.context.new_page()
    board.goto(f"{home}leaderboard/")
    live = board.locator('[data-test="live"]')
    expect(live).to_have_attribute("data-state", "poll")
    expect(live).to_have_text("updated every few seconds")
    before = stage.counted_votes()

    visitor.page.goto(home)
    visitor.ask("Go on for a while.")
    texts = [visitor.see(f"text-{side}") for side in "ab"]
    for text in texts:  # while it is being written
        expect(text).to_have_text(re.compile(r"(\w+\W+){5}"), timeout=ANSWER_MS)
    expect(visitor.see("battle")).to_have_attribute("data-state", "generating")
    expect(visitor.see("connection")).to_be_hidden()
    visitor.await_state("open")
    whole = [WORDS[number % len(WORDS)] for number in range(100)]
    assert [text.inner_text().split() for text in texts] == [whole, whole]
    visitor.see("vote-a").click()
    expect(visitor.see("reveal-title")).to_contain_text("You preferred A")

    expect(board.locator('[data-test="board-votes"]')).to_have_text(str(before + 1), timeout=40_000)
    assert proxy.blocked >= 2
    assert proxy.blocked < 40  # sockets are tried ever more rarely


def test_with_too_many_pages_open_the_page_says_so_and_goes_on(stage: Cast, visit: Visit) -> None:
    stage.only("steady-one", "steady-two")
    visitor = visit(stage.site).open("leaderboard/")
    script = """() => {
      window.held = Array.from({ length: 20 }, () => new WebSocket(
        `ws://${location.host}/ws/boards/overall/`));
      return Promise.all(held.map((socket) => new Promise((done) => { socket.onmessage = done; })));
    }"""
    visitor.open()
    visitor.ask("Something first, to be known by a cookie.")
    visitor.await_state("open")
    visitor.see("vote-a").click()
    holder = visitor.context.new_page()
    holder.goto(f"{stage.site.url}about/")
    holder.evaluate(script)
    visitor.see("new-battle").click()
    visitor.ask("Go on for a while.")
    expect(visitor.see("connection")).to_contain_text("Many pages of this site are open")
    expect(visitor.see("text-a")).to_have_text(re.compile(r"(\w+\W+){5}"), timeout=ANSWER_MS)
    visitor.await_state("open")
    expect(visitor.see("connection")).to_be_hidden()
    board = visitor.context.new_page()
    board.goto(f"{stage.site.url}leaderboard/")
    expect(board.locator('[data-test="live"]')).to_have_attribute("data-state", "full")
    holder.close()
    board.reload()
    expect(board.locator('[data-test="live"]')).to_have_attribute("data-state", "on")
