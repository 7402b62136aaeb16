"""What a guest did stays theirs when they sign up or log in, and nobody votes twice."""

import json
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.test import Client

from arena.asgi import application
from arena.battles.models import Battle, Vote
from arena.voters.identity import COOKIE
from arena.voters.models import Voter
from tests.speed import seconds
from tests.voters.battles import finish, vote
from tests.voters.conftest import Person

ANN = "ann@example.org"

pytestmark = pytest.mark.usefixtures("contestants")


def with_cookie_of(person: Person) -> Client:
    """Another browser with a copy of the guest's cookie."""
    thief = Client()
    thief.cookies[COOKIE] = person.client.cookies[COOKIE].value
    return thief


def test_a_guest_who_signs_up_stays_the_same_voter(person: Person) -> None:
    battle = person.open_battle()
    copied = with_cookie_of(person)
    assert copied.get(battle["url"]).status_code == 200
    person.sign_up(ANN)
    assert person.sees(battle)
    assert Voter.objects.get().member is not None
    assert copied.get(battle["url"]).status_code == 404  # the account opens it, the cookie not
    person.log_out()
    assert not person.sees(battle)
    other = person.open_battle()
    assert person.sees(other)
    assert Voter.objects.count() == 2


def test_a_guest_who_logs_in_later_is_joined_to_the_members_voter(
    person: Person, stranger: Person
) -> None:
    person.sign_up(ANN)
    own = person.open_battle()
    before = stranger.open_battle()
    finish(before)
    assert vote(stranger, before) == 201
    running = stranger.open_battle()
    stranger.log_in(ANN)
    assert all(stranger.sees(battle) and person.sees(battle) for battle in (own, before, running))
    finish(running)
    assert vote(person, running, "b") == 201
    assert vote(stranger, running, "b") == 200
    assert vote(stranger, running, "a") == 409
    assert vote(person, before, "b") == 409
    member, guest = Voter.objects.get(member__isnull=False), Voter.objects.get(member=None)
    assert guest.merged_into == member
    assert set(Vote.objects.values_list("voter", flat=True)) == {guest.pk}
    assert stranger.open_battle()["id"] in map(str, member.battles.values_list("pk", flat=True))


def test_someone_elses_battles_stay_theirs(person: Person, stranger: Person) -> None:
    person.sign_up(ANN)
    stranger.sign_up("eve@example.org")
    battle = person.open_battle()
    finish(battle)
    assert not stranger.sees(battle)
    assert vote(stranger, battle) == 404
    assert Battle.objects.get().state == Battle.State.OPEN


def test_an_erased_voters_cookie_is_nobody(person: Person) -> None:
    battle = person.open_battle()
    Voter.objects.update(erased_at="2026-01-01T00:00:00Z")
    assert not person.sees(battle)


async def first_frame(client: Client, battle: dict[str, Any]) -> dict[str, Any]:
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    scope = {
        "type": "websocket",
        "path": battle["socket"],
        "query_string": b"",
        "subprotocols": [],
        "headers": [
            (b"cookie", cookies.encode()),
            (b"origin", b"http://testserver"),
            (b"host", b"testserver"),
        ],
    }
    socket = ApplicationCommunicator(application, scope)
    await socket.send_input({"type": "websocket.connect"})
    assert (await socket.receive_output(timeout=seconds(30)))["type"] == "websocket.accept"
    output: dict[str, Any] = await socket.receive_output(timeout=seconds(30))
    await socket.send_input({"type": "websocket.disconnect", "code": 1000})
    await socket.wait(timeout=seconds(30))
    return output


@pytest.mark.django_db(transaction=True)
def test_the_socket_knows_the_member(person: Person) -> None:
    battle = person.open_battle()
    copied = with_cookie_of(person)
    person.sign_up(ANN)
    shown = async_to_sync(first_frame)(person.client, battle)
    assert json.loads(shown["text"])["type"] == "snapshot"
    assert async_to_sync(first_frame)(copied, battle)["code"] == 4404
