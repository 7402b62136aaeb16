"""From an attack on the running site to a decision, an appeal, and the exact earlier figures."""

import json
import os
import subprocess
import sys
from typing import Any

from playwright.sync_api import Page, expect

from arena.embedded.supervisor import ROOT, Site
from arena.voters.identity import COOKIE
from tests.e2e.accessibility import check
from tests.e2e.conftest import Cast, Visit, Visitor
from tests.openai_server import OpenAIServer
from tests.speed import seconds, wait_until
from tests.visitor import Screen
from tests.visitor import Visitor as Program

VOTES = 6
AT_ONCE = 3  # battles of one voter that may be answered at a time
FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"

SETUP = """
import json
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.test import Client
from arena.contestants.catalogue.changes import EndpointSpec, register
from arena.voters.models import Member
from ratings.engine import GRID
from arena.leaderboards.models import Board, PairTotal, Window
from arena.leaderboards.fitting import refit

made = [
    register(slug=slug, name=slug.title(), organisation="The tests", licence="MIT",
        description="For a test.", endpoint=EndpointSpec(base_url={url!r}, model_id=behaviour))
    for slug, behaviour in (("cheered", "echo~cheered"), ("honest", "ok~honest"))
]
board = Board.objects.get(slug="overall")
for window in Window.values:  # thousands of honest voters find the first one much worse
    PairTotal.objects.create(board=board, first=made[0], second=made[1], window=window,
        cells=[0] * 3 * GRID.cells, sums=[0] * GRID.ranges,
        first_wins=360, second_wins=19640, ties=0, revision=20000)
refit(board)
sessions = dict()
for name, role in (("ann", "moderator"), ("bob", "senior moderator")):
    member = Member.objects.create_user(name, name + "@example.org", "a long password")
    member.groups.add(Group.objects.get(name=role))
    Authenticator.objects.create(user=member, type="totp", data=dict())
    client = Client()
    client.force_login(member)
    sessions[name] = client.cookies["sessionid"].value
print(json.dumps(sessions))
"""


def set_up(site: Site, url: str) -> dict[str, str]:
    """Two contestants that honest voters tell apart, and the sessions of two moderators."""
    command = [sys.executable, "manage.py", "shell", "-v", "0", "-c", SETUP.format(url=url)]
    env = {**os.environ, **site.environment()}
    done = subprocess.run(
        command, cwd=ROOT, env=env, check=True, timeout=seconds(240), capture_output=True, text=True
    )
    sessions: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return sessions


def rig(program: Program) -> None:
    """Vote for the contestant that repeats the prompt, wherever it stands."""
    battles: list[tuple[dict[str, Any], str]] = []
    while len(battles) < VOTES:
        asked = []
        for number in range(len(battles), len(battles) + AT_ONCE):
            prompt = f"What comes to your mind of number {number}?"
            reply = program.post("/api/v1/battles", {"prompt": prompt, "consent": "1"})
            assert reply.status == 201, reply.body
            asked.append((prompt, reply.json()))
        for prompt, battle in asked:
            with Screen(program, battle) as screen:
                screen.until_open(90)
            battles.append((battle, "a" if screen.text["a"].strip() == prompt else "b"))
    for battle, side in battles:
        assert program.vote(battle, side).status == 201


def look(visitor: Visitor) -> None:
    """The page is accessible, and fits a phone."""
    check(visitor)
    visitor.page.set_viewport_size({"width": 390, "height": 844})
    visitor.page.wait_for_function(FITS)
    visitor.page.set_viewport_size({"width": 1280, "height": 720})


def look_at_form(visitor: Visitor) -> None:
    """The form to decide by is in view wherever the page is scrolled to, and leaves it room."""
    page, dock = visitor.page, visitor.see("dock")
    for width, height in ((390, 844), (1280, 720)):
        page.set_viewport_size({"width": width, "height": height})
        for place in (0, 0.5, 1):
            page.evaluate(f"scrollTo(0, {place} * document.documentElement.scrollHeight)")
            expect(dock).to_be_in_viewport(ratio=1)
        box = dock.bounding_box()
        assert box is not None
        assert box["height"] < height / 3


def open_case(page: Page, path: str) -> None:
    """With keys alone: search for the contestant, and open the case that there is."""
    page.goto(path)
    page.keyboard.press("/")
    page.keyboard.type("Cheered")
    page.keyboard.press("Enter")
    page.wait_for_url("**search=Cheered*")
    expect(page.locator("[data-row]")).to_have_count(1)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator('[data-test="sentence"]')).to_contain_text("Votes for Cheered more often")
    expect(page.locator(".plot canvas")).to_have_count(3)  # its scripts have run: keys are heard


