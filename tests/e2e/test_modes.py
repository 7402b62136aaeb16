"""Models of the visitor's choice, side by side and alone: clearly not blind, counted nowhere."""

import pytest
from playwright.sync_api import expect

from tests.e2e.accessibility import check
from tests.e2e.conftest import PHONE, SHORT, Cast, Visit

FIRST, SECOND = "Gemma 3 270M (base model)", "SmolLM2 135M Instruct, cut short"  # of `SHORT`
WIDTHS = pytest.mark.parametrize("context", [{}, PHONE], ids=["desktop", "phone"])


@WIDTHS
def test_two_chosen_models_are_compared_by_keyboard(
    stage: Cast, visit: Visit, context: dict[str, object]
) -> None:
    stage.only(*SHORT)
    before = stage.counted_votes()
    visitor = visit(stage.site, expected="status of 400", **context).open()
    keyboard = visitor.page.keyboard
    expect(visitor.see("prompt")).to_be_focused()
    visitor.reach(visitor.see("modes").get_by_text("Side by side"), "Shift+Tab")
    visitor.press("Enter")
    expect(visitor.see("prompt")).to_be_focused()
    visitor.reach("choice-a", "Shift+Tab")
    keyboard.type(SECOND)
    check(visitor)
    assert visitor.too_wide() <= 0
    visitor.reach("prompt")
    keyboard.type("Which is better?")
    visitor.press("Control+Enter")
    expect(visitor.see("prompt-error")).to_contain_text("two different models")
    visitor.reach("choice-b", "Shift+Tab")
    keyboard.type(FIRST)
    visitor.reach("send")
    visitor.press("Enter")
    expect(visitor.see("name-a")).to_contain_text(SECOND)
    visitor.await_state("open")
    expect(visitor.see("not-blind")).to_be_visible()
    expect(visitor.see("name-b")).to_contain_text(FIRST)
    check(visitor)
    assert visitor.too_wide() <= 0
    visitor.reach("vote-a")
    visitor.press("Enter")
    expect(visitor.see("reveal-title")).to_be_focused()
    expect(visitor.see("standing")).to_contain_text("counts on no leaderboard")
    check(visitor)
    assert stage.counted_votes() == before
    visitor.reach("new-battle")
    visitor.press("Enter")
    expect(visitor.page).to_have_url(f"{stage.site.url}side-by-side/")
    expect(visitor.see("choice-a")).to_be_visible()
    expect(visitor.see("prompt")).to_be_focused()
    visitor.press("Alt+ArrowLeft")
    expect(visitor.see("name-a")).to_contain_text(SECOND)


@WIDTHS
def test_a_chat_with_one_model_by_keyboard(
    stage: Cast, visit: Visit, context: dict[str, object]
) -> None:
    stage.only(*SHORT)
    visitor = visit(stage.site, **context).open("direct/")
    keyboard = visitor.page.keyboard
    expect(visitor.see("prompt")).to_be_focused()
    visitor.reach("choice-a", "Shift+Tab")
    keyboard.type(SECOND)
    visitor.press("Tab")
    check(visitor)
    keyboard.type("The first prompt")
    visitor.press("Control+Enter")
    visitor.await_state("open")
    expect(visitor.see("name-a")).to_contain_text(SECOND)
    expect(visitor.see("answer-b")).to_be_hidden()
    expect(visitor.see("vote-a")).to_be_hidden()
    visitor.press("1")  # is no vote here
    visitor.reach("follow-up-prompt")
    keyboard.type("The second prompt")
    visitor.press("Control+Enter")
    expect(visitor.see("asked")).to_have_text("The second prompt")
    visitor.await_state("open")
    expect(visitor.see("text-a")).not_to_have_text("")
    visitor.page.reload()
    expect(visitor.see("earlier")).to_contain_text("The first prompt")
    expect(visitor.see("earlier").locator(".earlier-answer")).to_have_count(1)
    check(visitor)
    assert visitor.too_wide() <= 0
    assert visitor.battle()["vote"] is None
    visitor.reach("new-chat")
    visitor.press("Enter")
    expect(visitor.page).to_have_url(f"{stage.site.url}direct/")
    expect(visitor.see("prompt")).to_be_focused()
