"""What axe-core finds in a page."""

from collections.abc import Iterator

from axe_playwright_python.sync_playwright import Axe

from tests.e2e.conftest import Visitor

SETTLED = """async () => {
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  const changes = document.getAnimations().filter((each) => each instanceof CSSTransition);
  await Promise.allSettled(changes.map((each) => each.finished));
}"""


axe = Axe()


def violations(visitor: Visitor) -> Iterator[str]:
    """What axe-core calls serious or critical, in both colour schemes."""
    for scheme in ("light", "dark"):
        visitor.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        visitor.page.evaluate(SETTLED)  # colours that are still changing have no contrast yet
        results = axe.run(visitor.page)
        for violation in results.response["violations"]:
            if violation["impact"] in {"serious", "critical"}:
                yield f"{scheme}: {results.generate_report(violation['id'])}"


def check(visitor: Visitor) -> None:
    assert "\n".join(violations(visitor)) == ""
