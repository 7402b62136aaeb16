"""A member's whole stay: sign-up, passkey, history, erasure; and a log-in at an OpenID provider."""

import re
import time
from pathlib import Path

from playwright.sync_api import CDPSession, expect

from tests.e2e.accessibility import check
from tests.e2e.conftest import Cast, Visit, Visitor
from tests.speed import wait_until

PASSWORD = "correct horse battery staple"


def mailed_code(visitor: Visitor, address: str) -> str:
    """The code in the newest mail to an address; the embedded site writes mails into its folder."""
    folder: Path = visitor.site.data / "mail"

    def code() -> str:
        for mail in sorted(folder.glob("*"), key=lambda file: file.stat().st_mtime, reverse=True):
            text = mail.read_text()
            found = re.search(r"^([A-Z0-9]{4}-[A-Z0-9]{4})$", text, re.MULTILINE)
            if f"To: {address}" in text and found:
                return found[1]
        return ""

    return wait_until(code)


def virtual_authenticator(visitor: Visitor) -> CDPSession:
    """A device that keeps passkeys, and whose user always agrees."""
    device = visitor.context.new_cdp_session(visitor.page)
    device.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return device


def look(visitor: Visitor) -> None:
    """The page is accessible in both colour schemes, and fits a phone."""
    check(visitor)
    visitor.page.set_viewport_size({"width": 390, "height": 844})
    assert visitor.too_wide() <= 0
    visitor.page.set_viewport_size({"width": 1280, "height": 720})


def test_a_member_from_sign_up_to_erasure(stage: Cast, visit: Visit) -> None:
    stage.only("echo-one", "echo-two")
    visitor = visit(stage.site)
    page, address = visitor.page, f"ann-{time.time_ns()}@example.org"
    visitor.open().ask("Asked as a guest")
    visitor.await_state("open")
    visitor.see("vote-a").click()
    expect(visitor.see("reveal")).to_be_visible()

    page.get_by_role("link", name="Sign in").click()
    look(visitor)
    page.get_by_role("link", name="sign up").click()
    look(visitor)
    page.get_by_label("Email").fill(address)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign Up").click()
    look(visitor)
    page.get_by_label("Code").fill(mailed_code(visitor, address))
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("link", name="Account").click()
    expect(visitor.see("address")).to_have_text(address)
    look(visitor)

    visitor.open("account/keys/")
    look(visitor)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    look(visitor)
    for path in ("2fa/totp/activate/", "password/change/", "email/"):
        visitor.open(f"account/{path}")
        look(visitor)
    device = virtual_authenticator(visitor)
    page.get_by_role("link", name="Second factor").click()
    look(visitor)
    page.get_by_role("link", name="Add").click()
    look(visitor)
    page.get_by_label("Passwordless").check()
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("Security key added")).to_be_visible()
    page.get_by_role("link", name="Sign out").click()
    page.locator("main").get_by_role("button", name="Sign Out").click()
    page.get_by_role("link", name="Sign in").click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("link", name="Account")).to_be_visible()

    page.get_by_role("link", name="Your battles").click()
    expect(visitor.see("own-battle")).to_have_count(1)
    expect(visitor.see("own-battle")).to_contain_text("Asked as a guest")
    expect(visitor.see("standing")).to_contain_text("counted")
    look(visitor)
    page.get_by_role("link", name="Your ratings").click()
    expect(visitor.see("too-few")).to_contain_text("You have cast 1 vote.")
    look(visitor)

    page.get_by_role("link", name="Your data").click()
    look(visitor)
    with page.expect_download() as download:
        visitor.see("export").click()
    assert "Asked as a guest" in Path(download.value.path()).read_text()
    page.get_by_role("link", name="See what is deleted").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    look(visitor)
    page.get_by_label("I understand").check()
    visitor.see("erase").click()
    expect(page.get_by_text("Your data are erased")).to_be_visible()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    device.detach()
