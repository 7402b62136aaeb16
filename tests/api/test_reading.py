"""What everybody may read: cheaply, in part, from any page, and about the arena itself."""

import gzip
import itertools
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from arena.contestants.models import Contestant
from arena.leaderboards.fitting import refit
from arena.leaderboards.models import Board
from arena.leaderboards.publishing import publish
from arena.voters.models import Voter
from tests.api.boards import API, get
from tests.exports.casting import cast
from tests.factories import count_votes

pytestmark = pytest.mark.django_db

LEADERBOARD = f"{API}/boards/overall/leaderboard"


def one_more(rated: list[Contestant]) -> None:
    """A further vote on the overall board."""
    count_votes(["overall"], rated[0], rated[1], "a")


def test_an_unchanged_board_is_not_sent_again(client: Client, rated: list[Contestant]) -> None:
    first = client.get(LEADERBOARD)
    assert first.headers["Cache-Control"] == "public, max-age=5"
    for asked in (
        {"If-None-Match": first.headers["ETag"]},
        {"If-Modified-Since": first.headers["Last-Modified"]},
    ):
        again = client.get(LEADERBOARD, headers=asked)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["Access-Control-Allow-Origin"] == "*"
    one_more(rated)
    refit(Board.objects.get(slug="overall"))
    assert client.get(LEADERBOARD, headers=asked | {"If-None-Match": first["ETag"]}).json()


def test_it_is_compressed_and_open_to_every_page(client: Client, rated: list[Contestant]) -> None:
    plain = client.get(LEADERBOARD)
    for accepted in ("gzip", "gzip, deflate, br, zstd"):
        packed = client.get(LEADERBOARD, headers={"Accept-Encoding": accepted})
        assert gzip.decompress(packed.content) == plain.content
        assert len(packed.content) < len(plain.content) / 2
        assert int(packed.headers["Content-Length"]) == len(packed.content)
        assert "Accept-Encoding" in packed.headers["Vary"]
        assert "Cookie" not in packed.headers["Vary"]
        known = {"Accept-Encoding": accepted, "If-None-Match": packed.headers["ETag"]}
        assert client.get(LEADERBOARD, headers=known).status_code == 304
    asked = client.options(LEADERBOARD, headers={"Origin": "https://elsewhere.example"})
    assert asked.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" not in asked.headers["Access-Control-Allow-Methods"]
    assert "Access-Control-Allow-Origin" not in client.get(f"{API}/battles").headers


def test_fields_filters_and_order(client: Client, rated: list[Contestant]) -> None:
    rows = get(client, "/boards/overall/leaderboard?fields=contestant,rating")["rows"]
    assert {tuple(row) for row in rows} == {("contestant", "rating")}
    Contestant.objects.filter(slug="model-2").update(
        state="retired", state_reason="Its maker asked for it.", organisation="Another"
    )
    listed = get(client, "/contestants?fields=slug&ordering=-slug")
    assert listed == [{"slug": f"model-{number}"} for number in (3, 2, 1, 0)]
    [retired] = get(client, "/contestants?state=retired")
    assert retired["slug"] == "model-2"
    change, entry = retired["state_changes"]
    assert (entry["before"], entry["state"]) == ("draft", "active")
    assert (change["before"], change["state"]) == ("active", "retired")
    assert change["reason"] == "Its maker asked for it."
    assert get(client, "/contestants?organisation=Another&licence=None") == []
    for query in ("contestants?fields=secret", "contestants?state=lost"):
        refused = client.get(f"{API}/{query}")
        assert refused.status_code == 400
        assert refused.headers["Content-Type"] == "application/problem+json"


def test_the_matrix_has_every_pair(client: Client, rated: list[Contestant]) -> None:
    pairs = get(client, "/boards/overall/matrix?window=30d")["pairs"]
    assert len(pairs) == 6
    assert pairs[0] == {
        "first": "model-0",
        "second": "model-1",
        "first_wins": 2,
        "second_wins": 1,
        "ties": 1,
        "both_bad": 0,
        "share": 0.625,
    }
    assert get(client, "/boards/mathematics/matrix")["pairs"] == []


def test_the_arena_says_how_it_is(client: Client, rated: list[Contestant]) -> None:
    voter, now = Voter.objects.create(), datetime.now(UTC)
    for standing in ("counted", "counted", "held", "excluded"):
        cast(voter, (rated[0], rated[1]), at=now, standing=standing)
    status = get(client, "/status")
    assert status["today"] == {"votes": 4, "counted": 2, "held": 1, "excluded": 1}
    assert status["held_share"] == 0.25
    assert status["last_entry"] == 8
    constants = get(client, "/methodology")
    assert constants["rating"]["scale"] == 400
    assert constants["style"]["names"] == ["tokens", "headers", "lists", "bold"]
    assert constants["windows"] == {"30d": 30}
    assert constants["version"] == constants["changes"][0]["version"]


def pages(client: Client, address: str, key: str) -> list[list[Any]]:
    """The entries of a list, page by page along its `next` addresses."""
    found = []
    while address:
        page = client.get(address).json()
        found.append(page[key])
        address = page["next"]
    return found


def test_long_lists_come_in_pages(client: Client, rated: list[Contestant]) -> None:
    overall = Board.objects.get(slug="overall")
    for _ in range(4):
        one_more(rated)
        publish(overall)
    listed = pages(client, f"{API}/boards/overall/snapshots?limit=2", "results")
    assert [len(page) for page in listed] == [2, 2, 1]
    heads = list(itertools.chain(*listed))
    assert [head["chain_entry"] for head in heads] == [12, 11, 10, 9, 1]
    document = get(client, f"/snapshots/{heads[-1]['id']}")
    assert (document["proof"]["number"], document["board"]) == (1, "overall")
    points = pages(client, f"{API}/contestants/model-0/history?limit=3", "points")
    assert [len(page) for page in points] == [3, 2]
    times = [point["published_at"] for page in points[::-1] for point in page]
    assert times == sorted(times) == [head["published_at"] for head in heads[::-1]]
    numbers = [
        entry["number"]
        for page in pages(client, f"{API}/chain?limit=5", "entries")
        for entry in page
    ]
    assert numbers == list(range(1, 13))
    for query in ("limit=0", "limit=1001", "cursor=x", "cursor=-1", "cursor=9" + 19 * "0"):
        refused = client.get(f"{API}/boards/overall/snapshots?{query}")
        assert refused.status_code == 400
    assert client.get(f"{API}/snapshots/{10**30}").status_code == 404


def test_the_interactive_pages_need_no_inline_script(client: Client) -> None:
    page = client.get(f"{API}/docs").content.decode()
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", page, re.DOTALL)
    assert scripts
    assert all("src=" in attributes and not text.strip() for attributes, text in scripts)
    assert "https://" not in " ".join(attributes for attributes, _ in scripts)
    assert "SwaggerUIBundle" in client.get(f"{API}/docs?script=").content.decode()
