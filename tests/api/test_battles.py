"""REST v1 as a program uses it."""

import uuid
from collections import Counter

import pytest
import redis
from django.http.request import HttpHeaders

from arena.battles.models import Attention, Battle, Origin
from tests.api.callers import Caller, assert_problem
from tests.arena_settings import ChangeSettings
from tests.factories import Registered
from tests.servers import redis_url
from tests.traces import traces

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller(contestant: Registered) -> Caller:
    contestant("one"), contestant("two")
    return Caller()


BROWSER = {
    "User-Agent": "Mozilla/5.0 (X11; OpenBSD amd64) Zanzibar/140.0",
    "Accept-Language": "sw-KE,zanzibar;q=0.5",
    "Sec-CH-UA": '"Zanzibar";v="140"',
    "Sec-CH-UA-Platform": '"Zanzibar OS"',
}


def test_where_a_battle_is_opened_from_is_kept_under_names_of_the_day(
    caller: Caller, arena_settings: ChangeSettings
) -> None:
    arena_settings(running_battles_per_voter=5)
    one, other = caller.open(), caller.open()
    assert "127" not in str(one) + str(other)
    assert Origin.objects.filter(client_signature="").count() == 2
    here = set(Origin.objects.values_list("network", flat=True))
    for browser in (BROWSER, BROWSER, {**BROWSER, "Accept-Language": "en"}):
        caller.client.defaults.update(HttpHeaders.to_wsgi_names(browser))
        assert "zanzibar" not in str(caller.open()).lower()
    origins = Origin.objects.exclude(client_signature="")
    assert set(origins.values_list("network", flat=True)) == here
    assert sorted(Counter(origins.values_list("client_signature", flat=True)).values()) == [1, 2]
    assert traces("zanzibar") == []
    with redis.Redis.from_url(redis_url()) as client:
        kept = {key: client.dump(key) for key in client.scan_iter()}
    assert kept and "zanzibar" not in str(kept).lower()


def test_a_battle_from_prompt_to_reveal(caller: Caller) -> None:
    battle = caller.open()
    assert battle["state"] == "generating"
    assert battle["turns"] == [
        {
            "number": 1,
            "prompt": "Why is the sky blue?",
            "image": None,
            "answers": {"a": "", "b": ""},
            "endings": None,
        }
    ]
    assert battle["contestants"] is battle["vote"] is battle["failure"] is None
    caller.finish(battle)
    opened = caller.get(f"/api/v1/battles/{battle['id']}").json()
    assert opened["state"] == "open"
    assert opened["turns"][0]["answers"] == {"a": "Text a", "b": "Text b"}
    assert opened["contestants"] is None
    response = caller.post(f"/api/v1/battles/{battle['id']}/vote", {"outcome": "both_bad"})
    assert response.status_code == 201
    voted = response.json()
    assert voted["vote"]["outcome"] == "both_bad"
    assert voted["vote"]["standing"] == "counted"
    assert {c["slug"] for c in voted["contestants"].values()} == {"one", "two"}
    again = caller.post(f"/api/v1/battles/{battle['id']}/vote", {"outcome": "both_bad"})
    assert again.status_code == 200
    other = caller.post(f"/api/v1/battles/{battle['id']}/vote", {"outcome": "a"})
    assert "final" in assert_problem(other, 409)["detail"]


def test_a_foreign_battle_does_not_exist(caller: Caller) -> None:
    battle = caller.open()
    caller.finish(battle)
    stranger = Caller()
    path = f"/api/v1/battles/{battle['id']}"
    assert_problem(stranger.get(path), 404)
    assert_problem(stranger.post(f"{path}/vote", {"outcome": "a"}), 404)
    assert stranger.get(f"/battles/{battle['id']}/").status_code == 404
    assert Battle.objects.get().state == Battle.State.OPEN


def test_a_forged_cookie_is_nobody(caller: Caller) -> None:
    battle = caller.open()
    owner = Battle.objects.get().voter_id
    thief = Caller()
    thief.client.cookies["arena_voter"] = f'"{owner}":forged:signature'
    assert_problem(thief.get(f"/api/v1/battles/{battle['id']}"), 404)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"prompt": ""},
        {"prompt": "   "},
        {"prompt": None},
        {"prompt": ["a"]},
        {"prompt": {"a": 1}},
        {"prompt": "x" * 12_001},
        {"prompt": "nul \x00"},
        '{"prompt": "half \\ud83d"}',
        "not json",
        "[]",
        '"text"',
        "",
        b"\xff\xfe",
    ],
)
def test_a_bad_prompt_is_a_clear_problem(caller: Caller, body: object) -> None:
    problem = assert_problem(caller.post("/api/v1/battles", body), 400)
    assert len(problem["detail"]) > 5
    assert not Battle.objects.exists()


