"""Verification: what is published for checking, and what other sites may show of it."""

import re
from io import BytesIO
from xml.etree import ElementTree

import pytest
from django.test import Client
from PIL import Image
from pytest_django import DjangoAssertNumQueries

from arena.contestants.models import Contestant
from arena.leaderboards.fitting import refit_changed
from arena.leaderboards.models import Board, SigningKey, Snapshot
from arena.leaderboards.publishing import publish
from tests.factories import Registered, count_votes
from tests.pages.boards import text

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def published(pair: tuple[Contestant, Contestant], contestant: Registered) -> Board:
    """A board of three models that was published twice, with another first one."""
    overall = Board.objects.get(slug="overall")
    third = contestant("carla", organisation="Another maker")
    count_votes(["overall"], pair[0], third, "a")
    publish(overall)
    count_votes(["overall"], third, pair[0], "a " * 60)
    count_votes(["overall"], third, pair[1], "a " * 60)
    publish(overall)
    refit_changed(seconds=60)
    return overall


def test_the_record_names_every_model_that_took_a_vote(
    client: Client, published: Board, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    Contestant.objects.filter(slug="carla").update(state="draft", state_reason="Taken back.")
    Contestant.objects.create(slug="secret", name="Secret", description="Never drawn.")
    with django_assert_max_num_queries(20):
        page = text(client, "/verify/")
    assert ">Carla</a>" in page
    assert "<td>withdrawn <time" in page
    assert "Taken back." in page
    assert "Taken back." in text(client, "/contestants/carla/")
    assert client.get("/contestants/secret/").status_code == 404
    assert "1.0 <time" in page
    assert "Secret" not in page
    assert "Another maker" in page
    assert SigningKey.objects.get().key in page
    assert "rating.scale" in page
    assert "blind-arena-ratings verify http://testserver" in page


def test_a_published_board_has_an_address_that_stays(client: Client, published: Board) -> None:
    first, newest = Snapshot.objects.filter(board=published).order_by("pk")
    assert f"/snapshots/{newest.pk}/" in text(client, "/verify/")
    page = text(client, f"/snapshots/{first.pk}/")
    assert f"from {first.votes} votes (As voted, All time)" in page
    assert [row["slug"] for row in first.rows] == re.findall(
        'row"><a href="/contestants/(.*?)/', page
    )
    assert f"/api/v1/snapshots/{first.pk} blind-arena-ratings verify" in page
    assert first.digest in page
    for nothing in (newest.pk + 1, 10**30):
        assert client.get(f"/snapshots/{nothing}/").status_code == 404


def test_a_board_may_be_framed_by_other_sites_and_nothing_else(
    client: Client, published: Board
) -> None:
    framed = client.get("/embed/leaderboard/overall/")
    assert "frame-ancestors *" in framed.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in framed.headers
    assert not framed.cookies
    assert ">Carla</a>" in framed.content.decode()
    page = client.get("/leaderboard/")
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["X-Frame-Options"] == "DENY"
    assert client.get("/embed/leaderboard/nothing/").status_code == 404


def test_a_badge_shows_the_rank(client: Client, published: Board) -> None:
    Contestant.objects.filter(slug="carla").update(name="<Carla & co>")
    badge = client.get("/badge/carla.svg")
    assert badge.headers["Content-Type"] == "image/svg+xml"
    root = ElementTree.fromstring(badge.content)
    assert root.attrib["aria-label"] == "<Carla & co>: rank 1 ± 0 · Blind Arena"
    assert client.get("/badge/nobody.svg").status_code == 404


def test_a_preliminary_model_is_called_so_wherever_its_rank_would_stand(
    client: Client, published: Board, contestant: Registered
) -> None:
    dora, carla = contestant("dora"), Contestant.objects.get(slug="carla")
    count_votes(["overall"], dora, carla, "tie")
    snapshot = publish(published)
    assert snapshot is not None
    root = ElementTree.fromstring(client.get("/badge/dora.svg").content)
    assert root.attrib["aria-label"] == "Dora: preliminary · Blind Arena"
    for address in ("/embed/leaderboard/overall/", f"/snapshots/{snapshot.pk}/"):
        page = text(client, address)
        assert page.count("preliminary") == 1, address
        assert '>Dora</a> <span class="badge">preliminary' in page, address
    assert "preliminary" in text(client, "/contestants/dora/")
    assert "preliminary" not in text(client, "/contestants/carla/")


def test_links_to_boards_and_contestants_have_pictures(client: Client, published: Board) -> None:
    Contestant.objects.filter(slug="bert").update(name="贝特", organisation="中文")
    for path in ("/leaderboard/", "/contestants/carla/", "/contestants/bert/"):
        [address] = re.findall('property="og:image" content="([^"]*)"', text(client, path))
        reply = client.get(address.removeprefix("http://testserver"))
        assert reply.headers["Content-Type"] == "image/png"
        assert "public" in reply.headers["Cache-Control"]
        picture = Image.open(BytesIO(reply.content))
        assert picture.size == (1200, 630)
    assert client.get("/pictures/boards/nothing.png").status_code == 404
    assert client.get("/pictures/contestants/secret.png").status_code == 404


def test_changes_of_rank_are_a_feed(client: Client, published: Board) -> None:
    feed = client.get("/feeds/ranks.atom")
    assert feed.headers["Content-Type"].startswith("application/atom+xml")
    entries = ElementTree.fromstring(feed.content).findall(f"{ATOM}entry")
    titles = [entry.findtext(f"{ATOM}title", "") for entry in entries]
    assert any(title.startswith("Anna falls from rank 1 to ") for title in titles)
    assert len({entry.findtext(f"{ATOM}id") for entry in entries}) == len(entries)


def test_a_board_whose_models_are_all_away_is_still_shown(client: Client, published: Board) -> None:
    Contestant.objects.update(state="retired", state_reason="Old.")
    for path in ("/verify/", "/leaderboard/", "/api/v1/sampling"):
        assert client.get(path).status_code == 200
