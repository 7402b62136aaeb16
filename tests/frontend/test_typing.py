"""Typing a prompt: input methods in every browser's order of events, drafts, invisible texts."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

TEXTS = json.loads((Path(__file__).parents[1] / "text" / "visible.json").read_text())
FORM = """async () => {
  const { sends } = await import("/js/shared/ime.js");
  const field = document.createElement("textarea");
  document.querySelector("main").append(field);
  field.focus();
  window.sent = 0;
  field.addEventListener("keydown", (event) => {
    if (!sends(event)) return;
    event.preventDefault();
    window.sent += 1;
  });
  window.fire = (type, init = {}) => {
    const kind = type.startsWith("composition") ? CompositionEvent : KeyboardEvent;
    field.dispatchEvent(new kind(type, { bubbles: true, cancelable: true, ...init }));
  };
}"""


def down(key: str, code: int, *, composing: bool = False) -> tuple[str, dict[str, Any]]:
    return "keydown", {"key": key, "keyCode": code, "isComposing": composing}


def up(key: str, code: int) -> tuple[str, dict[str, Any]]:
    return "keyup", {"key": key, "keyCode": code}


START: tuple[str, dict[str, Any]] = ("compositionstart", {})
END: tuple[str, dict[str, Any]] = ("compositionend", {"data": "x"})
ENTER = (down("Enter", 13), up("Enter", 13))
LETTER = (down("k", 229, composing=True), up("k", 75))

CONFIRMED = {
    "Chrome and Edge": (START, *LETTER, down("Enter", 229, composing=True), END, up("Enter", 13)),
    "Chrome on Windows": (
        START,
        *LETTER,
        down("Process", 229, composing=True),
        END,
        up("Enter", 13),
    ),
    "Firefox": (START, *LETTER, down("Enter", 229, composing=True), END, up("Enter", 13)),
    "Firefox, keyCode of the key": (START, *LETTER, down("Enter", 13, composing=True), END),
    "Safari": (START, *LETTER, END, down("Enter", 229), up("Enter", 13)),
    "Safari, keyCode of the key": (START, *LETTER, END, down("Enter", 13), up("Enter", 13)),
    "Safari, no keys of the word": (START, END, down("Enter", 229)),
    "Android": (START, down("Unidentified", 229), END, down("Enter", 229), up("Enter", 229)),
}


@pytest.fixture
def typing(page: Page, scripts_url: str) -> Page:
    page.goto(scripts_url)
    page.evaluate(FORM)
    return page


def play(page: Page, *events: tuple[str, dict[str, Any]]) -> int:
    """Fire these events at the field; how often the form was sent since the last call."""
    for event in events:
        page.evaluate("(event) => fire(...event)", event)
    sent: int = page.evaluate("() => { const sent = window.sent; window.sent = 0; return sent; }")
    return sent


@pytest.mark.parametrize("events", CONFIRMED.values(), ids=CONFIRMED.keys())
def test_the_enter_that_confirms_a_word_does_not_send_and_the_next_one_does(
    typing: Page, events: tuple[tuple[str, dict[str, Any]], ...]
) -> None:
    assert play(typing, *events) == 0
    assert play(typing, *ENTER) == 1
    assert play(typing, *events, *events) == 0  # two words, one after the other
    assert play(typing, *ENTER) == 1


def test_an_enter_that_is_meant_sends(typing: Page) -> None:
    assert play(typing, *ENTER) == 1
    # Korean on macOS: one press ends the syllable and is a plain Enter as well.
    korean = (START, *LETTER, down("Enter", 229, composing=True), END, down("Enter", 13))
    assert play(typing, *korean, up("Enter", 13)) == 1
    # A word that the mouse has confirmed, and an Enter some time later.
    assert play(typing, START, *LETTER, END) == 0
    typing.evaluate("() => new Promise((resolve) => setTimeout(resolve, 600))")
    assert play(typing, *ENTER) == 1
    # A candidate chosen by its number, and an Enter at once.
    chosen = (START, *LETTER, down("1", 229, composing=True), END, up("1", 49))
    assert play(typing, *chosen) == 0
    assert play(typing, *ENTER) == 1


def test_a_real_composition_of_this_browser_does_not_send(typing: Page) -> None:
    browser = typing.context.new_cdp_session(typing)
    browser.send(
        "Input.imeSetComposition", {"text": "にほん", "selectionStart": 3, "selectionEnd": 3}
    )
    key = {"type": "rawKeyDown", "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229}
    browser.send("Input.dispatchKeyEvent", key)
    browser.send("Input.insertText", {"text": "日本"})
    assert play(typing) == 0
    typing.keyboard.press("Enter")
    assert play(typing) == 1
    assert typing.locator("textarea").input_value() == "日本"


def test_new_lines_are_not_sent(typing: Page) -> None:
    assert play(typing, ("keydown", {"key": "Enter", "keyCode": 13, "shiftKey": True})) == 0


def test_the_page_sees_the_same_texts_as_the_server(page: Page, scripts_url: str) -> None:
    page.goto(scripts_url)
    script = """async (texts) => {
      const { isVisible } = await import("/js/shared/text.js");
      return texts.map(isVisible);
    }"""
    assert all(page.evaluate(script, TEXTS["visible"]))
    assert not any(page.evaluate(script, TEXTS["invisible"]))


def open_tab(context: BrowserContext, url: str) -> Page:
    tab = context.new_page()
    tab.goto(url)
    tab.evaluate(
        """async () => {
          window.drafts = await import("/js/shared/drafts.js");
          window.offered = drafts.draft();
        }"""
    )
    return tab


def test_each_tab_has_a_draft_of_its_own(context: BrowserContext, scripts_url: str) -> None:
    one, two = open_tab(context, scripts_url), open_tab(context, scripts_url)
    one.evaluate("drafts.keepDraft('of the first tab')")
    two.evaluate("drafts.keepDraft('of the second tab')")
    reload = """async () => {
      window.drafts = await import("/js/shared/drafts.js");
      return drafts.draft();
    }"""
    for tab, text in ((one, "of the first tab"), (two, "of the second tab")):
        tab.reload()
        assert tab.evaluate(reload) == text
    one.evaluate("drafts.keepDraft('')")  # sent
    for tab, text in ((one, ""), (two, "of the second tab")):
        tab.reload()
        assert tab.evaluate(reload) == text
    three = open_tab(context, scripts_url)
    assert three.evaluate("offered") == ""  # what is open elsewhere is not offered


def test_what_a_closed_tab_leaves_is_offered_once(
    context: BrowserContext, scripts_url: str
) -> None:
    tab = open_tab(context, scripts_url)
    tab.evaluate("drafts.keepDraft('closed by mistake')")
    tab.close(run_before_unload=True)
    again = open_tab(context, scripts_url)
    assert again.evaluate("offered") == "closed by mistake"
    assert open_tab(context, scripts_url).evaluate("offered") == ""


def test_typing_goes_on_where_storage_is_closed(page: Page, scripts_url: str) -> None:
    page.add_init_script(
        """for (const name of ["localStorage", "sessionStorage"]) {
          const get = () => { throw new DOMException("", "SecurityError"); };
          Object.defineProperty(window, name, { get });
        }"""
    )
    page.goto(scripts_url)
    script = """async () => {
      const drafts = await import("/js/shared/drafts.js");
      drafts.keepDraft("text");
      return drafts.draft();
    }"""
    assert page.evaluate(script) == ""


SEND = """async ([content, replies]) => {
  const { sendOnce } = await import("/js/shared/once.js");
  const { Problem } = await import("/js/api.js");
  const keys = [];
  const reply = await sendOnce(content, async (key) => {
    keys.push(key);
    const status = replies[keys.length - 1];
    if (status !== 200) throw new Problem(status);
    return status;
  }).catch((error) => error.status);
  return [keys, reply];
}"""


@pytest.mark.parametrize("storage", ["open", "closed"])
def test_what_is_sent_again_has_the_same_key_until_a_reply_came(
    page: Page, scripts_url: str, storage: str
) -> None:
    if storage == "closed":
        page.add_init_script(
            "Object.defineProperty(window, 'sessionStorage', { get() { throw new Error(); } })"
        )
    page.goto(scripts_url)

    def send(content: str, *replies: int) -> tuple[list[str], int]:
        keys, reply = page.evaluate(SEND, [content, replies])
        return keys, reply

    lost, status = send("a", 0, 504)
    assert (len(lost), len(set(lost)), status) == (2, 1, 504)
    refused, status = send("a", 403)  # consent is asked for
    assert (refused, status) == (lost[:1], 403)
    done, status = send("a", 0, 200)
    assert (set(done), status) == (set(lost), 200)
    again, _ = send("a", 200)
    assert again[0] not in lost
    other, _ = send("b", 0, 0)
    assert other[0] not in {*lost, *again}
    assert len(lost[0]) == 32
