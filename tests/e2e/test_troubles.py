"""What goes wrong on the way, as a visitor sees it: nothing is lost, and the page says what is."""

import re

import pytest
from playwright.sync_api import Route, expect

from tests.e2e.conftest import ANSWER_MS, IN_SIGHT, PHONE, Cast, Visit
from tests.e2e.proxy import Proxy
from tests.openai_server import WORDS
from tests.speed import wait_until

NETWORK = r"net::ERR_|WebSocket connection"
NOT_FOUND = "status of 404"
HOSTILE = """# Title
<script>window.hacked = 1</script> <img src=x onerror="window.hacked = 2">

[link](javascript:window.hacked=3) ![pixel](https://tracker.example/pixel.png)

<iframe srcdoc="<script>parent.hacked = 4</script>"></iframe><base href="https://evil.example/">

```python" onmouseover="window.hacked = 5
print("</code><script>window.hacked = 6</script>")
```
"""
DEMANDING = """## A heading

| Name | An awfully long column that will not fit | Another | And another one | The last one |
|:--|--:|---|---|---|
| left | 12345678901234567890 | text | text | text |

```python
a_line_of_code_that_is_much_longer_than_any_window = "so it scrolls" + "within its own frame" * 9
```

Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft_____________x

שלום עולם، مرحبا بالعالم
"""


def test_a_failed_battle_says_so_and_offers_another(stage: Cast, visit: Visit) -> None:
    stage.only("echo-one", "broken")
    visitor = visit(stage.site).open()
    visitor.ask("Will this work?")
    visitor.await_state("failed")
    expect(visitor.see("failure")).to_contain_text("It does not count.")
    expect(visitor.see("vote")).to_be_hidden()
    assert visitor.battle()["contestants"] is None

    stage.only("echo-one", "echo-two")
    failed = visitor.page.url
    visitor.see("try-again").click()
    visitor.await_state("open")
    assert visitor.page.url != failed
    expect(visitor.see("asked")).to_have_text("Will this work?")


def test_an_answer_that_its_server_broke_off_is_told_after_the_vote(
    stage: Cast, visit: Visit
) -> None:
    stage.only("echo-one", "filtered")
    visitor = visit(stage.site).open()
    counted = stage.counted_votes()
    visitor.ask("Why is the sky blue?")
    visitor.await_state("open")
    for side in ("a", "b"):
        expect(visitor.see(f"ending-{side}")).to_be_hidden()
    visitor.see("vote-tie").click()
    visitor.await_state("voted")
    expect(visitor.see("standing")).to_contain_text("does not count")
    expect(visitor.see("standing")).to_contain_text("broke an answer off")
    broken = "a" if "Filtered" in visitor.see("name-a").inner_text() else "b"
    expect(visitor.see(f"ending-{broken}")).to_have_text(
        "The model's server broke this answer off."
    )
    expect(visitor.see(f"ending-{'b' if broken == 'a' else 'a'}")).to_be_hidden()
    assert stage.counted_votes() == counted


def test_prompts_that_cannot_be_sent_are_kept(stage: Cast, visit: Visit) -> None:
    stage.only("echo-one", "echo-two")
    visitor = visit(stage.site).open()
    visitor.ask(" \n ")
    expect(visitor.see("prompt-error")).to_have_text("Type a prompt first.")

    visitor.ask("word " * 3000)
    expect(visitor.see("prompt-error")).to_contain_text("The prompt is too long: 15000 of")
    expect(visitor.see("prompt-count")).to_contain_text("15000 of 12000")
    assert visitor.see("prompt").input_value() == "word " * 3000

    visitor.ask("A better one.")
    visitor.await_state("open")
    expect(visitor.see("text-a")).to_have_text("A better one.")


def test_hostile_answers_stay_inert(stage: Cast, visit: Visit) -> None:
    stage.only("echo-one", "echo-two")
    visitor = visit(stage.site).open()
    hosts: set[str] = set()
    visitor.page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    visitor.ask(HOSTILE)
    visitor.await_state("open")
    expect(visitor.see("text-a")).to_contain_text("window.hacked = 2")
    expect(visitor.see("text-b").locator("h1")).to_have_text("Title")
    for hostile in ("script", "img", "iframe", "base", "[href^='javascript']", "[onmouseover]"):
        assert visitor.see("text-a").locator(hostile).count() == 0
        assert visitor.see("text-b").locator(hostile).count() == 0
    visitor.page.reload()  # now the texts come within the page
    visitor.await_state("open")
    expect(visitor.see("text-a").locator("h1")).to_have_text("Title")
    visitor.see("vote-tie").click()
    expect(visitor.see("reveal")).to_be_visible()
    assert visitor.page.evaluate("window.hacked") is None
    assert hosts == {stage.site.url.split("/")[2]}


