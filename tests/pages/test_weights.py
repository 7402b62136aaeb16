"""The page that explains how votes are weighed: strangers find it, and it says what holds."""

import re
from dataclasses import astuple

import pytest
from django.test import Client

from arena.battles.models import VoteWeight
from arena.integrity.statistics.weights.vote_weights import (
    BOUNDS,
    LEAST,
    MANY,
    SEEKS,
    SOME,
    WITNESSED,
    Group,
)
from tests.pages.boards import text

pytestmark = pytest.mark.django_db


def test_about_verification_and_the_api_link_the_rule(client: Client) -> None:
    for path in ("/about/", "/verify/"):
        assert 'href="/about/weights/"' in text(client, path)
    methodology = client.get("/api/v1/methodology").json()
    assert methodology["weights"] == "http://testserver/about/weights/"
    assert methodology["integrity"]["influence_classes"] == [1, 5, 20]


def test_the_page_has_the_constants_in_force(client: Client) -> None:
    page = text(client, "/about/weights/")
    rows = re.findall(
        r'<tr><th scope="row">([^<]+)</th>((?:<td class="number">[\d.]+</td>)+)</tr>', page
    )
    shown = {name: tuple(map(float, re.findall(r">([\d.]+)<", cells))) for name, cells in rows}
    expected = {str(group.label): astuple(BOUNDS[Group[group.name]]) for group in VoteWeight.Group}
    expected |= {
        f"{group.label}; voters with more than {MANY} votes": astuple(bound)
        for group in VoteWeight.Group
        if (bound := WITNESSED.get(Group[group.name]))
    }
    assert {name.replace("&#x27;", "'"): row for name, row in shown.items()} == expected
    for constant in (SOME, MANY, SEEKS, LEAST):
        assert f" {constant}" in page
    assert "last 14 days" in page


def test_every_link_of_the_page_leads_somewhere(client: Client) -> None:
    page = text(client, "/about/weights/").split('data-test="weights"')[1].split("</article>")[0]
    links = set(re.findall(r'href="([^"#]+)', page))
    assert len(links) == 5
    for link in links:
        assert client.get(link).status_code == 200
