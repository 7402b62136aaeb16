"""Beside the vote: why, in the voter's own time; and a report for the moderators."""

import psycopg
import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import PHONE, Cast, Visit
from tests.e2e.test_accessibility import check

pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize("context", [{}, PHONE], ids=["desktop", "phone"])
def test_a_voter_says_why_and_reports(
    stage: Cast, visit: Visit, context: dict[str, object]
) -> None:
    stage.only("echo-one", "echo-two")
    visitor = visit(stage.site, **context).open()
    visitor.ask("Say something.")
    visitor.await_state("open")
    expect(visitor.see("reaction")).to_be_hidden()
    visitor.see("report-b").click()
    dialog = visitor.see("report")
    expect(dialog).to_be_visible()
    dialog.get_by_label("It is hateful or harasses").check()
    visitor.see("report-comment").fill("It is 3 times rude.")
    visitor.page.keyboard.press("1")  # types, and does not vote
    check(visitor)
    visitor.see("report-send").click()
    expect(visitor.see("report-thanks")).to_contain_text("A moderator will look")
    expect(dialog).to_be_hidden()

    visitor.see("vote-a").click()
    expect(visitor.see("reaction")).to_be_visible()
    a, b = visitor.see("traits-a"), visitor.see("traits-b")
    a.get_by_label("Correct").check()
    a.get_by_label("Wrong").check()
    expect(a.get_by_label("Correct")).not_to_be_checked()
    b.get_by_label("Unsafe").check()
    visitor.see("reaction-comment").fill("Both repeat me.")
    visitor.see("reaction-save").click()
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
