"""A request that is sent again, since its reply was lost, does nothing twice."""

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from arena.battles.erasure import erase_texts
from arena.battles.models import Battle, IdempotencyKey, Turn
from arena.battles.repeats.idempotency import forget_keys
from arena.voters.models import Voter
from tests.api.callers import Caller, assert_problem
from tests.arena_settings import ChangeSettings
from tests.factories import Registered, answer_all

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

pytestmark = pytest.mark.django_db(transaction=True)

KEY = '"8e03978e-40d5-43dd-bc93-6894a57f9324"'
PROMPT = {"prompt": "Why is the sky blue?"}


@pytest.fixture
def caller(contestant: Registered) -> Caller:
    contestant("one"), contestant("two")
    return Caller()


def send(
    caller: Caller, body: dict[str, Any], key: str = KEY, path: str = "/api/v1/battles"
) -> "Response":
    headers = {"X-CSRFToken": caller.token, "Idempotency-Key": key}
    return caller.client.post(path, body, content_type="application/json", headers=headers)


def finish_newest(battle: dict[str, Any]) -> None:
    """Have the newest turn answered."""
    answer_all(Battle.objects.get(pk=battle["id"]), "Text {side}")


def lose_cookies(caller: Caller) -> None:
    """As if the reply with the voter's cookie had never come."""
    del caller.client.cookies["arena_voter"]


@pytest.mark.parametrize("newcomer", [True, False])
def test_start_again_gives_the_battle_that_runs(caller: Caller, newcomer: bool) -> None:
    if not newcomer:
        caller.open("Something before.")
    before = Battle.objects.count()
    first = send(caller, PROMPT)
    if newcomer:
        lose_cookies(caller)
    again = send(caller, PROMPT)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json()["id"] == first.json()["id"]
    assert again.headers["Location"] == first.headers["Location"]
    assert Battle.objects.count() == before + 1
    assert Voter.objects.count() == 1
    assert caller.get(f"/api/v1/battles/{first.json()['id']}").status_code == 200


def test_the_same_key_with_another_body_is_refused_clearly(caller: Caller) -> None:
    send(caller, PROMPT)
    for other in (
        {"prompt": "Another one."},
        {**PROMPT, "contestants": ["one", "two"]},
        {**PROMPT, "publish": True},
    ):
        body = assert_problem(send(caller, other), 422)
        assert body["type"] == "urn:blind-arena:idempotency-key-reused"
        assert body["title"] == "Idempotency-Key is already used"
    assert Battle.objects.count() == 1
    # Without quotation marks it is the same key; another key is another request.
    assert send(caller, PROMPT, KEY.strip('"')).status_code == 201
    assert Battle.objects.count() == 1
    send(caller, PROMPT, '"another"')
    assert Battle.objects.count() == 2


def test_keys_of_others_are_of_no_use(caller: Caller) -> None:
    first = send(caller, PROMPT)
    stranger = Caller()
    other = send(stranger, PROMPT)
    assert other.json()["id"] != first.json()["id"]
    nobody = Caller()  # a newcomer, too, with a guessed key and another prompt
    assert send(nobody, {"prompt": "Mine."}).status_code == 201
    assert Battle.objects.count() == 3
    assert Voter.objects.count() == 3


@pytest.mark.parametrize("key", ["", '""', "x" * 256, "sch\xf6n", '"a"b"', "a\\b"])
def test_what_is_no_key_is_refused(caller: Caller, key: str) -> None:
    body = assert_problem(send(caller, PROMPT, key), 400)
    assert body["type"] == "urn:blind-arena:idempotency-key-invalid"
    assert not Battle.objects.exists()


def test_a_refusal_uses_no_key(caller: Caller, arena_settings: ChangeSettings) -> None:
    arena_settings(consent_version="7")
    assert_problem(send(caller, PROMPT), 403)
    opened = send(caller, {**PROMPT, "consent": "7"})
    assert opened.status_code == 201
    assert send(caller, PROMPT).json()["id"] == opened.json()["id"]
    assert_problem(send(caller, {"prompt": "\u200b"}, '"x"'), 400)
    assert send(caller, {"prompt": "Visible."}, '"x"').status_code == 201


