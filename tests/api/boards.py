"""Published boards, and how the tests read them from the API."""

from typing import Any

from django.core.cache import caches
from django.test import Client

from arena.contestants.models import Contestant
from arena.leaderboards.boards import boards_named, register_boards
from arena.leaderboards.models import Style, Window
from arena.leaderboards.publishing import publish
from tests.factories import Registered, count_votes

API = "/api/v1"


def publish_boards(contestant: Registered) -> list[Contestant]:
    """Register four contestants with votes on two boards, fitted and published."""
    caches["process"].clear()
    register_boards()
    models = [contestant(f"model-{number}", organisation="One maker") for number in range(4)]
    boards = boards_named(["overall", "code"])
    for place, a in enumerate(models):
        for b in models[place + 1 :]:
            count_votes(["overall", "code"], a, b, "a a b tie")
    for board in boards:
        for style in Style:
            for window in Window:
                publish(board, style, window)
    return models


def get(client: Client, path: str) -> Any:
    response = client.get(f"{API}{path}")
    assert response.status_code == 200, response.content
    return response.json()
