"""Pages of what is one's own, of a member with thirty battles and with ten thousand."""

import time
from statistics import median

import pytest
from django.core.cache import caches
from django.urls import reverse

from arena.battles.reading.history import LEAST_VOTES
from arena.voters.models import Member
from tests.bench.conftest import Report
from tests.factories import Registered
from tests.pages.own import MANY, Reader, fill

pytestmark = pytest.mark.django_db

PAGES = (
    "pages:account_data",  # the floor: a page of a member that shows no battle
    "pages:account_history",
    "pages:account_leaderboard",
    "pages:battle",
    "pages:conversations",
    "moderation:rulings",
)
ROUNDS = 15


def milliseconds(reader: Reader, name: str) -> float:
    """The median time of a page with nothing cached."""
    path, times = reverse(name, kwargs=reader.values.get(name)), []
    for _ in range(ROUNDS):
        caches["process"].clear()
        begin = time.perf_counter()
        assert reader.client.get(path).status_code == 200
        times.append(1000 * (time.perf_counter() - begin))
    return median(times)


def test_own_pages(member: Member, contestant: Registered, report: Report) -> None:
    fill(member.voter, LEAST_VOTES)  # else there is no leaderboard of one's own
    reader = Reader(member.voter, member)
    few = {name: milliseconds(reader, name) for name in PAGES}
    fill(member.voter, MANY)
    many = {name: milliseconds(reader, name) for name in PAGES}
    report(
        f"Pages of one's own, ms, with {LEAST_VOTES} and {MANY:,} battles",
        [
            {
                "page": name,
                "few": round(few[name], 1),
                "many": round(many[name], 1),
                "many/few": round(many[name] / few[name], 2),
                "many/floor": round(many[name] / many[PAGES[0]], 2),
            }
            for name in PAGES
        ],
    )
