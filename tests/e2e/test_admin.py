"""An operator adds a contestant in the admin, tests its endpoint, and it is drawn."""

import os
import subprocess
import sys
import time

from playwright.sync_api import expect

from arena.embedded.supervisor import ROOT, Site
from tests.authenticator import totp
from tests.e2e.conftest import Cast, Visit, Visitor
from tests.openai_server import OpenAIServer
from tests.speed import seconds

NAME = "Freshly added"
KEY = "sk-never-shown-again"


def sign_in(visitor: Visitor) -> None:
    """As an operator whose account `make admin` made."""
    password = "a long password for the tests"
    make_admin(visitor.site, "operator", password)
    page = visitor.open("admin/").page
    page.get_by_label("Login").fill("operator")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign In", exact=True).click()
    expect(page.get_by_text("needs an authenticator app or a passkey")).to_be_visible()
    page.goto(f"{visitor.site.url}account/2fa/totp/activate/")
    if "reauthenticate" in page.url:
        page.get_by_label("Password").fill(password)
        page.get_by_label("Password").press("Enter")
    secret = page.locator("#authenticator_secret").input_value()
    page.get_by_label("Authenticator code").fill(totp(secret, time.time()))
    page.get_by_role("button", name="Activate").click()
    page.get_by_role("link", name="Go on to the page you wanted").click()
    expect(page.locator("#site-name")).to_have_text("Blind Arena")


def make_admin(site: Site, name: str, password: str) -> None:
    command = [sys.executable, "manage.py", "createsuperuser", "--noinput"]
    account = {
        "DJANGO_SUPERUSER_USERNAME": name,
        "DJANGO_SUPERUSER_EMAIL": "operator@example.org",
        "DJANGO_SUPERUSER_PASSWORD": password,
    }
    env = {**os.environ, **site.environment(), **account}
    subprocess.run(command, cwd=ROOT, env=env, check=True, timeout=seconds(120))


def test_a_contestant_added_in_the_admin_is_tested_and_drawn(
    stage: Cast, visit: Visit, openai_server: OpenAIServer
) -> None:
    without_v1 = f"  {openai_server.url.removesuffix('/v1')}/ "
    endpoint = {"base_url": without_v1, "model_id": "echo~three", "new_api_key": KEY}
    stage.only("echo-one")
    operator = visit(stage.site)
    sign_in(operator)
    page = operator.page
    page.goto(f"{stage.site.url}admin/contestants/contestant/add/")
    page.get_by_label("Name:", exact=True).press_sequentially(NAME)
    expect(page.get_by_label("Slug:")).to_have_value("freshly-added")
    page.get_by_label("Organisation:").fill("The tests")
    page.get_by_label("Licence:", exact=True).fill("MIT")
    page.get_by_label("Description:").fill("Repeats its prompt.")
    for field, value in endpoint.items():
        page.locator(f'[name="endpoints-0-{field}"]').fill(value)
    page.get_by_role("button", name="Save and test").click()
    expect(page.get_by_text("was added successfully")).to_be_visible()
    expect(page.get_by_text("Nothing answers chats at this address, but")).to_be_visible()
    page.get_by_role("button", name=f"Use {openai_server.url}").click()
    expect(page.get_by_text("It answered.")).to_be_visible()
    assert KEY not in page.content()
    assert openai_server.requests[-1].headers["authorization"] == f"Bearer {KEY}"
    assert NAME not in operator.open("contestants/").page.content()  # a draft

    page.goto(f"{stage.site.url}admin/contestants/contestant/")
    page.get_by_role("link", name=NAME).click()
    page.get_by_label("State:").select_option("active")
    page.get_by_role("button", name="Save and test").click()
    expect(page.get_by_text(f"{NAME} is in the draw now.")).to_be_visible()

    visitor = visit(stage.site).open("contestants/")
    expect(visitor.see("contestant").filter(has_text=NAME)).to_be_visible()
    visitor.open().ask("Are you there?")
    visitor.await_state("open")
    visitor.see("vote-tie").click()
    expect(visitor.see("reveal-title")).to_be_focused()
    names = {visitor.see("name-a").inner_text(), visitor.see("name-b").inner_text()}
    assert any(NAME in name for name in names)
