"""Never more is admitted than the limit, a refusal takes nothing, and who it was is not kept."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from django.test import Client
from pytest_django import Settings

from arena.battles.models import Battle
from arena.voters.origin import network
from arena.voters.throttling import limits
from arena.voters.throttling.limits import Action, RateLimited, Visitor, consume, give_back, peek
from arena.voters.throttling.price import DAY, MONTH, Allowance, Count, Newcomers, usual_of
from tests.arena_settings import ChangeSettings
from tests.factories import OpenBattle, Registered
from tests.servers import redis_url
from tests.speed import seconds
from tests.traffic import counted_traffic

HERE = "198.51.100.0/24"
NOW = 1_800_000_000_000  # milliseconds


@pytest.fixture
def rates(arena_settings: ChangeSettings) -> ChangeSettings:
    """Nothing is limited; gives what changes that."""
    arena_settings(rate_open={}, rate_vote={}, rate_report={}, rate_enter={})
    return arena_settings


def visitor() -> Visitor:
    return Visitor(uuid.uuid4(), HERE)


def newcomer(place: str = HERE) -> Visitor:
    return Visitor(None, place, is_newcomer=True)


def admitted(someone: Visitor, times: int, *, at: int | None = None) -> int:
    count = 0
    for _ in range(times):
        try:
            consume(Action.OPEN, someone, at=at)
            count += 1
        except RateLimited:
            pass
    return count


@pytest.mark.parametrize("scope", ["voter", "network", "site"])
def test_each_bucket_limits(rates: ChangeSettings, scope: str) -> None:
    rates(rate_open={scope: (3, 600)})
    someone = visitor()
    assert admitted(someone, 5) == 3
    left = {
        "voter": visitor(),
        "network": Visitor(None, "203.0.113.0/24"),
        "site": None,
    }[scope]
    if left:
        consume(Action.OPEN, left)
    consume(Action.VOTE, someone)


def test_a_refusal_says_when_to_come_back_and_it_is_true(rates: ChangeSettings) -> None:
    rates(rate_open={"voter": (2, 60)})
    someone = visitor()
    now = 1_900_000_000_000
    assert admitted(someone, 2, at=now) == 2
    with pytest.raises(RateLimited, match="Please come back in 30 seconds") as refusal:
        consume(Action.OPEN, someone, at=now)
    assert refusal.value.budget.wait == 30
    assert admitted(someone, 2, at=now + 29_999) == 0
    assert admitted(someone, 2, at=now + 30_000) == 1
    assert peek(Action.OPEN, someone, at=now + 90_000).quotas[0].remaining == 2


def test_nothing_is_taken_from_any_bucket_if_one_refuses(rates: ChangeSettings) -> None:
    rates(rate_open={"voter": (1, 600), "network": (10, 600), "site": (20, 600)})
    someone = visitor()
    assert admitted(someone, 5) == 1
    left = {quota.scope: quota.remaining for quota in peek(Action.OPEN, someone).quotas}
    assert left == {"voter": 0, "network": 9, "site": 19}


def test_looking_takes_nothing(rates: ChangeSettings) -> None:
    rates(rate_open={"voter": (1, 600)})
    someone = visitor()
    assert peek(Action.OPEN, someone) == peek(Action.OPEN, someone)
    assert admitted(someone, 1) == 1
    assert peek(Action.OPEN, someone).wait > 500


RACER = """
import json, sys, uuid
import django
django.setup()
from arena.voters.throttling.limits import Action, RateLimited, Visitor, consume
print("ready", flush=True)
sys.stdin.readline()
admitted = 0
for number in range(200):
    try:
        consume(Action.OPEN, Visitor(uuid.UUID(int=number % 2), "198.51.100.0/24"))
        admitted += 1
    except RateLimited:
        pass