@pytest.mark.parametrize("context", [{}, PHONE], ids=["desktop", "phone"])
def test_wide_answers_scroll_within_their_frames_and_the_dock_hides_nothing(
    stage: Cast, visit: Visit, context: dict[str, object]
) -> None:
    stage.only("echo-one", "echo-two")
    visitor = visit(stage.site, **context).open()
    visitor.ask(DEMANDING)
    visitor.await_state("open")
    text = visitor.see("text-a")
    expect(text.locator("h2")).to_have_text("A heading")
    expect(text.locator("td").nth(1)).to_have_text("12345678901234567890")
    expect(text.locator(".hljs-string").first).to_be_visible()
    assert visitor.too_wide() <= 0
    visitor.reach(text.get_by_role("button", name="Copy"))
    visitor.reach("follow-up-prompt")
    visitor.page.evaluate("scrollTo(0, 0)")
    visitor.reach("vote-a", "Shift+Tab")
    assert visitor.page.evaluate("scrollY") == 0  # the dock is in sight wherever the page is
    visitor.reach("follow-up-prompt")
    visitor.page.keyboard.type("And now?")
    visitor.press("Control+Enter")
    expect(visitor.see("asked")).to_have_text("And now?")
    assert visitor.see("asked").evaluate(IN_SIGHT)


# How far above the dock each thing that can have the focus ends, once it is scrolled to.
GAPS = """() => {
  const dock = [...document.querySelectorAll(".dock")].find((each) => each.offsetHeight);
  const aims = document.querySelectorAll("main :is(a, button, input, textarea, [tabindex='0'])");
  return [...aims].filter((aim) => !dock.contains(aim) && aim.getClientRects().length
    && !aim.closest(".visually-hidden")).map((aim) => {
    scrollTo(0, 0);
    aim.scrollIntoView({ block: "end", behavior: "instant" });
    const gap = dock.getBoundingClientRect().top - aim.getBoundingClientRect().bottom;
    return scrollY ? gap : 8;
  });
}"""


@pytest.mark.parametrize("context", [{}, PHONE], ids=["desktop", "phone"])
def test_what_is_scrolled_to_ends_right_above_the_dock_however_high_it_is(
    stage: Cast, visit: Visit, context: dict[str, object]
) -> None:
    stage.only("echo-one", "echo-two")
    visitor = visit(stage.site, **context).open()
    visitor.ask("\n\n".join(f"- [link {n}](https://example.org/{n})" for n in range(60)))
    visitor.await_state("open")

    def expect_none_hidden() -> int:
        def all_end_above() -> bool:  # once the page has measured the dock
            gaps = visitor.page.evaluate(GAPS)
            return len(gaps) > 100 and all(abs(gap - 8) <= 2 for gap in gaps)

        wait_until(all_end_above, 20)
        dock = visitor.page.locator(".dock:visible")
        return int(dock.evaluate("(element) => element.offsetHeight"))

    low = expect_none_hidden()
    visitor.see("follow-up-prompt").fill("A line.\n" * 12)
    assert expect_none_hidden() > low
    visitor.see("vote-a").click()
    expect(visitor.see("reveal")).to_be_visible()
    expect(visitor.see("standing")).to_contain_text("It is the first of yours that counts")
    expect_none_hidden()
    visitor.see("reveal-history").click()
    expect(visitor.page).to_have_url(re.compile("/account/battles/$"))
    expect(visitor.see("standing")).to_contain_text("It is the first of yours that counts")


def test_nobody_else_can_open_a_battle(stage: Cast, visit: Visit) -> None:
    stage.only("echo-one", "echo-two")
    owner = visit(stage.site).open()
    owner.ask("For my eyes only.")
    owner.await_state("open")
    stranger = visit(stage.site, expected=NOT_FOUND).open()
    stranger.ask("A battle of my own.")
    stranger.await_state("open")
    stranger.page.goto(owner.page.url)
    expect(stranger.see("error-404")).to_be_visible()
    assert "For my eyes only." not in stranger.page.content()


def test_back_and_forward_lead_through_the_battles(stage: Cast, visit: Visit) -> None:
    stage.only("echo-one", "echo-two")
    visitor = visit(stage.site).open()
    visitor.ask("The first.")
    visitor.await_state("open")
    visitor.see("vote-b").click()
    visitor.see("new-battle").click()
    visitor.ask("The second.")
    visitor.await_state("open")

    visitor.page.go_back()
    expect(visitor.see("opening")).to_be_visible()
    visitor.page.go_back()
    expect(visitor.see("asked")).to_have_text("The first.")
    expect(visitor.see("reveal-title")).to_contain_text("You preferred B")
    visitor.page.go_forward()
    expect(visitor.see("opening")).to_be_visible()
    visitor.page.go_forward()
    expect(visitor.see("asked")).to_have_text("The second.")
    expect(visitor.see("name-a")).to_have_text("")
    visitor.see("vote-a").click()
    expect(visitor.see("reveal-title")).to_contain_text("You preferred A")