def test_a_full_bucket_and_running_battles_do_not_hide_what_was_done(
    caller: Caller, arena_settings: ChangeSettings, settings: Settings
) -> None:
    arena_settings(running_battles_per_voter=1, rate_open={"voter": (1, 600), "site": (1, 600)})
    first = send(caller, PROMPT)
    assert send(caller, PROMPT).json()["id"] == first.json()["id"]
    assert_problem(send(caller, PROMPT, '"another"'), 429)


def test_a_turn_and_an_answer_anew_are_asked_once(caller: Caller) -> None:
    battle = caller.open()
    finish_newest(battle)
    turns = f"/api/v1/battles/{battle['id']}/turns"
    further = {"prompt": "And why is it dark at night?"}
    first, again = (send(caller, further, path=turns) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert Turn.objects.filter(battle=battle["id"]).count() == 2
    assert_problem(send(caller, {"prompt": "Else"}, path=turns), 422)
    finish_newest(battle)
    regenerate = f"/api/v1/battles/{battle['id']}/regenerate"
    assert_problem(send(caller, {}, path=regenerate), 422)  # the key of the turn
    assert [send(caller, {}, '"another"', regenerate).status_code for _ in range(2)] == [201, 201]
    assert Turn.objects.filter(battle=battle["id"]).count() == 3


@pytest.mark.parametrize("newcomer", [True, False])
def test_of_requests_that_come_at_once_one_is_done(caller: Caller, newcomer: bool) -> None:
    if not newcomer:
        caller.open("Something before.")
    before = Battle.objects.count()
    cookies = {name: morsel.value for name, morsel in caller.client.cookies.items()}
    start = threading.Barrier(6)
    replies = []

    def ask() -> None:
        same = Caller.__new__(Caller)
        same.client, same.token = Client(enforce_csrf_checks=True), caller.token
        same.client.cookies.load(cookies)
        start.wait()
        try:
            replies.append(send(same, PROMPT))
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [reply.status_code for reply in replies] == [201] * 6
    assert len({reply.json()["id"] for reply in replies}) == 1
    assert Battle.objects.count() == before + 1
    assert Voter.objects.count() == 1


def test_the_database_keeps_a_key_once(caller: Caller) -> None:
    send(caller, PROMPT)
    kept = IdempotencyKey.objects.get()
    for changes in ({"browser": ""}, {"voter": Voter.objects.create()}):
        fields = {"voter": kept.voter, "browser": kept.browser, **changes}
        with pytest.raises(IntegrityError), transaction.atomic():
            IdempotencyKey.objects.create(key=kept.key, battle=kept.battle, **fields)


def test_keys_are_forgotten_after_a_day_and_with_their_texts(caller: Caller) -> None:
    battle = send(caller, PROMPT).json()
    forget_keys()
    assert IdempotencyKey.objects.count() == 1
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=25))
    forget_keys()
    assert not IdempotencyKey.objects.exists()
    send(caller, PROMPT, '"another"')
    erase_texts(Battle.objects.get(pk=battle["id"]).voter_id)
    assert not IdempotencyKey.objects.exists()


def test_without_cookies_the_refusal_says_what_to_do(contestant: Registered) -> None:
    client = Client(enforce_csrf_checks=True)
    body = assert_problem(client.post("/api/v1/battles", PROMPT, "application/json"), 403)
    assert body["type"] == "urn:blind-arena:cookies-needed"
    assert "Allow cookies for this site" in body["detail"]
    page = client.post("/account/login/", {"login": "x", "password": "y"})
    assert page.status_code == 403
    assert "Allow cookies for this site" in page.content.decode()
    client.get("/")
    outdated = client.post(
        "/api/v1/battles", PROMPT, "application/json", headers={"X-CSRFToken": "x" * 32}
    )
    assert assert_problem(outdated, 403)["type"] == "urn:blind-arena:page-outdated"
    foreign = client.post(
        "/api/v1/battles", PROMPT, "application/json", headers={"Origin": "https://evil.example"}
    )
    assert assert_problem(foreign, 403)["type"] == "urn:blind-arena:other-origin"
    assert not Battle.objects.exists()
