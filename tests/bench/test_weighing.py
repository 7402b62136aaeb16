"""The time to weigh one vote, as stored votes and the voter's own history grow.

PostgreSQL runs without fsync, as in all tests: the wait of a commit for the disk is not in it.
"""

import itertools
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pytest
from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone
from numpy.typing import NDArray

from arena.battles.models import Answer, Attention, Battle, Side, Turn, Vote
from arena.contestants.models import Contestant
from arena.integrity.board import forget_board
from arena.integrity.flags import updated
from arena.integrity.models import VoterCountDelta, VoterEvidence, WeighedVote
from arena.integrity.statistics.flags import State, VoteFeatures
from arena.integrity.statistics.ledger import LedgerCounts
from arena.integrity.statistics.prediction import Expected
from arena.integrity.statistics.voter.gold import GoldEvidence
from arena.integrity.statistics.voter.preference import PreferenceEvidence
from arena.integrity.statistics.voter.target_seeking import TargetSeeking
from arena.integrity.statistics.voter.ties import Ties
from arena.integrity.weighing import weigh_and_hold
from arena.leaderboards.boards import register_boards
from arena.leaderboards.models import Board, Outcome, Window
from arena.text.style import AnswerStyle
from arena.voters.models import Voter
from tests.bench.conftest import Report, Row
from tests.bench.counts import contestants as made_contestants
from tests.bench.counts import fill, insert
from tests.factories import make_battle

MODELS = 100
BOARD_VOTES = 2_000_000
STORED = (10_000, 100_000, 1_000_000, 10_000_000)
VOTES_PER_VOTER = 10
WITH_TURNS = 100_000  # so many of the stored votes: enough for the planner to go by indexes
HISTORIES = (10, 100, 1_000, 10_000)
PROBES = 100  # votes weighed for each line
VOTERS = 10  # that cast them
PROMPT = "Which of these two bridges bears the greater load, and how would you show it? " * 2

Floats = NDArray[np.float64]

pytestmark = pytest.mark.usefixtures("one_blas_thread")


def store(start: int, end: int, models: list[Contestant]) -> None:
    """Votes of these numbers, weighed, and the evidence of voters with ten of them each."""
    rng = np.random.default_rng(start)
    evidence = PreferenceEvidence(1, MODELS)
    for _ in range(VOTES_PER_VOTER):
        weigh_one(evidence, rng)
    voter = f"md5((n / {VOTES_PER_VOTER})::text)::uuid"
    battle = "lpad(to_hex(n), 32, '0')::uuid"
    ids = f"(ARRAY{[model.pk for model in models]})"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # no triggers, no references
        indexes = dropped_indexes(cursor, (Voter, Battle, Vote, WeighedVote, VoterEvidence))
        voters, votes = f"n % {VOTES_PER_VOTER} = 0", "true"
        insert(cursor, Voter(), (start, end, voters), id=voter)
        insert(
            cursor,
            Battle(state=Battle.State.VOTED, finished_at=timezone.now(), shown_at=timezone.now()),
            (start, end, votes),
            id=battle,
            voter_id=voter,
            contestant_a_id=f"{ids}[1 + n % {MODELS}]",
            contestant_b_id=f"{ids}[1 + (n + 1 + n % 97) % {MODELS}]",
        )
        insert(
            cursor,
            Vote(outcome=Outcome.A, turns=1, cast_at=timezone.now()),
            (start, end, votes),
            id="n + 1",
            battle_id=battle,
            voter_id=voter,
        )
        if start < WITH_TURNS:
            some = (start, min(end, WITH_TURNS), "true")
            insert(cursor, Turn(prompt=PROMPT), some, id="n + 1", battle_id=battle)
            for side in Side:
                answer = Answer(
                    side=side,
                    state="complete",
                    text=PROMPT,
                    queued_at=timezone.now(),
                    style_tokens=300,
                )
                insert(cursor, answer, some, turn_id="n + 1")
            attention = Attention(server_battle_ms=90_000, server_decided_ms=60_000)
            insert(cursor, attention, some, vote_id="n + 1")
        insert(
            cursor,
            WeighedVote(
                models_known=MODELS,
                gradient_sign=np.packbits(rng.random(MODELS) < 1 / 2).tobytes(),
                log_e=0.0,
            ),
            (start, end, votes),
            vote_id="n + 1",
            voter_id=voter,
            number=f"1 + n % {VOTES_PER_VOTER}",
        )
        insert(
            cursor,
            VoterEvidence(
                votes=VOTES_PER_VOTER,
                models_known=MODELS,
                preference=evidence.packed(),
                gold=GoldEvidence().packed(),
                ties=ties_of(rng),
                ledger=own_of(VOTES_PER_VOTER, models, rng).packed(),
            ),
            (start, end, voters),
            voter_id=voter,
            peak_log_e="random() / 10",
        )
        cursor.execute("SET LOCAL maintenance_work_mem = '1GB'")
        for definition in indexes:
            cursor.execute(definition)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def dropped_indexes(cursor: Any, models: Sequence[type[Model]]) -> list[str]:
    """How to make the indexes again, which are dropped: to fill them row by row takes longest."""
    cursor.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s)"
        " AND indexname NOT IN (SELECT conname FROM pg_constraint)",
        [[model._meta.db_table for model in models]],
    )
    indexes = dict(cursor.fetchall())
    cursor.execute("; ".join(f'DROP INDEX "{name}"' for name in indexes))
    return list(indexes.values())


def weigh_one(evidence: PreferenceEvidence, rng: np.random.Generator) -> None:
    a, b = rng.choice(MODELS, 2, replace=False)
    gradient_sign = rng.random((1, MODELS)) < 1 / 2
    expected = Expected(rng.normal(0, 0.5, 1), np.array([0.05]), gradient_sign)
    picked = rng.integers(0, 2, 1).astype(np.float64)
    evidence.update(expected, np.array([a]), np.array([b]), picked)


