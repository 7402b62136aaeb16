"""A conversation from the box that publishes it to its withdrawal, by its voter and a reader."""

import pytest
from playwright.sync_api import expect

from tests.e2e.accessibility import check
from tests.e2e.conftest import PHONE, Cast, Visit, Visitor

PROMPT = "# Ducks\n\nSay **quack** to the <b>heron</b>."
# All that is shown in its own way: directions, code, mathematics, emphasis, HTML.
RICH = (
    "# Ducks\n\nSay **quack** to \\(x_1\\) ducks<br>and $y^2$ <kbd>geese</kbd>.\n\n"
    "**注意：**请。\n\nהריצו `a = b` עכשיו.\n\n```py\nx = 1\n```\n\n"  # noqa: RUF001
    "\\[\na \\\\\nb\n\\]\n\n<details>\n<summary>Why</summary>\n\n- because\n\n</details>"
)


@pytest.mark.parametrize("context", [{}, PHONE], ids=["desktop", "phone"])
def test_published_found_reported_and_withdrawn(
    stage: Cast, visit: Visit, context: dict[str, object]
) -> None:
    stage.only("echo-one", "echo-two")
    writer = visit(stage.site, expected="status of 404", **context).open()
    writer.see("publish").check()
    writer.ask(PROMPT)
    writer.await_state("open")
    expect(writer.see("reveal-public")).to_be_hidden()
    writer.see("vote-a").click()
    expect(writer.see("reveal-public")).to_be_visible()
    writer.see("reveal-public").click()
    expect(writer.see("withdraw")).to_be_visible()
    address = writer.page.url
    assert writer.open().see("publish").is_checked()  # as chosen last

    reader = visit(stage.site, expected="status of 404", **context).open("conversations/")
    check(reader)
    reader.see("words").fill("heron quack")
    reader.see("words").press("Enter")
    expect(reader.see("conversation")).to_have_count(1)
    check(reader)
    assert reader.too_wide() <= 0
    reader.see("conversation").get_by_role("link").press("Enter")
    assert reader.page.url == address
    expect(reader.see("text-a").locator("strong")).to_have_text("quack")
    expect(reader.see("text-b").locator("b")).to_have_text("heron")
    expect(reader.see("outcome")).to_contain_text("was preferred to")
    expect(reader.see("withdraw")).to_have_count(0)
    reader.see("report").locator("summary").press("Enter")
    check(reader)
    assert reader.too_wide() <= 0
    reader.page.get_by_label("Something else.").check()
    reader.see("send-report").click()
    expect(reader.page.get_by_text("A moderator will look at it.")).to_be_visible()

    writer.page.goto(address)
    writer.see("withdraw").click()
    expect(writer.page.get_by_text("no longer public")).to_be_visible()
    reader.page.reload()
    expect(reader.see("error-404")).to_be_visible()


def shown(visitor: Visitor) -> list[str]:
    """Both answers on the page as they are drawn."""
    answers = [visitor.see("text-a"), visitor.see("text-b")]
    for answer in answers:
        expect(answer.locator("[data-typeset=yes]")).to_have_count(3)
    return [answer.inner_html() for answer in answers]


def test_an_answer_looks_the_same_wherever_it_is_shown(stage: Cast, visit: Visit) -> None:
    stage.only("echo-one", "echo-two")
    writer = visit(stage.site).open()
    writer.see("publish").check()
    writer.ask(RICH)
    writer.await_state("open")
    in_battle = shown(writer)
    check(writer)
    writer.see("vote-a").click()
    expect(writer.see("reveal-public")).to_be_visible()

    writer.open("account/battles/")
    writer.see("own-battle").first.get_by_role("link").first.click()
    assert shown(writer) == in_battle

    writer.see("reveal-public").click()
    expect(writer.see("withdraw")).to_be_visible()
    assert shown(writer) == in_battle
    check(writer)
