"""Endpoints that misbehave in every way at once: each battle ends in a defined state, in time."""

import json
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from django.conf import settings as django_settings
from django.db import connection

from arena.battles.generation.worker import generate
from arena.battles.live.feed import Cursor, Feed
from arena.battles.models import Answer, Battle, VoteStanding
from arena.battles.reading.battle_view import battle_of, battle_view, progress_of
from arena.battles.voting.cast import VoteRefused, cast_vote
from arena.contestants.models import Call, Endpoint
from arena.contestants.provider import ErrorKind
from arena.leaderboards.models import Outcome
from arena.voters.models import Voter
from tests.arena_settings import ChangeSettings
from tests.contestants.behaviours import BAD
from tests.factories import Registered, make_battle
from tests.speed import seconds

pytestmark = pytest.mark.django_db(transaction=True)

PROMPT = "prompt-gold %s {0} \r\nWARNING root forged"
KEY = "sk-key-gold"
EXPECTED: dict[str, str] = {
    **BAD,
    "thinks-unmarked": ErrorKind.THINKS_ALOUD,
    "thinks-only": ErrorKind.EMPTY,
    "hostile-headers": ErrorKind.REJECTED,
}
ADDRESSES: dict[str, str] = {
    "http://127.0.0.1:9/v1": ErrorKind.UNREACHABLE,  # the discard port: nobody listens
    "http://no-such.invalid/v1": ErrorKind.UNREACHABLE,
    "http://localhost:99999/v1": ErrorKind.MALFORMED,
}
WELL: dict[str, str] = {
    "thinks": "Blue.",
    "cites": "Blue, or so .",
    "reasoning-content": "Blue.",
    "json-not-stream": "all",
}


@dataclass
class Case:
    """One battle between a good endpoint and one that behaves as named."""

    behaviour: str
    battle: Battle
    seconds: float = 0.0


@pytest.fixture
def cases(contestant: Registered, voter: Voter, arena_settings: ChangeSettings) -> list[Case]:
    arena_settings(
        connect_seconds=seconds(5),
        first_sign_seconds=seconds(8),
        first_token_seconds=seconds(8),
        between_tokens_seconds=seconds(6),
        answer_seconds=seconds(16),
    )
    good = contestant("good")
    cases = []
    for number, behaviour in enumerate([*EXPECTED, *ADDRESSES, *WELL]):
        bad = contestant(f"bad-{number}", behaviour)
        if behaviour in ADDRESSES:
            bad.endpoints.update(base_url=behaviour)
        battle = make_battle(good, bad, voter=voter, prompts=[PROMPT])
        cases.append(Case(behaviour, battle))
    for endpoint in Endpoint.objects.all():
        endpoint.api_key = KEY
        endpoint.save()
    return cases


def write_answers(case: Case) -> None:
    started = time.monotonic()
    try:
        for answer in Answer.objects.filter(turn__battle=case.battle).order_by("-side"):
            generate(answer.pk)
            connection.close()
    finally:
        connection.close()
    case.seconds = time.monotonic() - started


def what_the_client_sees(battle: Battle) -> str:
    """Both ways to the browser: the page's and API's view, and the socket's frames."""
    found = battle_of(battle.voter_id, battle.pk)
    assert found
    feed = Feed()
    feed.update(progress_of([battle.pk])[battle.pk])
    return json.dumps([battle_view(found), Cursor(feed).frames()])


def test_every_battle_ends_well_or_says_so_and_tells_nothing(
    cases: list[Case], caplog: pytest.LogCaptureFixture
) -> None:
    assert len(EXPECTED) + len(ADDRESSES) >= 25
    caplog.set_level(logging.DEBUG)
    with ThreadPoolExecutor(24) as pool:
        list(pool.map(write_answers, cases))

    errors, states = {}, {}
    for case in cases:
        answer = Answer.objects.get(turn__battle=case.battle, side="b")
        case.battle.refresh_from_db()
        errors[case.behaviour] = answer.error
        states[case.behaviour] = case.battle.state
        seen = what_the_client_sees(case.battle)
        if answer.state == Answer.State.FAILED:
            assert answer.error_detail not in seen, case.behaviour
            assert case.battle.failure == Battle.Failure.NO_ANSWER
            with pytest.raises(VoteRefused):
                cast_vote(case.battle.voter_id, case.battle.pk, Outcome.A)
        else:
            assert answer.text == WELL[case.behaviour]
            cast_vote(case.battle.voter_id, case.battle.pk, Outcome.A)
            seen += what_the_client_sees(case.battle)
        for secret in (KEY, "header-gold", "Left-7B", "CUDA", "HTTP ", "Content-Type"):
            assert secret not in seen, (case.behaviour, secret)
        # Two answers, one after the other, each within its limit.
        assert case.seconds < django_settings.ARENA.answer_seconds + seconds(30), case

    assert errors == {**EXPECTED, **ADDRESSES, **dict.fromkeys(WELL, "")}
    failed, opened = Battle.State.FAILED, Battle.State.OPEN
    assert states == {
        **dict.fromkeys([*EXPECTED, *ADDRESSES], failed),
        **dict.fromkeys(WELL, opened),
    }
    assert VoteStanding.objects.count() == len(WELL)
    assert not Call.objects.filter(ended_at=None).exists()
    for gold in ("prompt-gold", "header-gold", "key-gold", "forged"):
        assert gold not in caplog.text
    for endpoint_error in Call.objects.values_list("error_detail", flat=True):
        assert KEY not in endpoint_error
        assert endpoint_error.isprintable()