@pytest.mark.parametrize("outcome", ["c", "", None, 1, ["a"], "A"])
def test_a_bad_outcome_is_a_clear_problem(caller: Caller, outcome: object) -> None:
    battle = caller.open()
    caller.finish(battle)
    problem = assert_problem(
        caller.post(f"/api/v1/battles/{battle['id']}/vote", {"outcome": outcome}), 400
    )
    assert problem["errors"][0]["pointer"] == "#/outcome"
    assert Battle.objects.get().state == Battle.State.OPEN


ATTENTION = {
    "input": "key",
    "visible_a_ms": 12_000,
    "visible_b_ms": 9_500,
    "end_seen_a": True,
    "end_seen_b": False,
    "hidden_ms": 0,
    "decided_ms": 3_000,
}


def test_what_the_page_reports_of_the_reading_is_kept_beside_the_vote(caller: Caller) -> None:
    battle = caller.open()
    caller.finish(battle)
    response = caller.post(
        f"/api/v1/battles/{battle['id']}/vote", {"outcome": "a", "attention": ATTENTION}
    )
    assert response.status_code == 201
    kept = Attention.objects.get(vote__battle=battle["id"])
    assert {name: getattr(kept, name) for name in ATTENTION} == ATTENTION
    assert kept.server_battle_ms >= kept.server_decided_ms >= 0
    assert "attention" not in response.content.decode()


@pytest.mark.parametrize("attention", [{}, {"attention": None}])
def test_a_vote_without_a_report_counts_as_well(
    caller: Caller, attention: dict[str, object]
) -> None:
    battle = caller.open()
    caller.finish(battle)
    voted = caller.post(f"/api/v1/battles/{battle['id']}/vote", {"outcome": "a", **attention})
    assert voted.json()["vote"]["standing"] == "counted"
    kept = Attention.objects.get(vote__battle=battle["id"])
    assert (kept.input, kept.decided_ms) == ("", None)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("input", "mouse"),
        ("visible_a_ms", -1),
        ("visible_b_ms", 86_400_001),
        ("hidden_ms", "long"),
        ("decided_ms", 10**40),
        ("end_seen_a", None),
        ("end_seen_b", "perhaps"),
    ],
)
def test_an_absurd_report_is_named_and_the_vote_can_be_cast_again(
    caller: Caller, field: str, value: object
) -> None:
    battle = caller.open()
    caller.finish(battle)
    path = f"/api/v1/battles/{battle['id']}/vote"
    absurd = {"outcome": "a", "attention": {**ATTENTION, field: value}}
    problem = assert_problem(caller.post(path, absurd), 400)
    assert problem["errors"][0]["pointer"] == f"#/attention/{field}"
    assert caller.post(path, {"outcome": "a", "attention": ATTENTION}).status_code == 201


@pytest.mark.parametrize("attention", [[], "text", 1, {"input": "key"}])
def test_a_report_that_is_none_is_named(caller: Caller, attention: object) -> None:
    battle = caller.open()
    caller.finish(battle)
    given = {"outcome": "a", "attention": attention}
    problem = assert_problem(caller.post(f"/api/v1/battles/{battle['id']}/vote", given), 400)
    assert problem["errors"][0]["pointer"].startswith("#/attention")


def test_writes_need_the_csrf_token(caller: Caller) -> None:
    response = caller.client.post(
        "/api/v1/battles", {"prompt": "Hi"}, content_type="application/json"
    )
    assert "CSRF" in assert_problem(response, 403)["detail"]