print(json.dumps(admitted))
"""


def test_a_race_of_processes_never_gets_more_than_the_limit(rates: ChangeSettings) -> None:
    """The voters' buckets would admit 120, the network's only 75."""
    command = [sys.executable, "-c", RACER]
    env = {**os.environ, "ARENA_RATE_OPEN": "60/86400 75/86400 1000/86400"}
    racers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)
        for _ in range(4)
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    counts = [json.loads(racer.communicate(timeout=seconds(120))[0]) for racer in racers]
    assert sum(counts) == 75
    assert sum(count > 0 for count in counts) >= 2


def test_neither_address_nor_network_is_in_redis(rates: ChangeSettings) -> None:
    rates(rate_open={"network": (5, 600)})
    consume(Action.OPEN, visitor())
    consume(Action.OPEN, newcomer())
    with redis.Redis.from_url(redis_url()) as client:
        kept = {key: client.get(key) for key in client.scan_iter()}
    assert len(kept) == 6  # the bucket, four counts and the day's key
    assert "198.51" not in str(kept)


def test_a_network_has_another_name_under_another_key() -> None:
    name = network.pseudonym(HERE)
    assert name == network.pseudonym(HERE) != network.pseudonym("203.0.113.0/24")
    with redis.Redis.from_url(redis_url()) as client:
        client.flushdb()
    assert network.pseudonym(HERE) != name


@pytest.fixture
def no_redis(settings: Settings, tmp_path: Path) -> Iterator[None]:
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"
    network.connection.cache_clear()
    yield
    network.connection.cache_clear()


def test_without_redis_battles_and_votes_go_on_and_log_ins_wait(no_redis: None) -> None:
    assert consume(Action.OPEN, visitor()) == limits.Budget((), 0)
    assert consume(Action.VOTE, visitor()) == limits.Budget((), 0)
    with pytest.raises(RateLimited, match="cannot be counted at the moment"):
        consume(Action.ENTER, visitor())


@pytest.mark.parametrize(
    ("hops", "forwarded", "expected"),
    [
        (0, "203.0.113.9", "192.0.2.0/24"),
        (1, "203.0.113.9", "203.0.113.0/24"),
        (1, "10.1.2.3, 203.0.113.9", "203.0.113.0/24"),  # what stands before is the caller's word
        (2, "10.1.2.3, 203.0.113.9, 198.51.100.7", "203.0.113.0/24"),
        (2, "203.0.113.9", "192.0.2.0/24"),  # it did not come through both proxies
        (1, "not an address", None),
        (1, "", "192.0.2.0/24"),
        (1, "203.0.113.9:4711", "203.0.113.0/24"),
        (1, "[2001:db8:1:2::3]:443", "2001:db8:1::/48"),
        (1, "2001:db8:1:2::3", "2001:db8:1::/48"),
        (1, "::ffff:203.0.113.9", "203.0.113.0/24"),
    ],
)
def test_the_network_cannot_be_forged(
    arena_settings: ChangeSettings, hops: int, forwarded: str, expected: str | None
) -> None:
    arena_settings(trusted_proxies=hops)
    meta = {"REMOTE_ADDR": "192.0.2.1", "HTTP_X_FORWARDED_FOR": forwarded}
    assert network.network_of(meta) == expected


def post(client: Client, path: str, body: object) -> Any:
    return client.post(f"/api/v1/{path}", body, content_type="application/json")


@pytest.mark.django_db
def test_the_api_says_what_is_left_and_when_to_come_back(
    rates: ChangeSettings, contestant: Registered, client: Client
) -> None:
    rates(rate_open={"voter": (1, 600), "network": (9, 900), "site": (30, 60)})
    contestant("one"), contestant("two")
    opened = post(client, "battles", {"prompt": "First?"})  # no voter yet, so no bucket of theirs
    assert opened.status_code == 201
    assert opened.headers["RateLimit-Policy"] == '"network";q=9;w=900, "site";q=30;w=60'
    assert opened.headers["RateLimit"] == '"network";r=8;t=100, "site";r=29;t=2'
    assert post(client, "battles", {"prompt": "Second?"}).status_code == 201
    refused = post(client, "battles", {"prompt": "Third?"})
    assert refused.status_code == 429
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert 540 < int(refused.headers["Retry-After"]) <= 600
    assert refused.headers["RateLimit"].startswith('"voter";r=0;t=')
    problem = refused.json()
    assert problem["type"] == "urn:blind-arena:rate-limited"
    assert problem["retry_after"] == int(refused.headers["Retry-After"])
    assert "Please come back in 10 minutes." in problem["detail"]
    assert Battle.objects.count() == 2


@pytest.mark.django_db
def test_a_bad_prompt_costs_nothing(
    rates: ChangeSettings, contestant: Registered, client: Client
) -> None:
    rates(rate_open={"network": (1, 600)})
    contestant("one"), contestant("two")
    for _ in range(3):
        assert post(client, "battles", {"prompt": " "}).status_code == 400
    assert post(client, "battles", {"prompt": "Why?"}).status_code == 201


@pytest.mark.django_db
def test_votes_are_limited_too(
    rates: ChangeSettings, open_battle: OpenBattle, client: Client
) -> None:
    from django.http import HttpResponse

    from arena.voters.identity import remember

    rates(rate_vote={"voter": (1, 600)})
    battle = open_battle()
    response = HttpResponse()
    remember(response, battle.voter)
    client.cookies.update(response.cookies)
    path = f"battles/{battle.pk}/vote"
    assert post(client, path, {"outcome": "a"}).status_code == 201
    assert post(client, path, {"outcome": "a"}).status_code == 429


# ---- counts of newcomers ----


def counted(place: str, *, at: float) -> Newcomers:
    return peek(Action.OPEN, newcomer(place), at=int(at)).newcomers


def test_newcomers_are_counted_by_network_provider_and_site_as_the_price_says(
    rates: ChangeSettings,
) -> None:
    begin = 1_900_000_000_000
    hours = [0.0, 0.5, 3.0, 20.0, 20.1, 47.0]
    day, month = Count(0, 0, 0), Count(0, 0, 0)
    for hour in hours:
        at = hour * 3600
        before = counted(HERE, at=begin + 1000 * at)
        assert before.network == before.provider == before.site
        assert before.network == pytest.approx(day.after(at, DAY), abs=1e-3)
        assert before.usual == pytest.approx(usual_of(month, at), abs=1e-3)
        consume(Action.OPEN, newcomer(), at=int(begin + 1000 * at))
        day, month = day.one_more(at, DAY), month.one_more(at, MONTH)

    now = begin + 47 * 3_600_000
    neighbour = counted("198.51.200.0/24", at=now)  # of the same provider
    assert neighbour.network == 0
    assert neighbour.provider == pytest.approx(day.number, abs=1e-3)
    stranger = counted("203.0.113.0/24", at=now)
    assert (stranger.network, stranger.provider) == (0, 0)
    assert stranger.site == pytest.approx(day.number, abs=1e-3)


def test_only_newcomers_from_elsewhere_are_counted(
    rates: ChangeSettings, arena_settings: ChangeSettings
) -> None:
    now = 1_900_000_000_000
    consume(Action.OPEN, visitor(), at=now)
    for local in ("127.0.0.0/24", "192.168.7.0/24", "::/48", "fd00:1:2::/48"):
        consume(Action.OPEN, newcomer(local), at=now)
    arena_settings(newcomers=None)
    consume(Action.OPEN, newcomer(), at=now)
    arena_settings(newcomers=Allowance())
    assert counted(HERE, at=now) == Newcomers()


def test_a_refused_battle_is_not_counted(rates: ChangeSettings) -> None:
    rates(rate_open={"network": (2, 86_400)})
    now = 1_900_000_000_000
    assert admitted(newcomer(), 5, at=now) == 2
    assert counted(HERE, at=now).network == 2


def test_the_count_of_a_network_outlives_its_name(
    rates: ChangeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name of a network changes at midnight, and yesterday's is not kept beside today's."""
    evening = datetime(2030, 3, 1, 23, 59, tzinfo=UTC)
    monkeypatch.setattr("arena.voters.origin.network.timezone.now", lambda: evening)
    for _ in range(40):
        consume(Action.OPEN, newcomer(), at=int(1000 * evening.timestamp()))
    name = network.pseudonym(HERE)

    morning = evening + timedelta(minutes=10)
    monkeypatch.setattr("arena.voters.origin.network.timezone.now", lambda: morning)
    assert network.pseudonym(HERE) != name
    now = int(1000 * morning.timestamp())
    assert counted(HERE, at=now).network == pytest.approx(40, abs=0.5)
    consume(Action.OPEN, newcomer(), at=now)
    assert counted(HERE, at=now).network == pytest.approx(41, abs=0.5)
    with redis.Redis.from_url(redis_url()) as client:
        assert not client.exists(f"newcomers:{name}")


