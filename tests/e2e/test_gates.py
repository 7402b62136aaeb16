"""What a visitor is asked before a battle opens, with the keyboard alone, and nothing is lost."""

import re
import time

import psycopg
import pytest
import redis
from playwright.sync_api import expect

from tests import visitor as programs
from tests.e2e.accessibility import check
from tests.e2e.conftest import PHONE, Cast, Visit, Visitor

EXPECTED = r"status of (403|409|429)"
SLOW_SUMS = """() => {
  const derive = crypto.subtle.deriveBits.bind(crypto.subtle);
  crypto.subtle.deriveBits = async (...how) => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    return derive(...how);
  };
}"""
HELD_SUMS = """() => {
  const derive = crypto.subtle.deriveBits.bind(crypto.subtle);
  let left = 160;
  crypto.subtle.deriveBits = (...how) => (left-- > 0 ? derive(...how) : new Promise(() => {}));
}"""  # all of the first 160 tries, and no more
PERSONAL = "Shorten: I am Anna, anna.schmidt@web.de, call me at +49 170 1234567."


def gate(visitor: Visitor, title: str) -> None:
    """Wait for the dialog of that title, whose buttons are reached by the keyboard."""
    expect(visitor.see("gate-title")).to_have_text(title)
    expect(visitor.see("gate")).to_be_visible()
    check(visitor)
    assert visitor.too_wide() <= 0


@pytest.mark.parametrize("context", [{}, PHONE], ids=["desktop", "phone"])
def test_consent_and_a_second_look_at_personal_data(
    stage: Cast, visit: Visit, context: dict[str, object]
) -> None:
    stage.only("echo-one", "echo-two")
    visitor = visit(stage.site, expected=EXPECTED, agrees=False, **context).open()
    visitor.see("prompt").fill(PERSONAL)
    visitor.press("Control+Enter")
    gate(visitor, "Before your first battle")
    expect(visitor.see("gate-points")).to_contain_text("Do not enter personal data")
    visitor.press("Escape")
    expect(visitor.see("gate")).to_be_hidden()
    expect(visitor.see("prompt")).to_have_value(PERSONAL)
    expect(visitor.see("prompt")).to_be_focused()
    expect(visitor.see("send")).to_be_enabled()  # a little after the dialog has closed

    visitor.press("Control+Enter")
    expect(visitor.see("gate-go")).to_be_focused()
    visitor.press("Enter")
    gate(visitor, "Do you want to send this?")
    expect(visitor.see("gate-points").locator("mark")).to_have_text(
        ["anna.schmidt@web.de", "+49 170 1234567"]
    )
    expect(visitor.see("gate-back")).to_be_focused()  # what loses nothing
    visitor.press("Enter")
    expect(visitor.see("prompt")).to_be_focused()
    visitor.page.wait_for_function(
        "found => { const p = document.activeElement;"
        " return p.value.slice(p.selectionStart, p.selectionEnd) === found; }",
        arg="anna.schmidt@web.de",
    )

    visitor.press("Control+Enter")
    expect(visitor.see("gate-back")).to_be_focused()
    visitor.press("Shift+Tab", "Enter")
    visitor.await_state("open")
    expect(visitor.see("asked")).to_have_text(PERSONAL)
    visitor.press("1")
    expect(visitor.see("reveal-title")).to_be_focused()
    visitor.reach("new-battle")
    visitor.press("Enter")
    expect(visitor.see("prompt")).to_be_focused()
    visitor.page.keyboard.type("Asked once, agreed for good.")
    visitor.press("Control+Enter")
    visitor.await_state("open")


def test_a_marked_voter_waits_for_a_sum_and_a_fast_one_for_the_clock(
    stage: Cast, visit: Visit
) -> None:
    stage.only("echo-one", "echo-two")
    visitor = visit(stage.site, expected=EXPECTED).open()
    visitor.ask("The first.")
    visitor.await_state("open")
    with psycopg.connect(stage.site.postgres.url("arena")) as database:
        found = database.execute(
            "UPDATE voters_voter SET flagged_until = now() + interval '1 hour' WHERE id ="
            " (SELECT voter_id FROM battles_battle WHERE id = %s) RETURNING id",
            [visitor.battle()["id"]],
        ).fetchone()
    assert found is not None
    visitor.open().page.evaluate(SLOW_SUMS)
    visitor.ask("This one is left.")
    gate(visitor, "Verifying your browser")
    visitor.press("Escape")
    expect(visitor.see("gate")).to_be_hidden()
    expect(visitor.see("send")).to_be_enabled()
    expect(visitor.see("prompt")).to_have_value("This one is left.")

    visitor.open().ask("The second, after a sum.")
    visitor.await_state("open")
    expect(visitor.see("gate")).to_be_hidden()

    visitor.page.clock.install()
    visitor.open().see("prompt").fill("This one waits.")
    with redis.Redis.from_url(stage.site.redis.url) as client:
        # A flagged voter may open 20 in 600 seconds: full in 660, one more is admitted in 90.
        client.set(f"limit:open:voter:{found[0]}", int(1000 * (time.time() + 660)))
    visitor.see("send").click()
    error = visitor.see("prompt-error")
    expect(error).to_contain_text(re.compile(r"Please come back in \d+ seconds\. \d:\d\d"))
    check(visitor)
    expect(visitor.see("send")).to_be_disabled()
    expect(visitor.see("prompt")).to_have_value("This one waits.")
    visitor.page.clock.fast_forward(90_000)
    expect(error).to_have_text("You can continue now. Your text is still here.")
    expect(visitor.see("send")).to_be_enabled()


@pytest.mark.parametrize("context", [{}, PHONE], ids=["desktop", "phone"])
def test_a_first_visitor_gets_through_where_a_farm_has_flooded_the_network(
    stage: Cast, visit: Visit, context: dict[str, object]
) -> None:
    stage.only("echo-one", "echo-two")
    header = {"X-Forwarded-For": "203.0.113.44"}
    with redis.Redis.from_url(stage.site.redis.url, decode_responses=True) as client:
        client.delete(*client.scan_iter("newcomers:*"), "")
        sybil = programs.Visitor(stage.site.url, address="203.0.113.9")
        opened = sybil.post("/api/v1/battles", {"prompt": "Mine?", "consent": "1"})
        assert opened.status == 201
        for key in client.scan_iter("newcomers:*"):
            _, at, began = str(client.get(key)).split()  # as if it had opened more
            client.set(key, f"240 {at} {began}")
    visitor = visit(stage.site, expected=EXPECTED, extra_http_headers=header, **context).open()
    visitor.page.evaluate(HELD_SUMS)
    visitor.ask("My first prompt ever.")
    gate(visitor, "Verifying your browser")
    progress = visitor.see("gate").locator("progress")
    expect(progress).to_have_js_property("max", 3_200)
    expect(progress).to_have_js_property("value", 160)
    expect(visitor.see("gate-back")).to_be_focused()
    visitor.press("Enter")
    expect(visitor.see("gate")).to_be_hidden()
    expect(visitor.see("prompt")).to_have_value("My first prompt ever.")
    expect(visitor.see("send")).to_be_enabled()

    visitor.open().ask("My first prompt ever.")
    visitor.await_state("open")
    expect(visitor.see("asked")).to_have_text("My first prompt ever.")
