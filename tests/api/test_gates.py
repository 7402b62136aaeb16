"""What the API asks before it opens a battle: consent, a second look, and sometimes work."""

import json
from base64 import b64decode, b64encode
from datetime import timedelta
from typing import Any

import altcha
import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from arena.battles.models import Battle
from arena.voters.models import Consent, Voter
from arena.voters.risk import raise_risk
from tests.factories import Registered

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
def asked(settings: Settings) -> Settings:
    settings.ARENA_CONSENT_VERSION = "7"
    return settings


def test_consent_is_asked_once_and_kept_with_its_version(caller: Caller, asked: Settings) -> None:
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


def test_a_new_version_is_asked_again(caller: Caller, asked: Settings) -> None:
    assert caller.open(consent="7").status_code == 201
    asked.ARENA_CONSENT_VERSION = "8"
    caller.refused(403, "consent-required")
    assert caller.open(consent="8").status_code == 201
    assert set(Consent.objects.values_list("version", flat=True)) == {"7", "8"}


def test_another_voter_is_asked_for_themselves(caller: Caller, asked: Settings) -> None:
    assert caller.open(consent="7").status_code == 201
    Caller().refused(403, "consent-required")


# ---- publication ----


def test_nothing_is_published_unless_the_voter_says_so_and_that_is_remembered(
    caller: Caller,
) -> None:
    wishes = (None, True, None, False, None)
    for wish in wishes:
        assert caller.open(publish=wish).status_code == 201
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
    """A voter whom integrity has marked; proofs are quick."""
    monkeypatch.setattr("arena.voters.proofs.ITERATIONS", 10)
    assert caller.open().status_code == 201
    raise_risk(Voter.objects.get().pk, timezone.now() + timedelta(hours=1))
    return caller


def test_a_marked_voter_works_for_each_battle(risky: Caller) -> None:
    problem = risky.refused(403, "proof-required")
    assert problem["level"] == 2
    proof = solved(problem["challenge"])
    assert risky.open(proof=proof).status_code == 201
    again = risky.refused(403, "proof-required", proof=proof)
    assert "used before" in again["detail"]
    assert risky.open(proof=solved(again["challenge"])).status_code == 201


def test_a_marked_voter_opens_a_third_of_the_battles(risky: Caller, settings: Settings) -> None:
    settings.ARENA_RATES = {"open": {"voter": (9, 86_400)}}

    for _ in range(3):
        assert risky.open().status_code == 403
        proof = solved(risky.open().json()["challenge"])
        assert risky.open(proof=proof).status_code == 201
    risky.refused(429, "rate-limited")


def test_the_mark_ends_and_an_earlier_end_does_not_shorten_it(risky: Caller) -> None:
    voter = Voter.objects.get()
    raise_risk(voter.pk, timezone.now() + timedelta(minutes=1))
    voter.refresh_from_db()
    assert voter.risk_until and voter.risk_until > timezone.now() + timedelta(minutes=50)
    Voter.objects.update(risk_until=timezone.now())
    assert risky.open().status_code == 201


def test_a_proof_is_for_one_visitor_and_cannot_be_made_easier(risky: Caller) -> None:
    challenge = risky.refused(403, "proof-required")["challenge"]
    thief = Caller()
    assert thief.open().status_code == 201
    raise_risk(Voter.objects.latest("created_at").pk, timezone.now() + timedelta(hours=1))
    assert "another" in thief.refused(403, "proof-required", proof=solved(challenge))["detail"]

    easier = json.loads(b64decode(solved(challenge)))
    easier["challenge"]["parameters"]["keyPrefix"] = "00"
    forged = b64encode(json.dumps(easier).encode()).decode()
    for wrong in (forged, "nonsense", "", b64encode(b"[]").decode()):
        risky.refused(403, "proof-required", **({"proof": wrong} if wrong else {}))


def test_an_old_proof_is_refused(risky: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arena.voters.proofs.LIFETIME", -1)
    challenge = risky.refused(403, "proof-required")["challenge"]
    late = risky.refused(403, "proof-required", proof=solved(challenge))
    assert "too late" in late["detail"]


def test_the_proof_grows_with_the_pressure_and_a_calm_visitor_is_never_asked(
    caller: Caller, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arena.voters.proofs.ITERATIONS", 10)
    settings.ARENA_RATES = {"open": {"voter": (20, 86_400)}}
    levels = []
    caller.open()  # no bucket of their own before the first
    for _ in range(20):
        response = caller.open()
        level = 0
        if response.status_code == 403:
            level = response.json()["level"]
            proof = solved(response.json()["challenge"])
            assert caller.open(proof=proof).status_code == 201
        levels.append(level)
    assert levels == [0] * 10 + [1] * 5 + [2] * 3 + [3] * 2
    caller.refused(429, "rate-limited")


def test_newcomers_on_a_busy_network_are_asked_and_old_voters_are_not(
    caller: Caller, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arena.voters.proofs.ITERATIONS", 10)
    settings.ARENA_RATES = {"open": {"network": (20, 86_400)}}
    for _ in range(5):
        assert caller.open().status_code == 201
    newcomer = Caller()
    challenge = newcomer.refused(403, "proof-required")["challenge"]
    Voter.objects.update(created_at=timezone.now() - timedelta(hours=2))
    assert caller.open().status_code == 201
    assert newcomer.open(proof=solved(challenge)).status_code == 201
