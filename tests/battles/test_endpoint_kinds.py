"""Whatever an endpoint sends: the voter sees a whole answer or a message, and what its endpoint did
not finish is never judged as taste. And no battle moves an endpoint's health.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count

import pytest
from django.db import connection

from arena.battles.generation.worker import generate
from arena.battles.models import Answer, Battle, VoteStanding
from arena.battles.reading.battle_view import battle_of, battle_view
from arena.battles.voting.cast import VoteRefused, cast_vote
from arena.contestants.calls.probing import probe_endpoint
from arena.contestants.models import Endpoint, EndpointHealth
from arena.contestants.provider import answer as provider_answer
from arena.leaderboards.models import Outcome
from arena.voters.models import Voter
from tests.arena_settings import ChangeSettings
from tests.battles.endpoint_forms import EARLY, FORMS, HARMLESS, RETRIED, THINKING
from tests.battles.endpoint_kinds import (
    BROKEN_OFF,
    ENDINGS,
    ERRORS,
    FAILED,
    PROMPTED,
    WHOLE,
    Kind,
)
from tests.factories import Registered, make_battle
from tests.openai_server import OpenAIServer, Wire

pytestmark = pytest.mark.django_db(transaction=True)

TABLE = {
    "prompted": PROMPTED,
    "errors": ERRORS,
    "endings": ENDINGS,
    "early": EARLY,
    "harmless": HARMLESS,
    "thinking": THINKING,
    "retried": RETRIED,
    "forms": FORMS,
}


_numbers = count()  # the server counts requests by model id


@dataclass
class Case:
    """One battle between a good endpoint and one of a kind."""

    kind: Kind
    name: str
    battle: Battle
    endpoint: Endpoint


@dataclass(frozen=True)
class Seen:
    """What became of a battle, as its voter and the endpoint's operator see it."""

    text: str | None  # None: the battle failed
    ending: str
    standing: str
    reason_is_told: bool
    health: tuple[str, int]  # after the battle: the circuit, and failed probes
    is_probe_due: bool
    passes_probe: bool


def expected(kind: Kind) -> Seen:
    is_sound = kind.outcome not in {FAILED, BROKEN_OFF}
    return Seen(
        text=None if kind.outcome == FAILED else kind.sees,
        ending="" if kind.outcome == FAILED else kind.outcome,
        standing={FAILED: "", BROKEN_OFF: "excluded"}.get(kind.outcome, "counted"),
        reason_is_told=kind.outcome == BROKEN_OFF,
        health=("closed", 0),
        is_probe_due=not is_sound,
        passes_probe=is_sound if kind.passes_probe is None else kind.passes_probe,
    )


@pytest.fixture
def limits(arena_settings: ChangeSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    arena_settings(
        first_sign_seconds=3.0,
        between_tokens_seconds=3.0,
        first_token_seconds=8.0,
        answer_seconds=14.0,
    )
    monkeypatch.setattr(provider_answer, "GRACE_SECONDS", 0.3)
    monkeypatch.setattr("arena.contestants.calls.streaming.FIRST_BACKOFF_SECONDS", 0.05)


@pytest.fixture
def wired(openai_server: OpenAIServer) -> Iterator[OpenAIServer]:
    yield openai_server
    openai_server.wires.clear()


def case_of(kind: Kind, sibling: str, voter: Voter, server: OpenAIServer, make: Registered) -> Case:
    number = next(_numbers)
    wire, model = kind.wires[sibling], f"wire-{number}"
    if isinstance(wire, Wire):
        server.wires[model] = [wire]
    else:
        several = [step for step in wire if isinstance(step, Wire)]
        server.wires[model] = several or [Wire([s for s in wire if not isinstance(s, Wire)])]
    contestant = make(f"kind-{number}", model)
    contestant.endpoints.update(parameters=dict(kind.parameters))
    battle = make_battle(make("good"), contestant, voter=voter, prompts=["Why is the sky blue?"])
    return Case(kind, f"{kind.name}: {sibling}", battle, contestant.endpoints.get())


def what_came_of(case: Case) -> Seen:
    try:
        for answer in Answer.objects.filter(turn__battle=case.battle).order_by("-side"):
            generate(answer.pk)
        return seen(case)
    finally:
        connection.close()


def seen(case: Case) -> Seen:
    battle = case.battle
    health = EndpointHealth.objects.filter(endpoint=case.endpoint).first()
    state = (health.state, health.failures) if health else ("closed", 0)
    is_probe_due = health is not None and health.probe_at is not None
    found = battle_of(battle.voter_id, battle.pk)
    assert found
    before = battle_view(found)
    assert before["turns"][0]["endings"] is None, "it tells the sides apart before the vote"
    probe_endpoint(case.endpoint.pk)
    passes = not EndpointHealth.objects.get(endpoint=case.endpoint).failures
    if found.state == Battle.State.FAILED:
        assert before["failure"] == Battle.Failure.NO_ANSWER.label
        with pytest.raises(VoteRefused):
            cast_vote(battle.voter_id, battle.pk, Outcome.A)
        return Seen(None, "", "", False, state, is_probe_due, passes)
    cast_vote(battle.voter_id, battle.pk, Outcome.A)
    voted = battle_of(battle.voter_id, battle.pk)
    assert voted
    after = battle_view(voted)
    assert after["vote"]
    turn = after["turns"][0]
    assert turn["endings"] and turn["endings"]["a"] == WHOLE
    explained = after["vote"]["reason"] == str(VoteStanding.Code.BROKEN_OFF.label)
    standing = after["vote"]["standing"]
    return Seen(
        turn["answers"]["b"], turn["endings"]["b"], standing, explained, state, is_probe_due, passes
    )


@pytest.mark.usefixtures("limits")
@pytest.mark.parametrize("section", TABLE)
def test_what_an_endpoint_sends_comes_to_the_right_end(
    section: str, wired: OpenAIServer, contestant: Registered, voter: Voter
) -> None:
    cases = [
        case_of(kind, sibling, voter, wired, contestant)
        for kind in TABLE[section]
        for sibling in kind.wires
    ]
    with ThreadPoolExecutor(24) as pool:
        outcomes = list(pool.map(what_came_of, cases))
    found = {case.name: outcome for case, outcome in zip(cases, outcomes, strict=True)}
    assert found == {case.name: expected(case.kind) for case in cases}


def test_the_table_is_large() -> None:
    kinds = [kind for section in TABLE.values() for kind in section]
    assert len({kind.name for kind in kinds}) >= 40
    assert sum(len(kind.wires) for kind in kinds) >= 150
    assert all(kind.source for kind in kinds)
