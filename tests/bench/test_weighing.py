"""The time to weigh one vote, as stored votes and the voter's own history grow.

PostgreSQL runs without fsync, as in all tests: the wait of a commit for the disk is not in it.
"""

import itertools
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest
from django.db import connection, transaction
from django.utils import timezone
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from arena.battles.models import Battle, Vote
from arena.contestants.models import Contestant
from arena.integrity import selectors, services
from arena.integrity.core.own import OwnCounts
from arena.integrity.core.preference import Evidence, Expected
from arena.integrity.models import OwnChange, VoterEvidence, WeighedVote
from arena.voters.models import Voter
from ratings.models import Board, Outcome, Window
from ratings.services import register_boards
from tests.bench.conftest import Report, Row
from tests.bench.test_refit import contestants as made_contestants
from tests.bench.test_refit import fill

MODELS = 100
BOARD_VOTES = 2_000_000
STORED = (10_000, 100_000, 1_000_000, 10_000_000)
VOTES_PER_VOTER = 10
HISTORIES = (10, 100, 1_000, 10_000)
PROBES = 100  # votes weighed for each line
VOTERS = 10  # that cast them

Floats = NDArray[np.float64]


@pytest.fixture(autouse=True)
def _one_blas_thread() -> Iterator[None]:
    """As the site's processes have it."""
    with threadpool_limits(1):
        yield


def store(start: int, end: int, models: list[Contestant]) -> None:
    """Votes of these numbers, weighed, and the evidence of voters with ten of them each."""
    rng = np.random.default_rng(start)
    evidence = Evidence(1, MODELS)
    for _ in range(VOTES_PER_VOTER):
        weigh_one(evidence, rng)
    ids = [model.pk for model in models]
    numbers: dict[str, Any] = {
        "start": start,
        "end": end,
        "per": VOTES_PER_VOTER,
        "ids": ids,
        "models": MODELS,
        "values": evidence.values.tobytes(),
        "own": own_of(VOTES_PER_VOTER, models, rng).packed(),
        "bits": np.packbits(rng.random(MODELS) < 1 / 2).tobytes(),
    }
    voter = "md5((n / %(per)s)::text)::uuid"
    battle = "lpad(to_hex(n), 32, '0')::uuid"
    each = "FROM generate_series(%(start)s, %(end)s - 1) AS n"
    side = "(%(ids)s::bigint[])[1 + ({}) %% %(models)s]"
    contestants = f"{side.format('n')}, {side.format('n + 1 + n %% 97')}"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # no triggers, no references
        cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
        for statement in (
            f"INSERT INTO voters_voter (id, created_at) SELECT {voter}, now() {each}"
            " WHERE n %% %(per)s = 0",
            "INSERT INTO battles_battle (id, voter_id, contestant_a_id, contestant_b_id, state,"
            " failure, created_at, finished_at, shown_at)"
            f" SELECT {battle}, {voter}, {contestants}, 'voted', '', now(), now(), now() {each}",
            "INSERT INTO battles_vote (id, battle_id, voter_id, outcome, cast_at)"
            f" SELECT n + 1, {battle}, {voter}, 'a', now() {each}",
            "INSERT INTO integrity_weighedvote (vote_id, voter_id, number, models_known,"
            " difference, error, helps_a, log_e, weighed_at)"
            f" SELECT n + 1, {voter}, 1 + n %% %(per)s, %(models)s, 0.1, 0.05, %(bits)s, 0, now()"
            f" {each}",
            "INSERT INTO integrity_voterevidence (voter_id, votes, models_known, values, random,"
            ' "offset", log_e, peak_log_e, own, own_changes, reviewed_log_e, hold_due, updated_at)'
            f" SELECT {voter}, %(per)s, %(models)s, %(values)s, 0, 0, 0, random() / 10, %(own)s, 0,"
            f" 0, false, now() {each} WHERE n %% %(per)s = 0",
        ):
            cursor.execute(statement, numbers)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def weigh_one(evidence: Evidence, rng: np.random.Generator) -> None:
    a, b = rng.choice(MODELS, 2, replace=False)
    helps_a = rng.random((1, MODELS)) < 1 / 2
    expected = Expected(rng.normal(0, 0.5, 1), np.array([0.05]), helps_a)
    picked = rng.integers(0, 2, 1).astype(np.float64)
    evidence.update(expected, np.array([a]), np.array([b]), picked)


def own_of(votes: int, models: list[Contestant], rng: np.random.Generator) -> OwnCounts:
    pairs = np.sort([rng.choice(MODELS, 2, replace=False) for _ in range(votes)], axis=1)
    ids = np.array([model.pk for model in models])[pairs]
    outcomes = rng.integers(0, 4, votes)
    changes = [(int(a), int(b), int(o), 1) for (a, b), o in zip(ids, outcomes, strict=True)]
    return OwnCounts.unpacked(b"").changed(changes)


def voter_with(votes: int, models: list[Contestant], rng: np.random.Generator) -> Voter:
    """A voter who has this history, weighed."""
    voter = Voter.objects.create()
    evidence = Evidence(1, MODELS)
    for _ in range(VOTES_PER_VOTER):
        weigh_one(evidence, rng)
    VoterEvidence.objects.create(
        voter=voter,
        votes=votes,
        models_known=MODELS,
        values=evidence.values.tobytes(),
        own=own_of(votes, models, rng).packed(),
    )
    return voter


def vote(voter: Voter, models: list[Contestant], rng: np.random.Generator) -> None:
    """A vote that is noted, and in no board that was read so far."""
    a, b = (models[place] for place in rng.choice(MODELS, 2, replace=False))
    now = timezone.now()
    battle = Battle.objects.create(
        voter=voter,
        contestant_a=a,
        contestant_b=b,
        state=Battle.State.OPEN,
        finished_at=now,
        shown_at=now,
    )
    outcome = Outcome.A if rng.random() < 1 / 2 else Outcome.B
    cast = Vote.objects.create(battle=battle, voter=voter, outcome=outcome, cast_at=now)
    OwnChange.objects.create(
        voter=voter, vote=cast, delta=1, number=BOARD_VOTES * 2, unweighed=True
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
        times.append(milliseconds(partial(services.check_voter, voter.pk)))
        floors.append(milliseconds(partial(one_write, voter)))
    steps = WeighedVote.objects.filter(voter__in=voters).count()
    assert steps == PROBES
    return {
        "ms, median": float(np.median(times)),
        "ms, 99%": float(np.percentile(times, 99)),
        "times one write": float(np.median(times) / np.median(floors)),
    }


@pytest.mark.django_db(transaction=True)
def test_weighing_one_vote(report: Report) -> None:
    register_boards()
    models = made_contestants(MODELS)
    fill(Board.objects.get(slug="overall"), models, BOARD_VOTES, list(Window))
    selectors.forget_board()
    with connection.cursor() as cursor:  # the probes' votes come after all that is stored
        cursor.execute("ALTER TABLE battles_vote ALTER COLUMN id RESTART WITH %s", [2 * STORED[-1]])
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
