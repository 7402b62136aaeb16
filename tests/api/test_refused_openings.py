"""A refused opening leaves no row and no cookie, and weakens no rule."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.db import DatabaseError, connection
from django.test import Client
from django.utils import timezone

from arena.battles.models import Battle, IdempotencyKey, Origin
from arena.contestants.models import Contestant
from arena.voters import bans
from arena.voters.identity import COOKIE
from arena.voters.models import Consent, NetworkBan, Voter
from arena.voters.origin.network import DayKeys
from tests.arena_settings import ChangeSettings
from tests.factories import Registered

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS, NETWORK = "203.0.113.7", "203.0.113.0/24"
PROMPT = "Why is the sky blue?"


def send(client: Client, key: str = "a-key", **body: Any) -> Any:
    return client.post(
        "/api/v1/battles",
        {"prompt": PROMPT, **body},
        content_type="application/json",
        headers={"Idempotency-Key": f'"{key}"', "User-Agent": "A browser"},
        REMOTE_ADDR=ADDRESS,
    )


def rows() -> dict[str, int]:
    """How many rows there are of each model that an opening writes."""
    models = [
        *apps.get_app_config("voters").get_models(),
        *apps.get_app_config("battles").get_models(),
    ]
    return {model.__name__: model._default_manager.count() for model in models}


@pytest.fixture(autouse=True)
def site(contestant: Registered, arena_settings: ChangeSettings) -> None:
    contestant("one"), contestant("two")
    arena_settings(consent_version="1")


def no_contestants(change: ChangeSettings) -> None:
    Contestant.objects.filter(slug="one").update(
        state=Contestant.State.RETIRED, state_reason="Old."
    )


def no_rate(change: ChangeSettings) -> None:
    change(rate_open={"network": (1, 600)})
    assert send(Client(), key="before", consent="1").status_code == 201


def costly(change: ChangeSettings) -> None:
    change(rate_open={"network": (4, 600)})  # a quarter used: newcomers are looked at
    assert send(Client(), key="before", consent="1").status_code == 201


def banned(change: ChangeSettings) -> None:
    bans.ban([DayKeys().now(NETWORK)], timezone.now() + timedelta(hours=1), 1)


def nothing(change: ChangeSettings) -> None:
    pass


@pytest.mark.parametrize(
    ("arrange", "body", "status"),
    [
        (nothing, {}, 403),
        (nothing, {"consent": "an older one"}, 403),
        (banned, {"consent": "1"}, 403),
        (costly, {"consent": "1"}, 403),
        (costly, {"consent": "1", "proof": "bm9uZQ=="}, 403),
        (nothing, {"consent": "1", "prompt": "Mail anna.schmidt@web.de"}, 409),
        (nothing, {"consent": "1", "prompt": "\u200b"}, 400),
        (nothing, {"consent": "1", "contestants": ["one", "nobody"]}, 400),
        (no_contestants, {"consent": "1"}, 503),
        (no_rate, {"consent": "1"}, 429),
    ],
)
def test_a_refused_opening_leaves_nothing(
    arrange: Callable[[ChangeSettings], None],
    body: dict[str, Any],
    status: int,
    arena_settings: ChangeSettings,
) -> None:
    arrange(arena_settings)
    before = rows()
    for _ in range(5):
        client = Client()
        response = send(client, **body)
        assert response.status_code == status, response.content
        assert COOKIE not in response.cookies
    assert rows() == before


def test_a_fault_after_the_battle_undoes_the_guest_and_the_origin() -> None:
    """By a trigger, as if the server had died there."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'no'; END $$;"
            "CREATE TRIGGER fail BEFORE INSERT ON battles_answer EXECUTE FUNCTION fail()"
        )
    before = rows()
    client = Client()
    try:
        with pytest.raises(DatabaseError, match="no"):
            send(client, consent="1")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER fail ON battles_answer; DROP FUNCTION fail()")
    assert rows() == before
    assert COOKIE not in client.cookies

    assert send(client, consent="1").status_code == 201
    battle = Battle.objects.get()
    assert (battle.voter, battle) == (Voter.objects.get(), Origin.objects.get().battle)
    assert Consent.objects.get().voter == battle.voter
    assert IdempotencyKey.objects.get().battle == battle


def test_refused_openings_without_a_cookie_are_counted_too(arena_settings: ChangeSettings) -> None:
    arena_settings(rate_open={"site": (3, 600)}, newcomers=None)
    no_contestants(arena_settings)
    codes = [send(Client(), consent="1").status_code for _ in range(4)]
    assert codes == [503, 503, 503, 429]
    assert not Voter.objects.exists()


def test_a_cookie_of_an_unknown_voter_makes_a_new_guest() -> None:
    client = Client()
    assert send(client, consent="1").status_code == 201
    gone = Battle.objects.get().voter_id
    Voter.objects.update(erased_at=timezone.now())
    response = send(client, key="another", consent="1")
    assert response.status_code == 201
    assert COOKIE in response.cookies
    assert Battle.objects.latest("created_at").voter_id != gone


def test_a_ban_follows_a_network_from_day_to_day(arena_settings: ChangeSettings) -> None:
    """The refused requests themselves bring the network's name of the new day into the ban."""
    now = timezone.now()
    bans.ban([DayKeys().now(NETWORK)], now + timedelta(days=10), 1)
    for days in range(1, 4):
        with time_machine.travel(now + timedelta(days=days), tick=True):
            assert send(Client(), consent="1").status_code == 403
    assert NetworkBan.objects.count() == 4
    assert not Voter.objects.exists()
