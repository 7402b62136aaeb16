"""The main job, with the real small models: prompt, answers, vote, names, leaderboard."""

import re

from playwright.sync_api import expect

from tests.e2e.conftest import ANSWER_MS, PHONE, SHORT, Cast, Visit, Visitor

NAMES = {
    "SmolLM2 135M Instruct",
    "SmolLM2 135M Instruct, cut short",
    "SmolLM2 135M Instruct, overheated",
    "Gemma 3 270M (base model)",
}


def words(visitor: Visitor, side: str) -> list[str]:
    return visitor.see(f"text-{side}").inner_text().split()


def expect_nobody_named(visitor: Visitor) -> None:
    html = visitor.page.content()
    assert [name for name in NAMES if name in html] == []
    expect(visitor.see("name-a")).to_have_text("")
    expect(visitor.see("name-b")).to_have_text("")


def test_from_the_prompt_to_the_live_leaderboard(models: Cast, visit: Visit) -> None:
    models.only(*SHORT)
    visitor = visit(models.site).open()
    board = visitor.context.new_page()
    board.goto(f"{models.site.url}leaderboard/")
    expect(board.locator('[data-test="live"]')).to_have_attribute("data-state", "on")
    board.evaluate("window.notReloaded = true")
    before = models.counted_votes()

    visitor.ask("What is the capital of France?")
    expect(visitor.see("asked")).to_have_text("What is the capital of France?")
    expect_nobody_named(visitor)
    visitor.await_state("open")
    expect_nobody_named(visitor)
    assert words(visitor, "a") and words(visitor, "b")
    expect(visitor.see("reveal")).to_be_hidden()

    visitor.see("vote-a").click()
    expect(visitor.see("reveal-title")).to_be_focused()
    shown = visitor.battle()
    expect(visitor.see("name-a")).to_contain_text(shown["contestants"]["a"]["name"])
    expect(visitor.see("name-b")).to_contain_text(shown["contestants"]["b"]["name"])
    assert {shown["contestants"][side]["name"] for side in "ab"} < NAMES
    expect(visitor.see("reveal-title")).to_contain_text(shown["contestants"]["a"]["name"])
    expect(visitor.see("standing")).to_contain_text("Your vote counts.")

    expect(board.locator('[data-test="board-votes"]')).to_have_text(str(before + 1))
    for side in "ab":
        row = board.locator(f'[data-slug="{shown["contestants"][side]["slug"]}"]')
        expect(row).to_contain_text(shown["contestants"][side]["name"])
    assert board.evaluate("window.notReloaded") is True

    visitor.see("reveal-leaderboard").click()
    expect(visitor.page).to_have_url(re.compile("/leaderboard/$"))
    expect(visitor.see("board-votes")).to_have_text(str(before + 1))


def test_the_whole_way_by_keyboard(models: Cast, visit: Visit) -> None:
    models.only(*SHORT)
    visitor = visit(models.site).open()
    page = visitor.page
    expect(visitor.see("prompt")).to_be_focused()
    page.keyboard.type("Name one fruit.")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("Only one.")
    page.keyboard.press("Enter")
    visitor.await_state("open")
    expect(visitor.see("asked")).to_have_text("Name one fruit.\nOnly one.")
    page.keyboard.press("2")
    expect(visitor.see("reveal-title")).to_be_focused()
    assert visitor.battle()["vote"]["outcome"] == "b"

    visitor.reach("new-battle")
    expect(visitor.see("new-battle")).to_be_focused()
    page.keyboard.press("Enter")
    expect(visitor.see("prompt")).to_be_focused()
    page.keyboard.type("Name one colour.")
    page.keyboard.press("Enter")
    visitor.await_state("open")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.locator('[data-test="vote-tie"]:focus').count():
            break
    page.keyboard.press("Space")
    expect(visitor.see("reveal-title")).to_have_text("You called it a tie")


def test_the_whole_way_on_a_phone(models: Cast, visit: Visit) -> None:
    models.only(*SHORT)
    visitor = visit(models.site, **PHONE).open()
    assert visitor.too_wide() <= 0
    visitor.see("prompt").tap()
    visitor.page.keyboard.type("Name one fruit.")
    visitor.see("send").tap()
    visitor.await_state("open")
    assert visitor.too_wide() <= 0
    expect(visitor.see("answer-a").locator(".jump")).to_be_visible()  # one above the other
    expect(visitor.see("vote-both-bad")).to_be_in_viewport(ratio=1)
    visitor.see("vote-both-bad").tap()
    expect(visitor.see("reveal-title")).to_have_text("You found both bad")
    expect(visitor.see("new-battle")).to_be_in_viewport(ratio=1)
    assert visitor.too_wide() <= 0
    visitor.see("reveal-leaderboard").tap()
    expect(visitor.see("leaderboard")).to_be_visible()
    assert visitor.too_wide() <= 0


def test_a_reload_in_the_middle_takes_the_answers_up(stage: Cast, visit: Visit) -> None:
    stage.only("steady-one", "steady-two")
    visitor = visit(stage.site).open()
    with stage.answers_held():
        visitor.ask("Go on for a while.")
        expect(visitor.see("text-a")).to_have_text(re.compile(r"(\w+\W+){8}"), timeout=ANSWER_MS)
        expect(visitor.see("battle")).to_have_attribute("data-state", "generating")
        seen = {side: words(visitor, side)[:-3] for side in "ab"}

        visitor.page.reload()
        for side in "ab":
            expect(visitor.see(f"text-{side}")).to_contain_text(" ".join(seen[side][:2]))
            assert words(visitor, side)[: len(seen[side])] == seen[side]
