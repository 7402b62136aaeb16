"""Every address of the site, the admin's too, with hostile names, queries and bodies: no 500."""

import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.factories import Registered
from tests.members import make_operator

pytestmark = pytest.mark.django_db

TEXTS = ["one", "\0", "9" * 40, "../x", "a" * 300, "'\"<%\u202e😀"]
VALUES = {
    "uuid": ["5f0c5ab5-6be8-4f34-9f3a-30c3f8f3a8b5"],
    "int": ["0", "1", "9" * 30],
    "slug": ["one", "overall", "a" * 300],
    "str": TEXTS,
    "path": [*TEXTS, "1/change", "1/delete"],
}
NAMES = (
    *("q", "before", "after", "cursor", "limit", "days", "board", "style", "window", "fields"),
    *(
        "format",
        "language",
        "topic",
        "model",
        "from",
        "search",
        "state",
        "kind",
        "assignee",
        "next",
    ),
    *("p", "o", "e", "all", "_popup", "_to_field", "id__exact", "id__in", "is_active__exact"),
    *("ordering", "counted", "fragment", "app_label", "model_name", "field_name", "term", "key"),
)
BODIES = [
    ("application/json", '{"prompt": "\\ud800", "outcome": 1e999, "traits": [[{}]], "side": null}'),
    ("application/json", "[" * 3000),
    ("application/json", '{"prompt": {"a": []}, "outcome": [], "attention": "x", "reason": {}}'),
    ("application/x-www-form-urlencoded", "login=%00&action=x&_selected_action=%ff&index=a"),
    ("application/x-www-form-urlencoded", "action=delete_selected&_selected_action=x&index=-5"),
    ("application/x-www-form-urlencoded", "kind=x&case=9e9&decision=-1&days=&reason=%ED%A0%80"),
    ("multipart/form-data; boundary=x", "--x\r\nbroken"),
    ("multipart/form-data", "no boundary"),
    ("text/plain", "\0"),
]


def patterns(resolver: URLResolver, before: str = "") -> Iterator[str]:
    """The routes of all addresses, those of regular expressions with their groups as converters."""
    for each in resolver.url_patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from patterns(each, route)
        elif isinstance(each, URLPattern):
            yield route


def paths() -> list[str]:
    made = []
    for route in patterns(get_resolver()):
        plain = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<str:\1>", route)
        plain = re.sub(r"[\^$\\]|\(\?:|\)|\?", "", plain)
        found = re.findall(r"<(?:(\w+):)?\w+>", plain)
        most = max((len(VALUES.get(kind or "str", TEXTS)) for kind in found), default=1)
        for number in range(most):
            path = plain
            for kind in found:
                values = VALUES.get(kind or "str", TEXTS)
                value = quote(values[number % len(values)], safe="")
                path = re.sub(r"<[^>]+>", value, path, count=1)
            made.append(f"/{path}")
    return made


@pytest.fixture(params=["visitor", "operator"])
def client(request: pytest.FixtureRequest, contestant: Registered) -> Client:
    contestant("one")
    client = Client(raise_request_exception=False)
    if request.param == "operator":
        client.force_login(make_operator())
    return client


def test_there_are_addresses_to_try() -> None:
    tried = paths()
    assert len(tried) > 100
    assert any(path.startswith("/admin/voters/member/") for path in tried)
    assert any(path.startswith("/moderation/") for path in tried)


def test_reading_gives_no_server_error(client: Client) -> None:
    hostile = "&".join(
        f"{name}={quote(TEXTS[number % len(TEXTS)].replace(chr(0), '-'))}"
        for number, name in enumerate(NAMES)
    )
    bad = []
    for path in paths():
        for query in ("", f"?{hostile}", "?q=%00", "?p=x&o=9.-9.x&id__exact=x"):
            if "ticker" in path:
                continue  # it has no end
            status = client.get(path + query).status_code
            if status == 500:
                bad.append(path + query)
    assert not bad, bad[:20]


def test_writing_gives_no_server_error(client: Client) -> None:
    bad = []
    for path in paths():
        if "logout" in path or "ticker" in path:
            continue
        for number, (kind, body) in enumerate(BODIES):
            method = "PUT" if number % 4 == 3 else "POST"
            status = client.generic(method, path, body, content_type=kind).status_code
            if status == 500:
                bad.append((method, path, body[:60]))
    assert not bad, bad[:20]