def habits_of(rng: np.random.Generator) -> dict[str, State]:
    """States of habits as large as they get, or nearly."""
    habits: dict[str, State] = {}
    for prompt in range(60):
        words = frozenset(map(str, rng.integers(0, 10_000, 30)))
        at = float(rng.integers(0, 86_400) + 86_400 * prompt)
        habits = updated(habits, VoteFeatures(at, 60.0, 600.0, prompt=prompt, words=words))
    return habits


def seeking_of(rng: np.random.Generator) -> bytes:
    """Of a voter who left a battle before each of ten."""
    evidence = TargetSeeking(1, MODELS)
    for _ in range(VOTES_PER_VOTER):
        a, b, c, d = rng.choice(MODELS, 4, replace=False)
        shown = np.bincount([a, b, c, d], minlength=MODELS)[None]
        evidence.update(np.array([2]), shown, np.array([a]), np.array([b]))
    return evidence.packed()


def ties_of(rng: np.random.Generator) -> bytes:
    """Of a voter with ten votes, one of them a tie."""
    evidence = Ties(1, MODELS)
    for number in range(VOTES_PER_VOTER):
        a, b = rng.choice(MODELS, 2, replace=False)
        gradient_sign = rng.random((1, MODELS)) < 1 / 2
        expected = Expected(rng.normal(0, 0.5, 1), np.array([0.05]), gradient_sign, -rng.random(1))
        evidence.update(expected, np.array([a]), np.array([b]), np.array([number == 0]))
    return evidence.packed()


def own_of(votes: int, models: list[Contestant], rng: np.random.Generator) -> LedgerCounts:
    pairs = np.sort([rng.choice(MODELS, 2, replace=False) for _ in range(votes)], axis=1)
    ids = np.array([model.pk for model in models])[pairs]
    outcomes = rng.integers(0, 4, votes)
    changes = [(int(a), int(b), int(o), 1) for (a, b), o in zip(ids, outcomes, strict=True)]
    return LedgerCounts.unpacked(b"").changed(changes)


def voter_with(votes: int, models: list[Contestant], rng: np.random.Generator) -> Voter:
    """A voter who has this history, weighed."""
    voter = Voter.objects.create()
    evidence = PreferenceEvidence(1, MODELS)
    for _ in range(VOTES_PER_VOTER):
        weigh_one(evidence, rng)
    VoterEvidence.objects.create(
        voter=voter,
        votes=votes,
        models_known=MODELS,
        preference=evidence.packed(),
        ledger=own_of(votes, models, rng).packed(),
        flags=habits_of(rng),
        target_seeking=seeking_of(rng),
        ties=ties_of(rng),
    )
    return voter


def vote(voter: Voter, models: list[Contestant], rng: np.random.Generator) -> None:
    """A vote that is noted, and in no board that was read so far."""
    a, b = (models[place] for place in rng.choice(MODELS, 2, replace=False))
    now = timezone.now()
    style = AnswerStyle(300, 0, 0, 0)
    cast = make_battle(
        a,
        b,
        voter=voter,
        prompts=[PROMPT],
        answers=(PROMPT, PROMPT),
        styles=(style, style),
        finished_at=now,
        shown_at=now,
        outcome=Outcome.A if rng.random() < 1 / 2 else Outcome.B,
    ).vote
    Attention.objects.create(vote=cast, server_battle_ms=90_000, server_decided_ms=60_000)
    VoterCountDelta.objects.create(
        voter=voter, vote=cast, delta=1, revision=BOARD_VOTES * 2, unweighed=True
    )


def milliseconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return 1e3 * (time.perf_counter() - start)


def one_write(voter: Voter) -> None:
    """The floor: one row changed, in a transaction of its own."""
    with transaction.atomic():
        VoterEvidence.objects.filter(pk=voter.pk).update(updated_at=timezone.now())


def measured(history: int, models: list[Contestant]) -> dict[str, float]:
    rng = np.random.default_rng(history)
    voters = [voter_with(history, models, rng) for _ in range(VOTERS)]
    times, floors = [], []
    for probe in range(PROBES):
        voter = voters[probe % VOTERS]
        vote(voter, models, rng)
        times.append(milliseconds(partial(weigh_and_hold, voter.pk)))
        floors.append(milliseconds(partial(one_write, voter)))
    steps = WeighedVote.objects.filter(voter__in=voters).count()
    assert steps == PROBES
    return {
        "ms, 10%": float(np.percentile(times, 10)),
        "ms, median": float(np.median(times)),
        "ms, 99%": float(np.percentile(times, 99)),
        "times one write": float(np.median(times) / np.median(floors)),
    }


@pytest.mark.django_db(transaction=True)
def test_weighing_one_vote(report: Report) -> None:
    register_boards()
    models = made_contestants(MODELS)
    fill(Board.objects.get(slug="overall"), models, BOARD_VOTES, list(Window))
    forget_board()
    with connection.cursor() as cursor:  # the probes' votes come after all that is stored
        for table in ("battles_vote", "battles_turn"):
            cursor.execute(f"ALTER TABLE {table} ALTER COLUMN id RESTART WITH %s", [2 * STORED[-1]])
    rows: list[Row] = []
    for before, size in itertools.pairwise((0, *STORED)):
        store(before, size, models)
        for history in HISTORIES if size == STORED[-1] else HISTORIES[:1]:
            found = measured(history, models)
            rows.append(
                {
                    "stored votes": size,
                    "voters": size // VOTES_PER_VOTER,
                    "voter's own votes": history,
                    **found,
                }
            )
    report("Weighing one vote (one write: one row updated in a transaction of its own)", rows)