def test_a_lost_network_loses_nothing(stage: Cast, visit: Visit) -> None:
    stage.only("steady-one", "steady-two")
    visitor = visit(stage.site, expected=NETWORK).open()
    with stage.answers_held():
        visitor.ask("Go on for a while.")
        expect(visitor.see("text-a")).to_have_text(re.compile(r"(\w+\W+){5}"), timeout=ANSWER_MS)
        visitor.context.set_offline(True)
        expect(visitor.see("connection")).to_contain_text("You are offline.")
        seen = visitor.see("text-a").inner_text()
    visitor.context.set_offline(False)
    visitor.await_state("open")
    expect(visitor.see("connection")).to_be_hidden()
    whole = " ".join(WORDS[number % len(WORDS)] for number in range(100))
    for side in "ab":
        assert visitor.see(f"text-{side}").inner_text().split() == whole.split()
    assert whole.startswith(seen.strip())

    visitor.context.set_offline(True)
    visitor.see("vote-a").click()
    expect(visitor.see("vote-error")).to_contain_text("The server cannot be reached.")
    visitor.context.set_offline(False)
    visitor.see("vote-a").click()
    expect(visitor.see("reveal-title")).to_contain_text("You preferred A")


def test_where_cookies_are_blocked_the_page_says_what_to_do(stage: Cast, visit: Visit) -> None:
    stage.only("echo-one", "echo-two")
    visitor = visit(stage.site, expected="status of 403")
    visitor.page.add_init_script(
        "Object.defineProperty(navigator, 'cookieEnabled', { get: () => false })"
    )
    with Proxy(stage.site.port) as proxy:
        proxy.takes_cookies = False
        visitor.page.goto(f"http://localhost:{proxy.port}/")
        expect(visitor.see("prompt-error")).to_contain_text("Allow cookies for this site")
        visitor.ask("Typed with care.")
        expect(visitor.see("prompt-error")).to_contain_text("Your browser sent no cookie")
        assert visitor.see("prompt").input_value() == "Typed with care."

        proxy.takes_cookies = True  # they are allowed now: nothing has to be reloaded
        visitor.see("send").click()
        visitor.await_state("open")
        expect(visitor.see("asked")).to_have_text("Typed with care.")
        visitor.page.close()


def test_a_lost_reply_leaves_no_unseen_battle(stage: Cast, visit: Visit) -> None:
    stage.only("echo-one", "echo-two")
    visitor = visit(stage.site, expected=NETWORK).open()
    visitor.ask("To be known by a cookie, and to have agreed.")
    visitor.await_state("open")
    visitor.see("vote-a").click()
    visitor.see("new-battle").click()
    opened: list[str] = []

    def lose(route: Route) -> None:
        opened.append(route.fetch().json()["id"])  # the server did it
        route.abort()

    visitor.page.route("**/api/v1/battles", lose)
    visitor.ask("Are you there?")
    expect(visitor.see("prompt-error")).to_contain_text("The server cannot be reached.")
    visitor.page.unroute("**/api/v1/battles")
    visitor.page.reload()
    visitor.see("send").click()  # the draft is still there
    visitor.await_state("open")
    assert {visitor.battle()["id"], *opened} == {visitor.battle()["id"]}
    assert len(opened) == 2  # it tried once more by itself


def test_the_enter_of_an_input_method_sends_nothing(stage: Cast, visit: Visit) -> None:
    stage.only("echo-one", "echo-two")
    visitor = visit(stage.site).open()
    safari = """(field) => {
      field.dispatchEvent(new CompositionEvent("compositionend", { bubbles: true, data: "日本" }));
      const enter = { key: "Enter", keyCode: 229, bubbles: true, cancelable: true };
      field.dispatchEvent(new KeyboardEvent("keydown", enter));
    }"""
    visitor.see("prompt").fill("日本")
    visitor.see("prompt").evaluate(safari)
    visitor.see("prompt").press("End")
    visitor.page.keyboard.type("?")
    visitor.press("Enter")
    visitor.await_state("open")
    expect(visitor.see("asked")).to_have_text("日本?")
    visitor.see("follow-up-prompt").fill("東京")
    visitor.see("follow-up-prompt").evaluate(safari)
    visitor.page.keyboard.type("!")
    visitor.press("Enter")
    expect(visitor.see("asked")).to_have_text("東京!")