def decide(page: Page, key: str, reason: str) -> None:
    page.keyboard.press(key)
    expect(page.locator("#confirm textarea").first).to_be_focused()
    page.keyboard.type(reason)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".notices")).to_contain_text("within a minute")


def test_an_attack_is_decided_appealed_and_reversed_to_the_exact_figures(
    stage: Cast, visit: Visit, openai_server: OpenAIServer
) -> None:
    site = stage.site
    stage.only()
    sessions = set_up(site, openai_server.url)
    program = Program(site.url)

    def figures() -> Any:
        rows = program.get("/api/v1/boards/overall/leaderboard").json()["rows"]
        return [row | {"elo": None} for row in rows]  # the live ticker takes nothing back

    def entered(cookie: str, value: str) -> Visitor:
        visitor = visit(site)
        visitor.context.add_cookies([{"name": cookie, "value": value, "url": site.url}])
        return visitor

    ann, bob = (entered("sessionid", session) for session in sessions.values())
    ann.open("moderation/?kind=preference&state=all&model=cheered")
    expect(ann.page.locator("#live")).to_have_attribute("data-state", "on")
    expect(ann.page.locator("[data-row]")).to_have_count(0)
    # Caches may show the board of a moment ago.
    wait_until(lambda: {row["contestant"] for row in figures()} >= {"cheered", "honest"})
    clean = figures()
    rig(program)
    # The queue is live: the case comes by itself.
    expect(ann.page.locator("[data-row]")).to_have_count(1, timeout=1000 * seconds(120))
    wait_until(lambda: figures() == clean)  # the votes are held

    page = ann.page
    open_case(page, f"{site.url}moderation/?kind=preference")
    look(ann)
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    look_at_form(ann)
    page.keyboard.press("c")
    expect(page.locator("#claim")).to_contain_text("Return to queue")
    look(ann)
    look_at_form(ann)
    decide(page, "d", "It looks like taste.")
    expect(page.locator(".notices")).to_contain_text("That was the last case of this queue.")
    wait_until(lambda: figures() != clean)
    rigged = figures()
    open_case(page, f"{site.url}moderation/?kind=preference&state=snoozed")
    page.keyboard.press("c")
    expect(page.locator("#claim")).to_contain_text("Return to queue")
    decide(page, "e", "On a second look it does not.")
    wait_until(lambda: figures() == clean)

    own = entered(COOKIE, program.cookies[COOKIE]).open("account/decisions/")
    expect(own.see("standings")).to_contain_text(f"{VOTES} are excluded")
    own.page.locator("textarea").focus()
    own.page.keyboard.type("It repeats me so well.")
    own.page.keyboard.press("Tab")
    own.page.keyboard.press("Enter")
    expect(own.page.locator(".notices")).to_contain_text("Another moderator")

    page = bob.page
    bob.open("moderation/?state=all&kind=preference")
    for key in ("f", "Tab", "Escape", "g", "Tab"):
        page.keyboard.press(key)
    page.keyboard.type("Tastes")
    page.keyboard.press("Enter")
    expect(bob.see("saved")).to_contain_text("Tastes")
    for key, title in {"2": "Audit log", "3": "Quality check", "1": "Queue"}.items():
        page.keyboard.press(key)
        expect(page.locator("h1")).to_have_text(title)
    look(bob)
    page.keyboard.press("5")  # the saved filter
    expect(page.locator("[data-row]")).to_have_count(1)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(bob.see("sentence")).to_be_visible()
    expect(page.locator(".plot canvas")).to_have_count(3)  # keys are heard
    page.keyboard.press("v")
    expect(bob.see("cases")).to_contain_text("Cheered")
    look(bob)

    open_case(page, f"{site.url}moderation/?kind=preference&state=appealed")
    expect(bob.see("appeal")).to_contain_text("It repeats me so well.")
    page.keyboard.press("c")
    expect(page.locator("#claim")).to_contain_text("Return to queue")
    look_at_form(bob)
    page.keyboard.press("a")
    page.keyboard.type("A plausible taste.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".notices")).to_contain_text("Appeal granted. The leaderboards change")
    wait_until(lambda: figures() == rigged)
    own.page.reload()
    expect(own.see("answer")).to_contain_text("granted")
