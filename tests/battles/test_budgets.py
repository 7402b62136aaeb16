"""How much one opening and one vote send to PostgreSQL and Redis, every rule included."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client
from django.utils import timezone

from arena.battles.models import (
    Battle,
    Conversation,
    GoldBattle,
    IdempotencyKey,
    KnownPrompt,
    Origin,
    Vote,
)
from arena.integrity.models import VoterEvidence
from arena.integrity.weighing import weigh_and_hold
from arena.leaderboards.models import LiveElo
from arena.voters.models import Consent, Voter
from arena.voters.origin.network import DayKeys
from tests.factories import Registered, answer_all
from tests.traffic import Traffic, counted_traffic

# Real transactions: each savepoint that is left counts as a statement.
pytestmark = pytest.mark.django_db(transaction=True)

NETWORK = "203.0.113.0/24"


class Browser:
    """Sends what the page's script sends, a key with every request among it."""

    def __init__(self) -> None:
        self.client = Client()
        self.client.get("/")

    def post(self, path: str, **body: Any) -> tuple[dict[str, Any], Traffic]:
        with counted_traffic() as traffic:
            response = self.client.post(
                path,
                body,
                content_type="application/json",
                headers={"Idempotency-Key": f'"{uuid.uuid4()}"', "User-Agent": "A browser"},
                REMOTE_ADDR="203.0.113.7",
            )
        assert response.status_code == 201, response.content
        return response.json(), traffic

    def open(self, prompt: str = "Why is the sky blue?", **more: Any) -> tuple[Battle, Traffic]:
        view, traffic = self.post("/api/v1/battles", prompt=prompt, **more)
        return Battle.objects.get(pk=view["id"]), traffic

    def vote(self, battle: Battle) -> Traffic:
        answer_all(battle)
        return self.post(f"/api/v1/battles/{battle.pk}/vote", outcome="a")[1]


@pytest.fixture(autouse=True)
def site(arena_settings: Any, contestant: Registered) -> None:
    arena_settings(consent_version="1", gold_one_in=10**9)
    models = [contestant(f"c{number}") for number in range(4)]
    # The first vote on a model ever makes a row for it, by two statements more.
    LiveElo.objects.bulk_create(LiveElo(contestant=model, elo=1000.0, votes=1) for model in models)
    caches["process"].clear()


@pytest.fixture(params=[False, True], ids=["ordinary", "gold question"])
def is_gold(request: pytest.FixtureRequest, site: None, arena_settings: Any) -> bool:
    """Whether the battle is a gold question."""
    is_gold: bool = request.param
    if is_gold:
        arena_settings(gold_one_in=1)
    return is_gold


@pytest.fixture
def known(site: None) -> Browser:
    """A guest of three days ago, with evidence that is looked at for each gold question."""
    browser = Browser()
    battle, _ = browser.open("What was first?", consent="1")
    browser.vote(battle)
    Voter.objects.update(created_at=timezone.now() - timedelta(days=3))
    weigh_and_hold(battle.voter_id)
    VoterEvidence.objects.update(log_e=0.1)
    return browser


def test_an_opening_by_a_known_guest(known: Browser, is_gold: bool) -> None:
    battle, traffic = known.open()
    assert len(traffic.statements) <= 12, traffic
    assert len(traffic.round_trips) <= 2, traffic
    assert battle.is_gold == is_gold == GoldBattle.objects.filter(battle=battle).exists()
    assert (battle.origin.network, battle.origin.client_signature != "") == (
        DayKeys().now(NETWORK),
        True,
    )
    assert KnownPrompt.objects.filter(turn__battle=battle).exists()
    assert battle.turns.get().answers.count() == 2
    assert IdempotencyKey.objects.filter(battle=battle).exists()


def test_an_opening_by_a_new_guest(is_gold: bool) -> None:
    battle, traffic = Browser().open(consent="1", publish=True)
    assert len(traffic.statements) <= 18, traffic
    assert len(traffic.round_trips) <= 2, traffic
    assert battle.is_gold == is_gold
    assert (Voter.objects.get(), battle.voter.publishes) == (battle.voter, True)
    assert Consent.objects.get().voter == battle.voter
    assert Origin.objects.get().battle == battle


@pytest.mark.parametrize("publish", [False, True])
def test_a_vote(known: Browser, is_gold: bool, publish: bool) -> None:
    battle, _ = known.open(publish=publish)
    traffic = known.vote(battle)
    assert len(traffic.statements) <= 18, traffic
    vote = Vote.objects.get(battle=battle)
    assert vote.standings.get().standing == ("excluded" if is_gold else "counted")
    assert Conversation.objects.exists() == (publish and not is_gold)
