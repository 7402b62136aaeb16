"""Boards with a few votes, and what a page says of them."""

import re
from datetime import UTC, datetime

from django.test import Client

from arena.contestants.models import Contestant
from ratings import services
from ratings.models import Outcome


def vote(slugs: list[str], a: Contestant, b: Contestant, outcomes: str) -> None:
    for outcome in outcomes.split():
        services.count(
            services.boards_named(slugs),
            a.pk,
            b.pk,
            Outcome(outcome),
            day=datetime.now(UTC).date(),
            style=((90, 1, 0, 2), (40, 0, 0, 0)),
        )


def text(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())
