"""What the content security policy would refuse in a page."""

from html.parser import HTMLParser

from django.conf import settings
from django.contrib.staticfiles.finders import find


class _Inline(HTMLParser):
    """Collects what the policy would refuse, and the static files that the page names."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: list[str] = []
        self.static: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        runs = attributes.get("type") != "application/json"
        if tag == "style" or (tag == "script" and "src" not in attributes and runs):
            self.refused.append(tag)
        self.refused += [name for name in attributes if name == "style" or name.startswith("on")]
        address = attributes.get("src") or attributes.get("href") or ""
        if address.startswith(("http:", "https:", "//")):
            self.refused.append(address)
        if address.startswith(settings.STATIC_URL):
            self.static.append(address.removeprefix(settings.STATIC_URL))


def check(html: str) -> None:
    page = _Inline()
    page.feed(html)
    assert page.refused == []
    assert page.static
    assert [name for name in page.static if find(name) is None] == []
    assert "{%" not in html
    assert "{{" not in html
