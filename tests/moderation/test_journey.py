"""Keys alone: a moderator excludes a rigger's votes, the voter appeals, another one reverses it."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings
from django.core import signing
from django.test import Client
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from arena.contestants.models import Contestant
from arena.moderation import services
from arena.moderation.models import Appeal, Case, Decision
from arena.moderation.roles import Role
from arena.voters.identity import COOKIE, SALT
from arena.voters.models import Member, Voter
from tests.integrity.conftest import pool  # noqa: F401 - a fixture
from tests.moderation.conftest import Moderator, figures, rig
from tests.moderation.test_cases import standings

Run = Callable[[Callable[[Browser], None]], None]


@pytest.fixture
def run(browser_type_launch_args: dict[str, Any]) -> Iterator[Run]:
    """Runs what is done in a browser in a thread of its own, for Playwright's event loop would
    keep this one from the database."""
    with ThreadPoolExecutor(1) as thread:
        playwright = thread.submit(lambda: sync_playwright().start()).result()
        browser = thread.submit(playwright.chromium.launch, **browser_type_launch_args).result()
        yield lambda act: thread.submit(act, browser).result()
        thread.submit(browser.close).result()
        thread.submit(playwright.stop).result()


def page_of(browser: Browser, server: LiveServer, cookie: str, value: str) -> Page:
    context = browser.new_context(base_url=server.url)
    context.add_cookies([{"name": cookie, "value": value, "url": server.url}])
    return context.new_page()


def session_of(member: Member) -> str:
    client = Client()
    client.force_login(member)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def decide(page: Page, key: str, reason: str) -> None:
    page.keyboard.press(key)
    expect(page.locator("#confirm textarea").first).to_be_focused()
    page.keyboard.type(reason)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".notices")).to_contain_text("within a minute")


def open_first(page: Page, path: str) -> None:
    page.goto(path)
    expect(page.locator("[data-row]")).to_have_count(1)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator('[data-test="sentence"]')).to_contain_text("Votes for Poor")


@pytest.mark.django_db(transaction=True)
def test_from_an_attack_to_a_granted_appeal(
    live_server: LiveServer,
    run: Run,
    pool: list[Contestant],  # noqa: F811
    voter: Voter,
    moderator: Moderator,
) -> None:
    clean = figures()
    case = rig(pool, voter)
    sessions = [session_of(moderator("ann")), session_of(moderator("bob", Role.SENIOR))]
    pages: dict[str, Page] = {}

    def dismissed(browser: Browser) -> None:
        for name, session in zip(("ann", "bob"), sessions, strict=True):
            pages[name] = page_of(browser, live_server, settings.SESSION_COOKIE_NAME, session)
        own = signing.dumps(str(voter.pk), salt=SALT)
        pages["voter"] = page_of(browser, live_server, COOKIE, own)
        page = pages["ann"]
        open_first(page, "/moderation/")
        page.keyboard.press("?")
        expect(page.locator("#keys")).to_be_visible()
        page.keyboard.press("Escape")
        page.keyboard.press("c")
        expect(page.locator("#claim")).to_contain_text("Give back")
        decide(page, "d", "Looks like taste.")

    run(dismissed)
    services.apply_decision(Decision.objects.latest("pk").pk)
    rigged = figures()
    assert rigged != clean
    assert standings(voter) == {"counted": 16}

    run(lambda browser: decide(pages["ann"], "e", "On a second look it does not."))
    services.apply_decision(Decision.objects.latest("pk").pk)
    assert figures() == clean
    assert standings(voter) == {"excluded": 16}

    def appealed(browser: Browser) -> None:
        page = pages["voter"]
        page.goto("/mine/decisions/")
        expect(page.locator('[data-test="standings"]')).to_contain_text("16 are excluded")
        page.locator("textarea").focus()
        page.keyboard.type("It is the best for poetry.")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator(".notices")).to_contain_text("Another moderator")
        page = pages["bob"]
        open_first(page, "/moderation/?state=appealed")
        expect(page.locator('[data-test="appeal"]')).to_contain_text("poetry")
        page.keyboard.press("a")
        page.keyboard.type("A plausible taste.")
        page.keyboard.press("Control+Enter")
        expect(page.locator(".notices")).to_contain_text("Answered")

    run(appealed)
    services.apply_decision(Appeal.objects.get().answer.pk)
    assert figures() == rigged
    assert standings(voter) == {"counted": 16}
    assert Case.objects.get(pk=case.pk).state == "snoozed"

    def told(browser: Browser) -> None:
        pages["voter"].reload()
        expect(pages["voter"].locator('[data-test="answer"]')).to_contain_text("granted")

    run(told)
