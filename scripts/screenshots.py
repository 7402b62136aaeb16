"""The README's pictures, of a running site: `python scripts/screenshots.py http://localhost:8000/`.

They show one battle, just before its vote, and the leaderboard. The answers are real ones, so look
at the pictures before you commit them.
"""

import argparse
import shutil
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
PROMPT = "Name three planets of the solar system, as a list."
ANSWER_MS = 120_000


def battle(page: Page, prompt: str) -> None:
    """Both answers are complete, and the vote is open."""
    page.fill('[data-test="prompt"]', prompt)
    page.click('[data-test="send"]')
    page.click('[data-test="gate-go"]')  # consent, for this browser is new
    shown = page.locator('[data-test="battle"]')
    expect(shown).to_have_attribute("data-state", "open", timeout=ANSWER_MS)
    page.screenshot(path=IMAGES / "battle.png")


def leaderboard(page: Page, address: str) -> None:
    """The overall board, live."""
    page.goto(f"{address}leaderboard/")
    expect(page.locator('[data-test="live"]')).to_have_attribute("data-state", "on")
    page.screenshot(path=IMAGES / "leaderboard.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address", help="where the site runs, such as http://localhost:8000/")
    parser.add_argument("--prompt", default=PROMPT)
    arguments = parser.parse_args()
    address = arguments.address.rstrip("/") + "/"
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = chromium.new_page(
            viewport={"width": 1280, "height": 720}, color_scheme="light", reduced_motion="reduce"
        )
        page.goto(address)
        battle(page, arguments.prompt)
        leaderboard(page, address)
        chromium.close()


if __name__ == "__main__":
    main()
