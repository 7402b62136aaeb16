"""What the API asks before it opens a battle: consent, a second look, and sometimes work."""

import json
from base64 import b64decode, b64encode
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import altcha
import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from arena.battles.models import Battle
from arena.contestants.models import Contestant
from arena.voters.identity import COOKIE
from arena.voters.models import Consent, Voter
from arena.voters.origin.network import connection
from arena.voters.throttling.price import LEFT_FROM, VOTES, Allowance
from arena.voters.throttling.risk import flag_until
from tests.arena_settings import ChangeSettings
from tests.factories import Registered, answer_all, make_battle
from tests.members import signed_cookie

pytestmark = pytest.mark.django_db


class Caller(Client):
    def open(self, prompt: str = "Why is the sky blue?", **fields: Any) -> Any:
        Battle.objects.filter(state="generating").update(
            state="failed", failure="interrupted", finished_at=timezone.now()
        )
        body = {"prompt": prompt, **fields}
        return self.post("/api/v1/battles", body, content_type="application/json")

    def refused(self, status: int, kind: str, **fields: Any) -> dict[str, Any]:
        """The problem of a battle that is not opened."""
        before = Battle.objects.count()
        response = self.open(**fields)
        assert response.status_code == status, response.content
        assert response.headers["Content-Type"] == "application/problem+json"
        problem: dict[str, Any] = response.json()
        assert problem["type"] == f"urn:blind-arena:{kind}"
        assert problem["detail"]
        assert Battle.objects.count() == before
        return problem


@pytest.fixture
def caller(contestant: Registered) -> Caller:
    contestant("one"), contestant("two")
    return Caller()


# ---- consent ----


@pytest.fixture
def asked(arena_settings: ChangeSettings) -> ChangeSettings:
    arena_settings(consent_version="7")
    return arena_settings


def test_consent_is_asked_once_and_kept_with_its_version(
    caller: Caller, asked: ChangeSettings
) -> None:
    problem = caller.refused(403, "consent-required")
    assert problem["version"] == "7"
    assert any("personal data" in point for point in problem["points"])
    caller.refused(403, "consent-required", consent="6")
    assert not Voter.objects.exists()

    before = timezone.now()
    assert caller.open(consent="7").status_code == 201
    assert caller.open().status_code == 201
    given = Consent.objects.get()
    assert (given.version, given.voter) == ("7", Voter.objects.get())
    assert given.given_at >= before


def test_a_new_version_is_asked_again(caller: Caller, asked: ChangeSettings) -> None:
    assert caller.open(consent="7").status_code == 201
    asked(consent_version="8")
    caller.refused(403, "consent-required")
    assert caller.open(consent="8").status_code == 201
    assert set(Consent.objects.values_list("version", flat=True)) == {"7", "8"}


def test_another_voter_is_asked_for_themselves(caller: Caller, asked: ChangeSettings) -> None:
    assert caller.open(consent="7").status_code == 201
    Caller().refused(403, "consent-required")


# ---- publication ----


def test_nothing_is_published_unless_the_voter_says_so_and_that_is_remembered(
    caller: Caller,
) -> None:
    choices = (None, True, None, False, None)
    for publish in choices:
        assert caller.open(publish=publish).status_code == 201
    assert caller.open().status_code == 201
    chosen = Battle.objects.order_by("created_at").values_list("may_publish", flat=True)
    assert list(chosen) == [False, True, True, False, False, False]


# ---- personal data ----


def test_personal_data_is_shown_and_can_be_confirmed(caller: Caller) -> None:
    prompt = "🙂 Shorten: I am Anna, anna.schmidt@web.de, +49 170 1234567."
    problem = caller.refused(409, "personal-data", prompt=prompt)
    assert [(find["kind"], find["text"]) for find in problem["finds"]] == [
        ("email", "anna.schmidt@web.de"),
        ("phone", "+49 170 1234567"),
    ]
    for find in problem["finds"]:
        assert prompt[find["start"] : find["end"]] == find["text"]
    assert caller.open(prompt, personal_data="confirmed").status_code == 201
    assert Battle.objects.get().turns.get().prompt == prompt


def test_confirming_is_for_one_prompt_only(caller: Caller) -> None:
    prompt = "Is anna.schmidt@web.de a good address?"
    assert caller.open(prompt, personal_data="confirmed").status_code == 201
    caller.refused(409, "personal-data", prompt=prompt)
    assert caller.open(prompt, personal_data="yes").status_code == 400


# ---- proof of work ----


def solved(challenge: dict[str, Any]) -> str:
    parsed = altcha.Challenge.from_dict(challenge)
    solution = altcha.solve_challenge(parsed)
    assert solution is not None
    return str(altcha.Payload(parsed, solution).to_base64())


