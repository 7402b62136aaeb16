"""axe-core finds nothing serious on any page, in any state of a battle, light and dark."""

import pytest
from playwright.sync_api import expect

from tests.e2e.accessibility import check, violations
from tests.e2e.conftest import PHONE, Cast, Visit

ANSWER = """## Title

Some *text* with `code` and [a link](https://example.org/).

> A quotation.

| Left | Right |
|---|---|
| a | b |

```python
def f(x: int) -> str:  # a comment
    return "text" * 3
```
"""


@pytest.mark.parametrize("context", [{}, PHONE], ids=["desktop", "phone"])
def test_every_state_of_a_battle(stage: Cast, visit: Visit, context: dict[str, object]) -> None:
    stage.only("steady-one", "steady-two")
    visitor = visit(stage.site, **context).open()
    visitor.ask("")
    expect(visitor.see("prompt-error")).to_be_visible()
    check(visitor)
    with stage.answers_held():
        visitor.ask("Go on for a while.")
        expect(visitor.see("text-a")).not_to_have_text("")
        check(visitor)
        expect(visitor.see("battle")).to_have_attribute("data-state", "generating")

    stage.only("echo-one", "echo-two")
    visitor.open().ask(ANSWER)
    visitor.await_state("open")
    check(visitor)
    visitor.see("vote-a").click()
    expect(visitor.see("reveal")).to_be_visible()
    check(visitor)

    stage.only("echo-one", "broken")
    visitor.open().ask("Will this work?")
    visitor.await_state("failed")
    check(visitor)


# Those of modes, conversations, members and moderators are looked at on their journeys.
PAGES = (
    "",
    "leaderboard/",
    "contestants/",
    "contestants/echo-one/",
    "about/",
    "about/weights/",
    "verify/",
    "embed/leaderboard/",
    "transparency/",
    "account/decisions/",
    "account/password/reset/",
    "no-such-page/",
)


def test_every_page(stage: Cast, visit: Visit) -> None:
    visitor = visit(stage.site, expected="status of 404")
    found = {}
    for path in PAGES:
        visitor.page.set_viewport_size({"width": 1280, "height": 720})
        visitor.open(path)
        found[path] = "\n".join(violations(visitor))
        visitor.page.set_viewport_size({"width": 390, "height": 844})
        if visitor.too_wide() > 0:
            found[path] += "too wide for a phone"
    assert {path: problems for path, problems in found.items() if problems} == {}
