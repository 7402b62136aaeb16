"""The pictures of README and docs, of the simulated site: `make demo`, then `make screenshots`.

Every picture carries the site's label that it is simulated. `--all FOLDER` takes each main page
instead, on a desktop and a phone, light and dark, to look through.
"""

import argparse
import io
import shutil
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from arena.workbench.demo.plan import MEMBER, PASSWORD, SENIOR, totp_code

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
PROMPT = "How does a heat pump heat a house when it is cold outside?"
ANSWER_MS = 120_000
COLOURS = 96  # of a picture: enough for flat pages, and small files
WIDTH, HEIGHT = 1280, 760
PHONE = 390, 844
PUBLIC = {
    "arena": "",
    "leaderboard": "leaderboard/",
    "leaderboard-code": "leaderboard/code/",
    "contestants": "contestants/",
    "contestant": "contestants/grove-90b/",
    "verify": "verify/",
    "conversations": "conversations/",
    "transparency": "transparency/",
    "about": "about/",
    "weights": "about/weights/",
}
OWN = {
    "history": "account/battles/",
    "own-leaderboard": "account/leaderboard/",
    "decisions": "account/decisions/",
}
STAFF = {"queue": "moderation/", "quality": "moderation/quality/", "log": "moderation/log/"}


def save(page: Page, path: Path, *, whole: bool = False) -> None:
    """Take a picture, in few colours."""
    picture = Image.open(io.BytesIO(page.screenshot(full_page=whole)))
    few = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(path, "PNG", optimize=True)


def opened(browser: Browser, *, phone: bool = False, dark: bool = False) -> Page:
    width, height = PHONE if phone else (WIDTH, HEIGHT)
    return browser.new_page(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        is_mobile=phone,
    )


def log_in(page: Page, address: str, name: str) -> None:
    """As a member, or as a moderator with the second factor."""
    page.goto(f"{address}account/login/")
    page.fill('[name="login"]', name)
    page.fill('[name="password"]', PASSWORD)
    page.click('main button[type="submit"]')
    if "2fa" in page.url:
        page.fill('[name="code"]', totp_code(time.time()))
        page.click('main button[type="submit"]')
    if "login" in page.url or "2fa" in page.url:
        raise SystemExit(f"{name} could not log in: is this the simulated site?")


def battle(page: Page, address: str) -> None:
    """Both answers are complete, and the vote is open."""
    page.goto(address)
    page.fill('[data-test="prompt"]', PROMPT)
    page.click('[data-test="send"]')
    shown = page.locator('[data-test="battle"]')
    expect(shown).to_have_attribute("data-state", "open", timeout=ANSWER_MS)


def a_case(page: Page, address: str) -> None:
    """The first case of the queue, of those about votes for one model if there are any."""
    cases = page.locator("[data-row] a[data-open]")
    for query in ("?kind=preference", ""):
        page.goto(f"{address}moderation/{query}")
        if cases.count():
            cases.first.click()
            return
    raise SystemExit("No case waits for a moderator: build a larger site.")


def take_for_docs(browser: Browser, address: str, folder: Path) -> None:
    page = opened(browser)
    battle(page, address)
    save(page, folder / "battle.png")
    page.goto(f"{address}leaderboard/")
    expect(page.locator('[data-test="live"]')).to_have_attribute("data-state", "on")
    save(page, folder / "leaderboard.png")
    staff = opened(browser)
    log_in(staff, address, SENIOR)
    staff.goto(f"{address}moderation/")
    save(staff, folder / "queue.png")
    a_case(staff, address)
    save(staff, folder / "case.png")


def take_all(browser: Browser, address: str, folder: Path) -> None:
    """Every main page in four forms, as a visitor, a member and a moderator."""
    for phone in (False, True):
        for dark in (False, True):
            form = f"{'phone' if phone else 'desktop'}-{'dark' if dark else 'light'}"
            page = opened(browser, phone=phone, dark=dark)
            for name, path in PUBLIC.items():
                page.goto(address + path)
                save(page, folder / f"{name}-{form}.png", whole=True)
            page.goto(f"{address}conversations/")
            page.locator('main a[href*="/conversations/"]').first.click()
            save(page, folder / f"conversation-{form}.png", whole=True)
            battle(page, address)
            save(page, folder / f"battle-{form}.png", whole=True)
            log_in(page, address, MEMBER)
            for name, path in OWN.items():
                page.goto(address + path)
                save(page, folder / f"{name}-{form}.png", whole=True)
            staff = opened(browser, phone=phone, dark=dark)
            log_in(staff, address, SENIOR)
            for name, path in STAFF.items():
                staff.goto(address + path)
                save(staff, folder / f"{name}-{form}.png", whole=True)
            a_case(staff, address)
            save(staff, folder / f"case-{form}.png", whole=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address", nargs="?", default="http://localhost:8000/")
    parser.add_argument("--all", type=Path, metavar="FOLDER")
    arguments = parser.parse_args()
    address = arguments.address.rstrip("/") + "/"
    folder = arguments.all or IMAGES
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-quic", "--disable-background-networking"],
        )
        (take_all if arguments.all else take_for_docs)(chromium, address, folder)
        chromium.close()


if __name__ == "__main__":
    main()
