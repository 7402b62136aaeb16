"""Battles to test with: real rows, answered by a real HTTP server that speaks the protocol."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from arena.battles import services
from arena.battles.models import Answer, Battle, Turn
from arena.contestants.models import Contestant, Endpoint
from arena.contestants.provider import Finished
from arena.contestants.services import EndpointSpec, register
from arena.voters.models import Voter
from tests.openai_server import OpenAIServer

Registered = Callable[..., Contestant]
OpenBattle = Callable[..., Battle]


def claimed(answer: Answer) -> services.Claim:
    """The claim of a worker that begins to write an answer."""
    claim = services.claim_answer(answer.pk)
    assert claim is not None
    return claim


def registering_at(server: OpenAIServer) -> Registered:
    """Registers a contestant whose endpoint behaves as its model id says."""

    def make(slug: str, behaviour: str = "ok", **values: Any) -> Contestant:
        spec = EndpointSpec(base_url=server.url, model_id=behaviour)
        values = {
            "name": slug.title(),
            "organisation": f"{slug} org",
            "licence": "Apache-2.0",
            "description": f"{slug}, for a test.",
            **values,
        }
        return register(slug=slug, endpoint=spec, **values)

    return make


@transaction.atomic
def enter(made: list[Contestant]) -> list[Contestant]:
    """Enter contestants with an endpoint each that nobody asks."""
    Contestant.objects.bulk_create(made)
    Endpoint.objects.bulk_create(
        Endpoint(contestant=each, base_url="http://localhost:1/v1", model_id="x") for each in made
    )
    return made


@pytest.fixture
def contestant(openai_server: OpenAIServer) -> Registered:
    return registering_at(openai_server)


@pytest.fixture
def voter(db: None) -> Voter:
    return Voter.objects.create()


@pytest.fixture
def running_battle(contestant: Registered, voter: Voter) -> OpenBattle:
    """A battle of two contestants that behave as asked, its answers still to be written."""

    def make(behaviour_a: str = "ok", behaviour_b: str = "ok", prompt: str = "Why?") -> Battle:
        a = contestant("left", behaviour_a)
        b = contestant("right", behaviour_b)
        battle = Battle.objects.create(voter=voter, contestant_a=a, contestant_b=b)
        turn = Turn.objects.create(battle=battle, prompt=prompt)
        for side in ("a", "b"):
            Answer.objects.create(turn=turn, side=side, queued_at=battle.created_at)
        return battle

    return make


def answer_all(battle: Battle) -> Battle:
    """Have all answers of a battle that are still to be written be complete."""
    for answer in Answer.objects.filter(turn__battle=battle, state=Answer.State.PENDING):
        assert services.complete_answer(
            claimed(answer), f"Answer {answer.side}", Finished("stop", 3, 5, 0.1, 0.2)
        )
    battle.refresh_from_db()
    return battle


@pytest.fixture
def open_battle(running_battle: OpenBattle) -> OpenBattle:
    """A battle whose two answers are complete."""

    def make() -> Battle:
        return answer_all(running_battle())

    return make