@pytest.fixture
def risky(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> Caller:
    """A voter whom integrity has flagged; proofs are quick."""
    monkeypatch.setattr("arena.voters.throttling.proof_of_work.ITERATIONS", 10)
    assert caller.open().status_code == 201
    flag_until(Voter.objects.get().pk, timezone.now() + timedelta(hours=1))
    return caller


def test_a_marked_voter_works_for_each_battle(risky: Caller) -> None:
    problem = risky.refused(403, "proof-required")
    assert problem["tries"] == 2_000
    proof = solved(problem["challenge"])
    assert risky.open(proof=proof).status_code == 201
    again = risky.refused(403, "proof-required", proof=proof)
    assert "used before" in again["detail"]
    assert risky.open(proof=solved(again["challenge"])).status_code == 201


def test_a_marked_voter_opens_a_third_of_the_battles(
    risky: Caller, arena_settings: ChangeSettings
) -> None:
    arena_settings(rate_open={"voter": (9, 86_400)})

    for _ in range(3):
        assert risky.open().status_code == 403
        proof = solved(risky.open().json()["challenge"])
        assert risky.open(proof=proof).status_code == 201
    risky.refused(429, "rate-limited")


def test_the_mark_ends_and_an_earlier_end_does_not_shorten_it(risky: Caller) -> None:
    voter = Voter.objects.get()
    flag_until(voter.pk, timezone.now() + timedelta(minutes=1))
    voter.refresh_from_db()
    assert voter.flagged_until and voter.flagged_until > timezone.now() + timedelta(minutes=50)
    Voter.objects.update(flagged_until=timezone.now())
    assert risky.open().status_code == 201


def test_a_proof_is_for_one_visitor_and_cannot_be_made_easier(risky: Caller) -> None:
    challenge = risky.refused(403, "proof-required")["challenge"]
    thief = Caller()
    assert thief.open().status_code == 201
    flag_until(Voter.objects.latest("created_at").pk, timezone.now() + timedelta(hours=1))
    assert "another" in thief.refused(403, "proof-required", proof=solved(challenge))["detail"]

    easier = json.loads(b64decode(solved(challenge)))
    easier["challenge"]["parameters"]["keyPrefix"] = "00"
    forged = b64encode(json.dumps(easier).encode()).decode()
    for wrong in (forged, "nonsense", "", b64encode(b"[]").decode()):
        risky.refused(403, "proof-required", **({"proof": wrong} if wrong else {}))


def test_an_old_proof_is_refused(risky: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arena.voters.throttling.proof_of_work.LIFETIME", -1)
    challenge = risky.refused(403, "proof-required")["challenge"]
    late = risky.refused(403, "proof-required", proof=solved(challenge))
    assert "too late" in late["detail"]


def test_the_proof_grows_with_the_pressure_and_a_calm_visitor_is_never_asked(
    caller: Caller, arena_settings: ChangeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arena.voters.throttling.proof_of_work.ITERATIONS", 10)
    arena_settings(rate_open={"voter": (20, 86_400)})
    asked = []
    caller.open()  # no bucket of their own before the first
    for _ in range(20):
        response = caller.open()
        tries = 0
        if response.status_code == 403:
            tries = response.json()["tries"]
            proof = solved(response.json()["challenge"])
            assert caller.open(proof=proof).status_code == 201
        asked.append(tries)
    assert asked == [0] * 10 + [400] * 5 + [2_000] * 3 + [8_000] * 2
    caller.refused(429, "rate-limited")


def test_newcomers_on_a_busy_network_are_asked_and_old_voters_are_not(
    caller: Caller, arena_settings: ChangeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arena.voters.throttling.proof_of_work.ITERATIONS", 10)
    arena_settings(rate_open={"network": (20, 86_400)})
    for _ in range(5):
        assert caller.open().status_code == 201
    newcomer = Caller()
    challenge = newcomer.refused(403, "proof-required")["challenge"]
    Voter.objects.update(created_at=timezone.now() - timedelta(hours=2))
    assert caller.open().status_code == 201
    assert newcomer.open(proof=solved(challenge)).status_code == 201


# ---- the price for newcomers ----

FLOODED, ELSEWHERE = "203.0.113.7", "198.51.100.7"


@pytest.fixture
def priced(
    arena_settings: ChangeSettings, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """Five battles of newcomers are free in a network; proofs are quick."""
    monkeypatch.setattr("arena.voters.throttling.proof_of_work.ITERATIONS", 1)
    arena_settings(newcomers=Allowance(network=5, provider=1_000, site=100))
    return settings


def asked_of(caller: Caller) -> int:
    """The most tries that a visitor is asked for; then they open the battle, whatever it takes."""
    response = caller.open()
    if response.status_code == 201:
        return 0
    problem = response.json()
    assert problem["type"] == "urn:blind-arena:proof-required"
    assert caller.open(proof=solved(problem["challenge"])).status_code == 201
    return int(problem["tries"])


@pytest.fixture
def flooded(caller: Caller, priced: Settings) -> list[int]:
    """What each of the first 24 newcomers of a network was asked, who come once each."""
    return [asked_of(Caller(REMOTE_ADDR=FLOODED)) for _ in range(24)]


def test_the_price_rises_with_the_newcomers_of_a_network_and_for_them_alone(
    flooded: list[int],
) -> None:
    assert flooded[:6] == [0] * 6
    assert flooded[6:] == sorted(flooded[6:])
    assert (flooded[6], flooded[20]) == (500, 8 * 400)
    assert asked_of(Caller(REMOTE_ADDR=ELSEWHERE)) == 0
    assert asked_of(Caller()) == 0  # behind a proxy of one's own, or in the same office


def test_more_battles_of_one_newcomer_cost_as_much_as_those_of_others(flooded: list[int]) -> None:
    sybil = Caller(REMOTE_ADDR=FLOODED)
    assert all(asked_of(sybil) > flooded[-1] for _ in range(3))


def test_a_further_turn_has_no_price(flooded: list[int]) -> None:
    sybil = Caller(REMOTE_ADDR=FLOODED)
    assert asked_of(sybil) > 0
    battle = answer_all(Battle.objects.latest("created_at"))
    reply = sybil.post(
        f"/api/v1/battles/{battle.pk}/turns",
        {"prompt": "And at night?"},
        content_type="application/json",
    )
    assert reply.status_code == 201, reply.content


def test_voters_with_votes_of_another_day_are_no_newcomers(flooded: list[int]) -> None:
    yesterday = timezone.now() - timedelta(days=1, minutes=1)
    voter = Voter.objects.create()
    Voter.objects.filter(pk=voter.pk).update(created_at=yesterday)
    regular = Caller(REMOTE_ADDR=FLOODED)
    regular.cookies[COOKIE] = signed_cookie(voter.pk)
    pair = list(Contestant.objects.all()[:2])

    def vote(cast_at: datetime = yesterday, **values: Any) -> None:
        make_battle(*pair, voter=voter, outcome="a", cast_at=cast_at, **values)

    for _ in range(VOTES - 1):
        vote()
    for _ in range(VOTES):
        vote(cast_at=timezone.now())
        vote(by_program=True, standings=["excluded"])
        vote(standings=["counted", "held"])
    assert asked_of(regular) > 0
    vote()
    assert asked_of(regular) == 0


def test_who_leaves_most_of_their_battles_pays_as_a_newcomer(flooded: list[int]) -> None:
    yesterday = timezone.now() - timedelta(days=1, minutes=1)
    voter = Voter.objects.create()
    Voter.objects.filter(pk=voter.pk).update(created_at=yesterday)
    regular = Caller(REMOTE_ADDR=FLOODED)
    regular.cookies[COOKIE] = signed_cookie(voter.pk)
    pair = list(Contestant.objects.all()[:2])
    for _ in range(VOTES):
        make_battle(*pair, voter=voter, outcome="a", cast_at=yesterday, opened_at=yesterday)
    for _ in range(LEFT_FROM):
        assert asked_of(regular) == 0
    assert asked_of(regular) > 0
    for _ in range(6):  # of seventeen
        make_battle(*pair, voter=voter, outcome="a")
    assert asked_of(regular) == 0


def test_a_challenge_of_a_calm_moment_is_worth_half_a_doubled_price_and_no_more(
    caller: Caller, priced: Settings
) -> None:
    for _ in range(6):
        assert asked_of(Caller(REMOTE_ADDR=FLOODED)) == 0
    hoard = [solved(Caller(REMOTE_ADDR=FLOODED).open().json()["challenge"]) for _ in range(18)]
    codes = [Caller(REMOTE_ADDR=FLOODED).open(proof=proof).status_code for proof in hoard]
    assert codes == [201] * 4 + [403] * 14  # of 500 tries each, as long as 1,000 are asked


def test_without_redis_newcomers_pay_nothing(
    flooded: list[int], settings: Settings, tmp_path: Path
) -> None:
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"
    connection.cache_clear()
    try:
        assert asked_of(Caller(REMOTE_ADDR=FLOODED)) == 0
    finally:
        connection.cache_clear()