def test_other_refusals_are_problems_too(caller: Caller, arena_settings: ChangeSettings) -> None:
    arena_settings(running_battles_per_voter=1)
    caller.open()
    too_many = caller.post("/api/v1/battles", {"prompt": "Hi"})
    assert_problem(too_many, 429)
    assert int(too_many.headers["Retry-After"]) > 0
    assert_problem(caller.get(f"/api/v1/battles/{uuid.uuid4()}"), 404)
    assert_problem(caller.get("/api/v1/nothing"), 404)
    assert_problem(caller.get("/api/v1/battles"), 405)
    assert_problem(caller.get("/api/v1/boards/nothing/leaderboard"), 404)
    response = caller.client.post(
        "/api/v1/battles",
        "prompt=Hi",
        content_type="application/x-www-form-urlencoded",
        headers={"X-CSRFToken": caller.token},
    )
    assert_problem(response, 415)


def test_too_few_models_is_said(db: None) -> None:
    assert_problem(Caller().post("/api/v1/battles", {"prompt": "Hi"}), 503)


def test_the_catalogue_and_the_boards_are_public(caller: Caller) -> None:
    caller.post("/api/v1/battles", {"prompt": "Hi"})
    assert {c["slug"] for c in caller.get("/api/v1/contestants").json()} == {"one", "two"}
    one = caller.get("/api/v1/contestants/one").json()
    assert one["description"] == "one, for a test."
    assert "overall" in [board["slug"] for board in caller.get("/api/v1/boards").json()]
    board = caller.get("/api/v1/boards/overall/leaderboard").json()
    assert board["rows"] == []
    assert "/api/v1/battles" in caller.get("/api/v1/schema").content.decode()


def test_a_voter_says_why(caller: Caller) -> None:
    battle = caller.open()
    caller.finish(battle)
    path = f"/api/v1/battles/{battle['id']}"
    said = {"traits": {"a": ["correct", "clear"], "b": []}, "comment": "A knew."}
    assert_problem(caller.put(f"{path}/reaction", said), 409)
    caller.post(f"{path}/vote", {"outcome": "a"})
    shown = caller.put(f"{path}/reaction", said).json()["reaction"]
    assert shown == {"traits": {"a": ["clear", "correct"], "b": []}, "comment": "A knew."}
    for bad, pointer in (
        ({"traits": {"a": ["pretty"], "b": []}}, "#/traits/a"),
        ({"traits": {"a": ["clear", "unclear"], "b": []}}, "#/traits"),
        ({"traits": {"a": []}}, "#/traits/b"),
        ({**said, "comment": "x" * 2001}, "#/comment"),
    ):
        problem = assert_problem(caller.put(f"{path}/reaction", bad), 400)
        assert problem["errors"][0]["pointer"] == pointer
    assert_problem(Caller().put(f"{path}/reaction", said), 404)


def test_a_voter_reports_an_answer(caller: Caller) -> None:
    battle = caller.open()
    caller.finish(battle)
    path = f"/api/v1/battles/{battle['id']}/reports"
    report = {"side": "a", "reason": "unlawful", "comment": "It explains how."}
    assert caller.post(path, report).status_code == 201
    for bad, pointer in (
        ({**report, "reason": "boring"}, "#/reason"),
        ({**report, "side": "c"}, "#/side"),
        ({**report, "comment": "x" * 1001}, "#/comment"),
    ):
        problem = assert_problem(caller.post(path, bad), 400)
        assert problem["errors"][0]["pointer"] == pointer
    assert_problem(Caller().post(path, report), 404)


def test_models_are_asked_by_name(caller: Caller) -> None:
    asked = {"prompt": "Which is better?", "contestants": ["two", "one"]}
    battle = caller.post("/api/v1/battles", asked).json()
    assert (battle["mode"], battle["contestants"]["a"]["slug"]) == ("side_by_side", "two")
    caller.finish(battle)
    voted = caller.post(f"/api/v1/battles/{battle['id']}/vote", {"outcome": "a"})
    assert voted.json()["vote"]["standing"] == "excluded"
    direct = caller.post("/api/v1/battles", asked | {"contestants": ["one"]}).json()
    assert (direct["mode"], direct["turns"][0]["answers"]) == ("direct", {"a": ""})
    assert_problem(caller.post(f"/api/v1/battles/{direct['id']}/vote", {"outcome": "a"}), 409)
    for bad in (["one", "one"], ["one", "nobody"], [], "one", [1, None]):
        problem = assert_problem(caller.post("/api/v1/battles", asked | {"contestants": bad}), 400)
        assert problem["errors"][0]["pointer"].startswith("#/contestants")
