"""Visitors behind proxies that block WebSockets: everything works, by ordinary requests."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import ANSWER_MS, Cast, Visit
from tests.e2e.proxy import WAYS, Proxy
from tests.openai_server import WORDS
from tests.speed import seconds

BLOCKED = "WebSocket connection"


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
    with stage.answers_held():
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

    expect(board.locator('[data-test="board-votes"]')).to_have_text(
        str(before + 1), timeout=1000 * seconds(90)
    )
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
    with stage.answers_held():
        visitor.ask("Go on for a while.")
        expect(visitor.see("connection")).to_contain_text("many pages of this site open")
        expect(visitor.see("text-a")).to_have_text(re.compile(r"(\w+\W+){5}"), timeout=ANSWER_MS)
    visitor.await_state("open")
    expect(visitor.see("connection")).to_be_hidden()
    board = visitor.context.new_page()
    board.goto(f"{stage.site.url}leaderboard/")
    expect(board.locator('[data-test="live"]')).to_have_attribute("data-state", "full")
    holder.close()
    board.reload()
    expect(board.locator('[data-test="live"]')).to_have_attribute("data-state", "on")