def test_counting_newcomers_takes_no_round_trip_more(rates: ChangeSettings) -> None:
    rates(rate_open={"voter": (60, 600), "network": (600, 600), "site": (6_000, 600)})
    for someone in (visitor(), newcomer()):
        with counted_traffic() as traffic:
            consume(Action.OPEN, someone)
        assert len(traffic.round_trips) == 2, traffic


def test_what_is_given_back_leaves_nothing_counted(rates: ChangeSettings) -> None:
    rates(rate_open={"voter": (60, 600), "network": (600, 600), "site": (6_000, 600)})
    before = peek(Action.OPEN, newcomer(), at=NOW)
    consume(Action.OPEN, newcomer(), at=NOW)
    assert peek(Action.OPEN, newcomer(), at=NOW) != before
    give_back(Action.OPEN, newcomer(), at=NOW)
    assert peek(Action.OPEN, newcomer(), at=NOW) == before


def test_each_of_those_who_come_at_once_sees_those_before(rates: ChangeSettings) -> None:
    """A thousand requests at the same moment do not all see a quiet network."""
    rates(rate_open={"network": (600, 600)})
    with ThreadPoolExecutor(8) as pool:
        budgets = list(pool.map(lambda _: consume(Action.OPEN, newcomer(), at=NOW), range(24)))
    assert sorted(budget.newcomers.network for budget in budgets) == list(range(24))
