"""Boards in REST v1: leaderboards, snapshots, histories and sampling rates."""

import itertools

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from arena.contestants.models import Contestant
from tests.api.boards import API, get
from tests.factories import Registered

pytestmark = pytest.mark.django_db


def test_boards_appear_with_their_votes(client: Client, rated: list[Contestant]) -> None:
    listed = get(client, "/boards")
    assert [(board["slug"], board["group"]) for board in listed] == [
        ("overall", "general"),
        ("code", "topic"),
    ]


def test_a_leaderboard_in_each_style_and_window(client: Client, rated: list[Contestant]) -> None:
    for style, window in itertools.product(["plain", "controlled"], ["all", "30d"]):
        board = get(client, f"/boards/code/leaderboard?style={style}&window={window}")
        assert (board["style"], board["window"], board["votes"]) == (style, window, 24)
        assert (board["since"] is None) == (window == "all")
        first = board["rows"][0]
        assert first["lower"] < first["rating"] < first["upper"]
        assert 0 < first["probability_best"] <= 1
        assert board["multiplicity"][0]["entries"] == 4
        assert board["fragility"]["votes"] >= 1
        if style == "plain":
            assert first["contestant"] == "model-0"
            assert first["tie_rating"] is not None
            assert board["style_effects"] == []
        else:
            assert first["tie_rating"] is None
            assert board["style_effects"][0]["name"] == "tokens"


@pytest.mark.parametrize(
    "path", ["/boards/overall/leaderboard", "/boards/overall/snapshot", "/contestants/one/history"]
)
def test_a_bad_query_is_a_clear_problem(client: Client, contestant: Registered, path: str) -> None:
    contestant("one")
    for query, pointer in (
        ("style=fancy", "#/style"),
        ("window=7d", "#/window"),
        ("window=%00", "#/window"),
        ("style=plain&window=ALL", "#/window"),
    ):
        response = client.get(f"{API}{path}?{query}")
        assert response.status_code == 400
        assert response.headers["Content-Type"] == "application/problem+json"
        assert response.json()["errors"][0]["pointer"] == pointer


def test_what_is_not_there_is_a_problem_too(client: Client, rated: list[Contestant]) -> None:
    for path, status in (
        ("/boards/nothing/leaderboard", 404),
        ("/boards/mathematics/snapshot", 404),
        ("/contestants/nobody/history", 404),
        ("/contestants/model-0/history?board=nothing", 400),
        ("/contestants/model-0/history?board=%00", 400),
    ):
        response = client.get(f"{API}{path}")
        assert response.status_code == status
        assert response.headers["Content-Type"] == "application/problem+json"


def test_a_board_without_votes_is_empty(client: Client, rated: list[Contestant]) -> None:
    board = get(client, "/boards/mathematics/leaderboard")
    assert (board["rows"], board["votes"], board["fragility"]) == ([], 0, None)


def test_snapshot_history_and_sampling(client: Client, rated: list[Contestant]) -> None:
    document = get(client, "/boards/code/snapshot?style=controlled")
    assert document["format"] == "blind-arena-snapshot/1"
    assert document["grid"]["names"] == ["tokens", "headers", "lists", "bold"]
    assert len(document["counts"]) == 6
    history = get(client, "/contestants/model-3/history?board=code&window=30d")
    assert [point["votes"] for point in history["points"]] == [12]
    assert history["sampled_days"][0]["share"] == 0.5
    rates = get(client, "/sampling")
    assert sum(rate["now"] for rate in rates) == pytest.approx(2)
    assert {rate["recent"] for rate in rates} == {0.5}


def test_reading_takes_a_fixed_number_of_queries(
    client: Client, rated: list[Contestant], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for path, most in (
        ("/boards", 1),
        ("/boards/overall/leaderboard?style=controlled", 4),
        ("/boards/overall/snapshot", 2),
        ("/contestants/model-0/history", 4),
        ("/sampling", 4),
    ):
        with django_assert_max_num_queries(most):
            get(client, path)
