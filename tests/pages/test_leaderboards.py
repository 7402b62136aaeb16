"""Leaderboard and contestant pages as a visitor sees them."""

import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from arena.contestants.models import Contestant
from arena.leaderboards.fitting import refit_changed
from arena.leaderboards.models import Board
from arena.leaderboards.publishing import publish
from tests.factories import Registered, count_votes
from tests.pages.boards import text

pytestmark = pytest.mark.django_db


def test_the_prompt_box_says_how_many_votes_count(
    client: Client, pair: tuple[Contestant, Contestant]
) -> None:
    assert "8 votes so far" in text(client, "/")


def test_every_board_with_votes_can_be_chosen(
    client: Client, pair: tuple[Contestant, Contestant]
) -> None:
    page = text(client, "/leaderboard/code/?style=controlled&window=30d")
    assert [
        re.search(rf'href="/leaderboard/{slug}/[^"]*"( aria-current="page")?>{name}</a>', page)
        is not None
        for slug, name in (("overall", "Overall"), ("code", "Code"), ("lang-de", "German"))
    ] == [True] * 3
    assert "/leaderboard/mathematics/" not in page
    assert '<a href="?style=plain&amp;window=30d">As voted</a>' in page
    assert 'data-socket="/ws/boards/code/?style=controlled&amp;window=30d"' in page
    assert "same length and formatting" in page
    assert 'data-test="style-effects"' in page


def test_the_board_explains_itself_in_plain_words(
    client: Client, pair: tuple[Contestant, Contestant]
) -> None:
    page = text(client, "/leaderboard/")
    assert "Without <strong>3</strong> votes (37.5% of all), Bert would stand above Anna." in page
    assert page.count("best of 2 entries, expected to gain") == 1
    assert page.count("one of 2 entries") == 1
    assert "Elo ticker" in page
    assert "depends on the order of the votes" in page


@pytest.mark.parametrize("query", ["?style=fancy", "?window=7d"])
def test_a_leaderboard_that_does_not_exist_is_not_found(
    client: Client, pair: tuple[Contestant, Contestant], query: str
) -> None:
    assert client.get(f"/leaderboard/{query}").status_code == 404


def test_a_contestant_shows_its_history_and_how_often_it_is_drawn(
    client: Client, pair: tuple[Contestant, Contestant]
) -> None:
    overall = Board.objects.get(slug="overall")
    assert 'data-test="history"' not in text(client, "/contestants/anna/")
    for _ in range(3):
        publish(overall)
        count_votes(["overall"], *pair, "a")
    page = text(client, "/contestants/anna/")
    # snapshots, a day, its registration, its entry into the draw
    assert page.count("<time datetime=") == 3 + 1 + 1 + 1
    assert "chart-bar" in page
    assert re.search('data-test="sampled-days".*>11</td><td class="number">100.0%</td>', page)
    assert "chart-line" in page
    assert "Next battle</dt><dd>100%" in page
    assert page.count("1 of 2") == 3  # its rank on each board


def test_pages_take_a_fixed_number_of_queries(
    client: Client,
    pair: tuple[Contestant, Contestant],
    contestant: Registered,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(5):
        count_votes(
            ["overall", "mathematics", f"lang-x{number}"], pair[0], contestant(f"c{number}"), "a b"
        )
    refit_changed(seconds=60)
    publish(Board.objects.get(slug="overall"))
    for path, most in (
        ("/leaderboard/", 8),
        ("/leaderboard/code/?style=controlled&window=30d&fragment=rows", 7),
        ("/contestants/anna/", 10),
    ):
        with django_assert_max_num_queries(most):
            text(client, path)
