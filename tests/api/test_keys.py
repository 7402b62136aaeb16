"""Programs of members call with keys: scoped, revocable, and apart from what people vote."""

import re
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from pytest_django import Settings

from arena.api.keys import services
from arena.api.models import ApiKey, Scope
from arena.battles.models import Battle, VoteStanding
from arena.battles.opening import open_battle
from arena.leaderboards.models import PairTotal
from arena.voters.models import Member, Voter
from tests.api.callers import assert_problem
from tests.arena_settings import ChangeSettings
from tests.factories import Registered, answer_all

pytestmark = pytest.mark.django_db

API = "/api/v1"


@pytest.fixture
def member(contestant: Registered) -> Member:
    contestant("one"), contestant("two")
    made = Member.objects.create_user("ann", "ann@example.org", "secret")
    Voter.objects.create(member=made)
    return made


class Program:
    """Calls with a key, without cookies."""

    def __init__(self, key: str) -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.headers = {"Authorization": f"Bearer {key}"}

    def get(self, path: str) -> Any:
        return self.client.get(API + path, headers=self.headers)

    def post(self, path: str, body: object = None) -> Any:
        return self.client.post(
            API + path, body or {}, content_type="application/json", headers=self.headers
        )


def program_of(member: Member, *scopes: Scope) -> Program:
    return Program(services.make_key(member, "A program", scopes)[1])


def test_a_program_battles_and_votes_and_no_board_counts_it(member: Member) -> None:
    program = program_of(member, Scope.BATTLE)
    battle = program.post("/battles", {"prompt": "Why is the sky blue?"}).json()
    assert battle["contestants"] is None
    answer_all(Battle.objects.get(pk=battle["id"]), "Text {side}")
    voted = program.post(f"/battles/{battle['id']}/vote", {"outcome": "a"})
    assert voted.status_code == 201
    vote = voted.json()["vote"]
    assert (vote["standing"], "program" in vote["reason"]) == ("excluded", True)
    assert {c["slug"] for c in voted.json()["contestants"].values()} == {"one", "two"}
    assert not PairTotal.objects.exists()
    status = program.get("/status").json()
    assert (status["program_votes"], status["today"]["votes"]) == (1, 0)
    assert Battle.objects.get().voter.member == member
    # Whoever decides otherwise cannot make it count.
    standing = VoteStanding.objects.get()
    assert standing.code == VoteStanding.Code.PROGRAM
    with pytest.raises(IntegrityError, match="never counts"), transaction.atomic():
        VoteStanding.objects.create(vote=standing.vote, standing="counted", reason="A mistake.")


def test_a_key_opens_what_it_is_for_and_nothing_of_a_page(member: Member) -> None:
    reader, player = program_of(member, Scope.READ), program_of(member, Scope.BATTLE)
    assert_problem(reader.post("/battles", {"prompt": "Why?"}), 403)
    from_the_page = open_battle(Voter.objects.get(), "Why?")
    assert_problem(player.get(f"/battles/{from_the_page.pk}"), 404)
    assert_problem(player.post(f"/battles/{from_the_page.pk}/vote", {"outcome": "a"}), 404)
    other = Member.objects.create_user("bob")
    Voter.objects.create(member=other)
    own = player.post("/battles", {"prompt": "Why?"}).json()
    assert_problem(program_of(other, Scope.BATTLE).get(f"/battles/{own['id']}"), 404)


def test_only_a_key_in_force_is_taken(member: Member) -> None:
    key, text = services.make_key(member, "A program", [Scope.BATTLE])
    assert Program(text).get("/status").status_code == 200
    for wrong in ("", "arena_wrong", text + "x", "\0", "é"):
        refused = Program(wrong).get("/status")
        assert_problem(refused, 401)
        assert refused.headers["WWW-Authenticate"] == "Bearer"
    assert text not in str(ApiKey.objects.filter(pk=key.pk).values())
    Member.objects.update(is_active=False)
    assert_problem(Program(text).get("/status"), 401)
    Member.objects.update(is_active=True)
    assert services.revoke(member, key.pk)
    assert not services.revoke(member, key.pk)
    assert_problem(Program(text).post("/battles", {"prompt": "Why?"}), 401)


def test_a_key_reads_more_often(
    member: Member, arena_settings: ChangeSettings, settings: Settings
) -> None:
    arena_settings(
        rate_read={"network": (2, 60), "site": (100, 60)},
        rate_read_by_key={"voter": (5, 60), "site": (100, 60)},
    )
    reader, player = program_of(member, Scope.READ), program_of(member, Scope.BATTLE)
    guest = Client()
    first = guest.get(f"{API}/boards")
    assert first.headers["RateLimit-Policy"] == '"network";q=2;w=60, "site";q=100;w=60'
    assert first.headers["RateLimit"].startswith('"network";r=1;')
    assert player.get("/boards").status_code == 200  # not a key to read with: as the network
    refused = guest.get(f"{API}/boards")
    assert assert_problem(refused, 429)["type"] == "urn:blind-arena:rate-limited"
    assert int(refused.headers["Retry-After"]) > 0
    assert refused.headers["Access-Control-Allow-Origin"] == "*"
    answers = [reader.get("/boards") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert answers[0].headers["RateLimit"].startswith('"voter";r=4;')


def test_a_member_makes_and_revokes_keys_on_a_page(member: Member) -> None:
    browser = Client()
    assert "/account/login/" in browser.get("/account/keys/").headers["Location"]
    browser.post("/account/login/", {"login": "ann", "password": "secret"})
    browser.force_login(member)
    assert "reauthenticate" in browser.get("/account/keys/").headers["Location"]
    browser.post("/account/reauthenticate/", {"password": "secret"})
    assert "This field is required" in _page(browser.post("/account/keys/", {"name": "No scope"}))
    page = _page(browser.post("/account/keys/", {"name": "<My notebook>", "scopes": ["read"]}))
    found = re.search(r'data-test="key">(arena_[^<]+)<', page)
    assert found is not None
    assert Program(found[1]).get("/status").status_code == 200
    listed = _page(browser.get("/account/keys/"))
    assert "&lt;My notebook&gt;" in listed
    assert found[1][:12] in listed
    assert found[1] not in listed
    assert "Last used at" in listed
    key = ApiKey.objects.get()
    stranger = Client()
    stranger.force_login(Member.objects.create_user("bob"))
    assert stranger.post(f"/account/keys/{key.pk}/revoke/").status_code == 404
    assert "Revoked on" in _page(browser.post(f"/account/keys/{key.pk}/revoke/", follow=True))
    assert Program(found[1]).get("/status").status_code == 401
    for number in range(services.MOST):
        services.make_key(member, f"Key {number}", [Scope.READ])
    refused = _page(browser.post("/account/keys/", {"name": "One more", "scopes": ["read"]}))
    assert "revoke one first" in refused


def _page(response: Any) -> str:
    assert response.status_code == 200
    text: str = response.content.decode()
    return text
