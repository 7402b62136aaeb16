"""Verification hands a reader the commands that verify the site."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import PHONE, Cast, Visit


@pytest.mark.parametrize("context", [{}, PHONE], ids=["desktop", "phone"])
def test_the_commands_are_copied_at_a_press(
    stage: Cast, visit: Visit, context: dict[str, object]
) -> None:
    visitor = visit(stage.site, **context).open("verify/")
    visitor.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    commands = visitor.page.locator(".copied-text").filter(has=visitor.see("verify"))
    commands.get_by_role("button", name="Copy").click()
    expect(commands.get_by_role("button")).to_have_text("Copied")
    copied = visitor.page.evaluate("navigator.clipboard.readText()").splitlines()
    assert [line.split()[0] for line in copied] == ["pip", "blind-arena-ratings"]
    assert visitor.too_wide() <= 0
