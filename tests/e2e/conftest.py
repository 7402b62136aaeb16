"""Visitors of whole, running sites: real browsers, real workers, and the models asked for."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect

from arena.embedded import catalogue
from arena.embedded.supervisor import Site
from tests.conftest import BROWSER_SECONDS, running_site, write_catalogue
from tests.openai_server import OpenAIServer
from tests.speed import seconds

PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
CONSENT_ASKED = r"status of 403 \(Forbidden\)"  # as the browser notes it
ANSWER_MS = 1000 * seconds(120)  # for two answers of small models
REPORT_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} refuses ${event.blockedURI}`));
"""

MOST_TABS = 60
# Whether the middle of an element, or of the label that stands for it, is not covered.
IN_SIGHT = """(element) => {
  const shown = element.matches(".visually-hidden") ? element.labels[0] : element;
  const { x, y, width, height } = shown.getBoundingClientRect();
  const there = document.elementFromPoint(x + width / 2, y + height / 2);
  return shown.contains(there) || Boolean(there?.contains(shown));
}"""


@dataclass
class Visitor:
    """A visitor with cookies of their own, on the arena's page. Pages must not log errors."""

    site: Site
    context: BrowserContext
    page: Page
    errors: list[str] = field(default_factory=list)
    expected: str = r"(?!)"  # a pattern of errors that the test provokes
    agrees: bool = True  # at once, when asked for consent

    def __post_init__(self) -> None:
        if self.agrees:
            self.page.add_locator_handler(
                self.page.get_by_role("dialog", name="Before your first battle"),
                lambda _: self.see("gate-go").click(),
            )
        self.context.on("weberror", lambda error: self._note(error.error.message))
        self.context.on("console", self._heard)

    def _heard(self, line: ConsoleMessage) -> None:
        if line.type == "error":
            self._note(line.text)

    def _note(self, error: str) -> None:
        if not re.search(f"{self.expected}|{CONSENT_ASKED}", error):
            self.errors.append(error)

    def open(self, path: str = "") -> "Visitor":
        self.page.goto(f"{self.site.url}{path}")
        return self

    def see(self, name: str) -> Locator:
        """The element with that name for tests."""
        return self.page.locator(f'[data-test="{name}"]')

    def ask(self, prompt: str) -> None:
        self.see("prompt").fill(prompt)
        self.see("send").click()

    def reach(self, target: str | Locator, key: str = "Tab") -> None:
        """Move the focus there by the keyboard alone, where it must be seen."""
        aim = self.see(target) if isinstance(target, str) else target
        for _ in range(MOST_TABS):
            if aim.evaluate("(element) => element === document.activeElement"):
                assert aim.evaluate(IN_SIGHT), f"Something lies over {aim}."
                return
            self.page.keyboard.press(key)
        raise AssertionError(f"The keyboard does not lead to {aim}.")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def await_state(self, *states: str) -> None:
        """Wait until the battle on the page is in one of these states."""
        expect(self.see("battle")).to_have_attribute(
            "data-state", re.compile(f"^({'|'.join(states)})$"), timeout=ANSWER_MS
        )

    def battle(self) -> dict[str, Any]:
        """The battle on the page, as the API gives it to this visitor."""
        battle_id = re.search(r"/battles/([0-9a-f-]{36})/", self.page.url)
        assert battle_id is not None, self.page.url
        answer = self.context.request.get(f"{self.site.url}api/v1/battles/{battle_id[1]}")
        shown: dict[str, Any] = answer.json()
        return shown

    def too_wide(self) -> int:
        """By how many pixels the page is wider than the window."""
        pixels: int = self.page.evaluate(
            "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return pixels


Visit = Callable[..., Visitor]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Opens a browser: `visit(site, expected=pattern of errors, agrees=to be asked, **context)`."""
    visitors: list[Visitor] = []

    def arrive(
        site: Site, *, expected: str = r"(?!)", agrees: bool = True, **context: Any
    ) -> Visitor:
        own = browser.new_context(**context)
        own.set_default_timeout(1000 * seconds(BROWSER_SECONDS))
        own.add_init_script(REPORT_VIOLATIONS)
        visitor = Visitor(site, own, own.new_page(), expected=expected, agrees=agrees)
        visitors.append(visitor)
        return visitor

    yield arrive
    for visitor in visitors:
        visitor.context.close()
    assert [error for visitor in visitors for error in visitor.errors] == []


SHORT = ("gemma-3-270m-base", "smollm2-135m-cut-short")
"""Real models whose answers are short."""


class Cast:
    """Who competes on a site."""

    def __init__(self, site: Site, server: OpenAIServer) -> None:
        self.site = site
        self._server = server

    @contextmanager
    def answers_held(self) -> Iterator[None]:
        """Meanwhile the steady ones write a part of their answers, and no more."""
        self._server.held_after = 40  # of 100 words
        try:
            yield
        finally:
            self._server.held_after = None

    def only(self, *slugs: str) -> None:
        """Only these can be drawn, also if probes failed; all others are retired for now."""
        with psycopg.connect(self.site.postgres.url("arena")) as database:
            database.execute(
                "UPDATE contestants_endpointhealth SET state = 'closed', failures = 0,"
                " probe_at = NULL"
            )
            database.execute(
                "UPDATE contestants_contestant SET state_reason = 'For a test.', state ="
                " CASE WHEN slug = ANY(%s) THEN 'active' ELSE 'retired' END",
                [list(slugs)],
            )

    @contextmanager
    def broken(self, *slugs: str) -> Iterator[None]:
        """Meanwhile the endpoints of these refuse every request."""
        of_these = " WHERE id IN (SELECT endpoint.id FROM contestants_endpoint AS endpoint"
        of_these += " JOIN contestants_contestant AS contestant ON contestant.id = contestant_id"
        of_these += " WHERE contestant.slug = ANY(%s))"
        with psycopg.connect(self.site.postgres.url("arena"), autocommit=True) as database:
            table = "contestants_endpoint"
            named = database.execute(f"SELECT model_id, id FROM {table}{of_these}", [list(slugs)])
            kept = named.fetchall()
            change = f"UPDATE {table} SET model_id = %s WHERE id = %s"
            for _, pk in kept:
                database.execute(change, ["bad-request", pk])
            yield
            for model_id, pk in kept:
                database.execute(change, [model_id, pk])

    def counted_votes(self) -> int:
        """How many votes count, whether the boards show them already or not."""
        with psycopg.connect(self.site.postgres.url("arena")) as database:
            found = database.execute(
                "SELECT count(*) FROM battles_vote WHERE id NOT IN"
                " (SELECT vote_id FROM battles_votestanding WHERE standing <> 'counted')"
            ).fetchone()
        assert found is not None
        return int(found[0])


@pytest.fixture(scope="session")
def _site(openai_server: OpenAIServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    file = tmp_path_factory.mktemp("stage") / "catalogue.json"
    behaviours = {
        "echo-one": "echo~one",
        "echo-two": "echo~two",
        "steady-one": "paced~one",
        "steady-two": "paced~two",
        "late-one": "late~one",
        "late-two": "late~two",
        "broken": "error-500",
        "filtered": "filtered",
    }
    write_catalogue(file, openai_server.url, behaviours)
    file.write_text(json.dumps(catalogue.read(catalogue.DEFAULT) + catalogue.read(file)))
    with running_site(file, ARENA_TRUSTED_PROXIES="1") as site:
        yield site


@pytest.fixture
def stage(_site: Site, openai_server: OpenAIServer) -> Cast:
    """A site whose contestants answer as the test server does: echoes, slow, not at all.

    The real models are there as well, but a test says by `only` who competes.
    """
    return Cast(_site, openai_server)


@pytest.fixture
def models(stage: Cast) -> Cast:
    """The same site, on which only the real models compete."""
    stage.only(*(entry["slug"] for entry in catalogue.read(catalogue.DEFAULT)))
    return stage
