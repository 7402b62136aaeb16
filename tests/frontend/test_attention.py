"""What the page measures while a visitor reads, in a real browser."""

from typing import Any

import pytest
from playwright.sync_api import Page

PAGE = """async () => {
  const { Attention } = await import("/js/attention.js");
  document.querySelector("main").innerHTML =
    '<div id="a">A</div><i id="end-a">.</i><p id="gap"></p><div id="b">B</div><i id="end-b">.</i>';
  document.getElementById("gap").style.height = "3000px";
  const side = (name) => ({
    body: document.getElementById(name),
    end: document.getElementById(`end-${name}`),
  });
  window.attention = new Attention({ a: side("a"), b: side("b") });
}"""


def report(page: Page) -> dict[str, Any]:
    measured: dict[str, Any] = page.evaluate("() => window.attention.report('key')")
    return measured


def until_measured(page: Page, figure: str, milliseconds: int) -> None:
    page.wait_for_function(
        "([figure, least]) => window.attention.report('key')[figure] >= least",
        arg=[figure, milliseconds],
    )


@pytest.fixture
def reading(page: Page, scripts_url: str) -> Page:
    """A page with answer A in view and answer B far below."""
    page.goto(scripts_url)
    page.evaluate(PAGE)
    until_measured(page, "visible_a_ms", 200)
    return page


def test_only_what_is_in_view_is_read(reading: Page) -> None:
    first = report(reading)
    assert first["visible_a_ms"] >= 200
    assert first["visible_b_ms"] == first["hidden_ms"] == first["decided_ms"] == 0
    reading.evaluate("() => document.getElementById('b').scrollIntoView()")
    until_measured(reading, "visible_b_ms", 200)
    second = report(reading)
    reading.wait_for_timeout(200)
    assert report(reading)["visible_a_ms"] == second["visible_a_ms"]


def test_an_end_is_seen_once_the_answers_are_complete(reading: Page) -> None:
    assert not report(reading)["end_seen_a"]
    reading.evaluate("() => window.attention.complete()")
    until_measured(reading, "decided_ms", 100)
    until_measured(reading, "end_seen_a", 1)
    measured = report(reading)
    assert (measured["end_seen_a"], measured["end_seen_b"]) == (True, False)
    assert measured["input"] == "key"


def test_a_hidden_tab_is_not_read(reading: Page) -> None:
    before = report(reading)
    reading.evaluate(
        """() => {
          Object.defineProperty(document, "visibilityState", { get: () => "hidden" });
          document.dispatchEvent(new Event("visibilitychange"));
        }"""
    )
    hidden = report(reading)
    until_measured(reading, "hidden_ms", 200)
    measured = report(reading)
    assert measured["visible_a_ms"] == hidden["visible_a_ms"] >= before["visible_a_ms"]
