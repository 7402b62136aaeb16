"""Models of the visitor's choice, side by side and alone: clearly not blind, counted nowhere."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import PHONE, Cast, Visit
from tests.e2e.test_accessibility import check

pytestmark = pytest.mark.timeout(300)  # the first test also starts a site


def test_two_chosen_models_are_compared_on_a_phone(stage: Cast, visit: Visit) -> None:
    stage.only("echo-one", "echo-two")
    before = stage.counted_votes()
    visitor = visit(stage.site, expected="status of 400", **PHONE).open()
    visitor.see("modes").get_by_text("Side by side").tap()
    visitor.see("choice-a").select_option(label="Echo two")
    check(visitor)
    assert visitor.too_wide() <= 0
    visitor.ask("Which is better?")
    expect(visitor.see("prompt-error")).to_contain_text("two different models")
    visitor.see("choice-b").select_option(label="Echo one")
    visitor.see("send").tap()
    expect(visitor.see("name-a")).to_contain_text("Echo two")
    visitor.await_state("open")
    expect(visitor.see("not-blind")).to_be_visible()
    expect(visitor.see("name-b")).to_contain_text("Echo one")
    check(visitor)
    assert visitor.too_wide() <= 0
    visitor.see("vote-a").tap()
    expect(visitor.see("standing")).to_contain_text("counts on no leaderboard")
    assert stage.counted_votes() == before
    visitor.see("new-battle").tap()
    expect(visitor.page).to_have_url(f"{stage.site.url}side-by-side/")
    expect(visitor.see("choice-a")).to_be_visible()
    visitor.page.go_back()
    expect(visitor.see("name-a")).to_contain_text("Echo two")


def test_a_chat_with_one_model_by_keyboard(stage: Cast, visit: Visit) -> None:
    stage.only("echo-one", "echo-two")
    visitor = visit(stage.site).open("direct/")
    keyboard = visitor.page.keyboard
    visitor.see("choice-a").focus()
    keyboard.type("Echo two")
    keyboard.press("Tab")
    keyboard.type("The first prompt")
    keyboard.press("Enter")
    visitor.await_state("open")
    expect(visitor.see("name-a")).to_contain_text("Echo two")
    expect(visitor.see("answer-b")).to_be_hidden()
    expect(visitor.see("vote-a")).to_be_hidden()
    keyboard.press("1")  # is no vote here
    keyboard.press("f")
    keyboard.type("The second prompt")
    keyboard.press("Enter")
    expect(visitor.see("asked")).to_have_text("The second prompt")
    visitor.await_state("open")
    expect(visitor.see("text-a")).to_have_text("The second prompt")
    visitor.page.reload()
    expect(visitor.see("earlier")).to_contain_text("The first prompt")
    expect(visitor.see("earlier").locator(".earlier-answer")).to_have_count(1)
    check(visitor)
    assert visitor.battle()["vote"] is None
    visitor.see("new-chat").press("Enter")
    expect(visitor.page).to_have_url(f"{stage.site.url}direct/")
    expect(visitor.see("prompt")).to_be_focused()
