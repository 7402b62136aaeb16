"""Beside the vote: why, in the voter's own time; and a report for the moderators."""

import psycopg
import pytest
from playwright.sync_api import expect

from tests.e2e.accessibility import check
from tests.e2e.conftest import PHONE, Cast, Visit


@pytest.mark.parametrize("context", [{}, PHONE], ids=["desktop", "phone"])
def test_a_voter_says_why_and_reports_by_keyboard(
    stage: Cast, visit: Visit, context: dict[str, object]
) -> None:
    stage.only("echo-one", "echo-two")
    visitor = visit(stage.site, **context).open()
    visitor.ask("Say something.")
    visitor.await_state("open")
    expect(visitor.see("reaction")).to_be_hidden()
    visitor.reach("report-b")
    visitor.press("Enter")
    dialog = visitor.see("report")
    expect(dialog).to_be_visible()
    visitor.reach(dialog.get_by_label("It holds personal data"))
    visitor.press("ArrowDown", "ArrowDown")
    expect(dialog.get_by_label("It is hateful or harasses")).to_be_checked()
    visitor.reach("report-comment")
    visitor.page.keyboard.type("It is 3 times rude.1")  # which does not vote
    check(visitor)
    visitor.reach("report-send")
    visitor.press("Enter")
    expect(visitor.see("report-thanks")).to_contain_text("A moderator will look")
    expect(dialog).to_be_hidden()

    visitor.press("1")
    expect(visitor.see("reaction")).to_be_visible()
    a, b = visitor.see("traits-a"), visitor.see("traits-b")
    visitor.reach(a.get_by_label("Correct"), "Shift+Tab")  # from the reveal, which comes after
    visitor.press("Space")
    for box in (a.get_by_label("Wrong"), b.get_by_label("Unsafe")):
        visitor.reach(box)
        visitor.press("Space")
    expect(a.get_by_label("Correct")).not_to_be_checked()
    visitor.reach("reaction-comment")
    visitor.page.keyboard.type("Both repeat me.")
    visitor.reach("reaction-save")
    visitor.press("Enter")
    expect(visitor.see("reaction-status")).to_contain_text("Saved.")
    check(visitor)
    assert visitor.too_wide() <= 0

    visitor.page.reload()
    expect(a.get_by_label("Wrong")).to_be_checked()
    expect(b.get_by_label("Unsafe")).to_be_checked()
    expect(visitor.see("reaction-comment")).to_have_value("Both repeat me.")
    assert visitor.battle()["vote"]["outcome"] == "a"
    with psycopg.connect(stage.site.postgres.url("arena")) as database:
        found = database.execute(
            "SELECT side, reason, comment FROM battles_report ORDER BY id DESC LIMIT 1"
        ).fetchone()
    assert found == ("b", "hateful", "It is 3 times rude.1")
    visitor.see("new-battle").click()
    expect(visitor.see("reaction")).to_be_hidden()
