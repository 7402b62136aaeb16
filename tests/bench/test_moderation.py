"""The moderators' pages at size: a voter with 10,000 votes, a queue of 100,000 cases."""

import time
import uuid
from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from arena.battles.models import Attention, Vote
from arena.integrity.models import Signal, WeighedVote
from arena.leaderboards.boards import register_boards
from arena.leaderboards.models import Board, Window
from arena.moderation.models import Case
from arena.voters.models import Voter
from tests.bench.conftest import Report
from tests.bench.counts import MODELS, contestants, fill
from tests.factories import NewBattle, make_battles
from tests.members import logged_in, make_moderator

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("one_blas_thread")]

VOTES = 10_000
CASES = 100_000
ROUNDS = 7


@pytest.fixture
def moderator() -> Client:
    return logged_in(make_moderator("ann"))


def busy_case() -> Case:
    """A case of a voter with many votes, all of them held."""
    rng = np.random.default_rng(3)
    board = Board.objects.get(slug="overall")
    models = contestants(MODELS)
    fill(board, models, 2_000_000, [Window.ALL])
    voter, now = Voter.objects.create(), timezone.now()
    pairs = [rng.choice(MODELS, 2, replace=False) for _ in range(VOTES)]
    battles = make_battles(
        NewBattle(
            models[a],
            models[b],
            voter=voter,
            language="en",
            finished_at=now,
            shown_at=now,
            outcome=str(rng.choice(["a", "b", "tie"])),
            cast_at=now - timedelta(minutes=VOTES - place),
            standings=["counted", "held"],
        )
        for place, (a, b) in enumerate(pairs)
    )
    votes = Vote.objects.filter(battle__in=battles).order_by("pk")
    WeighedVote.objects.bulk_create(
        WeighedVote(vote=vote, voter=voter, number=place + 1, models_known=MODELS, log_e=place / 50)
        for place, vote in enumerate(votes)
    )
    Attention.objects.bulk_create(
        Attention(
            vote=vote, server_battle_ms=9000, server_decided_ms=int(rng.integers(200, 90_000))
        )
        for vote in votes
    )
    signal = Signal.objects.create(kind="preference", log_e=9.0, detail={"alternative": "random"})
    case = Case.objects.create(kind="preference", log_e=9.0, votes=VOTES, boards=["overall"])
    case.signals.add(signal)
    case.voters.add(voter)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return case


def measured(ask: Callable[[], object]) -> tuple[float, float, int]:
    """Median and longest milliseconds of a request, and its queries."""
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        ask()
        times.append(1000 * (time.perf_counter() - started))
    with CaptureQueriesContext(connection) as captured:
        ask()
    return float(np.median(times)), max(times), len(captured)


def test_a_case_of_many_votes_opens_at_once(report: Report, moderator: Client) -> None:
    register_boards()
    path = busy_case().get_absolute_url()
    assert moderator.get(path).status_code == 200
    median, longest, queries = measured(lambda: moderator.get(path))
    report(
        f"Page of a case, {VOTES:,} votes, {MODELS} contestants",
        [
            {
                "median, ms": round(median),
                "longest, ms": round(longest),
                "queries": queries,
                "goal": "under 300 ms",
            }
        ],
    )
    assert median < 300


def test_a_long_queue_opens_at_once(report: Report, moderator: Client) -> None:
    register_boards()
    models = contestants(MODELS)
    rng = np.random.default_rng(4)
    states = rng.choice(Case.State.values, CASES, p=[0.3, 0.05, 0.05, 0.2, 0.4])
    scores = rng.lognormal(1, 1, (CASES, 2))
    cases = Case.objects.bulk_create(
        (
            Case(
                state=state,
                kind="preference",
                contestant=models[place % MODELS],
                boards=["overall", "code"] if place % 20 == 0 else ["overall"],
                log_e=log_e,
                influence=influence,
                priority=log_e * influence,
            )
            for place, (state, (log_e, influence)) in enumerate(zip(states, scores, strict=True))
        ),
        batch_size=5000,
    )
    voters = Voter.objects.bulk_create((Voter() for _ in range(CASES)), batch_size=5000)
    Case.voters.through.objects.bulk_create(
        (
            Case.voters.through(case=case, voter=voter)
            for case, voter in zip(cases, voters, strict=True)
        ),
        batch_size=5000,
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE moderation_case, moderation_case_voters")
    for name, query in {
        "open": "",
        "all states, the 1000th": "state=all&from=1000",
        "one board": "board=code",
        "one model": "state=decided&model=model-007",
        "nobody's, of this week": "assignee=nobody&days=7",
        "a voter": f"state=all&search={voters[70_000].pk}",
        "an unknown voter": f"state=all&search={uuid.uuid4()}",
    }.items():
        path = f"/moderation/?{query}"
        assert moderator.get(path).status_code == 200
        median, longest, queries = measured(lambda path=path: moderator.get(path))  # type: ignore[misc]
        report(
            f"Queue, {CASES:,} cases",
            [
                {
                    "shown": name,
                    "median, ms": round(median),
                    "longest, ms": round(longest),
                    "queries": queries,
                    "goal": "under 200 ms",
                }
            ],
        )
        assert median < 200
