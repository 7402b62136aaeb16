"""A battle of several turns on the page: continued, regenerated, stopped, tried again."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.accessibility import check
from tests.e2e.conftest import ANSWER_MS, PHONE, Cast, Visit


def test_a_conversation_by_keyboard(stage: Cast, visit: Visit) -> None:
    stage.only("echo-one", "echo-two")
    visitor = visit(stage.site).open()
    keyboard = visitor.page.keyboard
    keyboard.type("The first prompt")
    visitor.page.reload()
    expect(visitor.see("prompt")).to_have_value("The first prompt")  # the draft was kept
    visitor.see("prompt").press("Enter")
    visitor.await_state("open")
    keyboard.press("f")
    expect(visitor.see("follow-up-prompt")).to_be_focused()
    keyboard.type("The second prompt")
    visitor.page.reload()
    expect(visitor.see("follow-up-prompt")).to_have_value("The second prompt")
    keyboard.press("f")
    keyboard.press("Enter")
    expect(visitor.see("asked")).to_have_text("The second prompt")
    visitor.await_state("open")
    expect(visitor.see("text-a")).to_have_text("The second prompt")
    expect(visitor.see("earlier")).to_contain_text("The first prompt")
    visitor.page.reload()
    expect(visitor.see("earlier")).to_contain_text("The first prompt")
    expect(visitor.see("follow-up-prompt")).to_have_value("")
    keyboard.press("r")
    visitor.await_state("generating")
    visitor.await_state("open")
    keyboard.press("?")
    expect(visitor.page.locator("#keys")).to_be_visible()
    keyboard.press("Escape")
    keyboard.press("t")
    expect(visitor.see("reveal-title")).to_have_text("You called it a tie")
    assert [turn["number"] for turn in visitor.battle()["turns"]] == [1, 3]

    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.reach("copy-b", "Shift+Tab")
    keyboard.press("Enter")
    expect(visitor.see("copy-b")).to_contain_text("Copied")
    assert visitor.page.evaluate("navigator.clipboard.readText()") == "The second prompt"
    visitor.reach("edit-prompt")
    keyboard.press("Enter")
    expect(visitor.see("prompt")).to_have_value("The first prompt")
    assert visitor.too_wide() <= 0
    stage.only("late-one", "late-two")
    keyboard.press("Control+End")
    keyboard.type(", edited")
    keyboard.press("Enter")
    expect(visitor.see("asked")).to_have_text("The first prompt, edited")
    for side in "ab":
        expect(visitor.see(f"answer-{side}").get_by_text("thinking")).to_be_visible()
    expect(visitor.see("vote-title")).to_have_text("Vote when both answers are complete.")
    keyboard.press("s")
    visitor.await_state("failed")


def test_answers_are_stopped_on_a_phone(stage: Cast, visit: Visit) -> None:
    stage.only("steady-one", "steady-two")
    visitor = visit(stage.site, **PHONE).open()
    with stage.answers_held():
        visitor.ask("Go on for long.")
        expect(visitor.see("text-a")).to_have_text(re.compile(r"(\w+\W+){4}"), timeout=ANSWER_MS)
        visitor.see("stop").tap()
        visitor.await_state("open")
    texts = visitor.battle()["turns"][0]["answers"]
    assert len(texts["a"]) == len(texts["b"])
    expect(visitor.see("text-a")).to_have_text(texts["a"].strip())
    assert visitor.too_wide() <= 0
    expect(visitor.see("vote-b")).to_be_in_viewport(ratio=1)
    visitor.see("vote-b").tap()
    expect(visitor.see("reveal-title")).to_contain_text("You preferred B")
    stage.only("late-one", "late-two")
    visitor.see("same-prompt").tap()
    expect(visitor.see("asked")).to_have_text("Go on for long.")
    visitor.see("stop").tap()  # before anything is shown
    visitor.await_state("failed")
    expect(visitor.see("failure-detail")).to_have_text("You stopped it before anything was shown.")
    check(visitor)
    stage.only("echo-one", "echo-two")
    visitor.see("try-again").tap()
    visitor.await_state("open")


@pytest.mark.parametrize("width", [320, 390])
def test_the_vote_fits_into_a_narrow_window_with_a_keyboard(
    stage: Cast, visit: Visit, width: int
) -> None:
    """Such as one that is magnified four times."""
    stage.only("echo-one", "echo-two")
    visitor = visit(stage.site, viewport={"width": width, "height": 844}).open()
    visitor.ask("Something short")
    visitor.await_state("open")
    assert visitor.too_wide() <= 0
    for name in ("vote-a", "vote-b", "regenerate"):
        expect(visitor.see(name)).to_be_in_viewport(ratio=1)
    title = visitor.see("vote-title").bounding_box()
    assert title is not None and title["height"] < 50  # one line


def test_a_further_prompt_without_answers_comes_back(stage: Cast, visit: Visit) -> None:
    stage.only("echo-one", "echo-two")
    visitor = visit(stage.site).open()
    visitor.ask("Something to begin with")
    visitor.await_state("open")
    with stage.broken("echo-one", "echo-two"):
        visitor.see("follow-up-prompt").fill("This one fails")
        visitor.see("follow-up-send").click()
        expect(visitor.see("vote-error")).to_contain_text(
            "the further prompt, so it is left out", timeout=ANSWER_MS
        )
        visitor.await_state("open")
        expect(visitor.see("follow-up-prompt")).to_have_value("This one fails")
        expect(visitor.see("asked")).to_have_text("Something to begin with")
        visitor.see("regenerate").click()
        expect(visitor.see("vote-error")).to_contain_text(
            "the earlier ones stand", timeout=ANSWER_MS
        )
    expect(visitor.see("text-a")).to_have_text("Something to begin with")
    visitor.see("vote-a").click()
    expect(visitor.see("standing")).to_contain_text("Your vote counts.")
