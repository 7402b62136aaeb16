"""Exports of many votes: their memory does not grow with them. And arena-rank on what we publish.

Votes are written straight into their tables, without the triggers that would check each, and
without the indexes, which are made afterwards: ten million votes are there in some minutes.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq
import pytest
from django.db import connection

from arena.contestants.models import Contestant
from ratings.engine import fit
from ratings.votefile import read_votes
from tests.bench.conftest import ROOT, Report
from tests.factories import make_contestants

pytestmark = pytest.mark.django_db(transaction=True)

MODELS = 50
SIZES = [10**5, 10**6, *([10**7] if os.environ.get("ARENA_TEST_BENCH_FULL") else [])]
MOST_MEGABYTES = 300
POINTS = 1e-3

# A battle of one turn with two answers, and the vote on it; 200 voters a day, 1,000 votes each.
FILL = """
    CREATE TEMPORARY TABLE made AS
    SELECT n, gen_random_uuid() AS battle, (n::bigint * 7919 %% %(voters)s + 1) AS voter,
        a, CASE WHEN b >= a THEN b + 1 ELSE b END AS b,
        timestamptz '2026-01-01' + n / %(votes)s::float8 * interval '365 days' AS at,
        random() AS luck, (CASE WHEN random() < 0.9 THEN 'en' ELSE 'de' END) AS language
    FROM (
        SELECT n, floor(random() * %(models)s)::int AS a,
            floor(random() * (%(models)s - 1))::int AS b
        FROM generate_series(1, %(votes)s) AS n
    ) AS drawn;
    INSERT INTO voters_voter (id, created_at, publishes)
        SELECT md5(n::text)::uuid, now(), false FROM generate_series(1, %(voters)s) AS n;
    INSERT INTO battles_battle (id, voter_id, contestant_a_id, contestant_b_id, state, failure,
            created_at, finished_at, shown_at, is_gold, by_program, may_publish)
        SELECT battle, md5(voter::text)::uuid, a + %(first)s, b + %(first)s, 'voted', '', at,
            at, at, false, false, false
        FROM made;
    INSERT INTO battles_turn (
            id, battle_id, number, prompt, language, topics, excluded_reason, created_at
        )
        SELECT n, battle, 1, 'Why?', language, '{}', '', at FROM made;
    INSERT INTO battles_answer (turn_id, side, state, text, attempt, queued_at, error, error_detail,
            finish_reason, removed, style_tokens, style_headers, style_lists, style_bold)
        SELECT n, side, 'complete', 'Because.', 1, at, '', '', 'stop', '{}', (n %% 500 + 1)::int,
            0, 1, 2
        FROM made, (VALUES ('a'), ('b')) AS sides (side);
    INSERT INTO battles_vote (id, battle_id, voter_id, outcome, turns, cast_at)
        SELECT n, battle, md5(voter::text)::uuid, CASE
            WHEN luck < 0.2 THEN 'tie' WHEN luck < 0.25 THEN 'both_bad'
            WHEN luck < 0.625 + (a - b) * 0.005 THEN 'a' ELSE 'b' END, 1, at
        FROM made;
    INSERT INTO battles_votestanding (vote_id, standing, code, reason, created_at)
        SELECT n, CASE WHEN n %% 50 = 0 THEN 'held' ELSE 'counted' END, '', 'A benchmark.', at
        FROM made;
"""


def fill(votes: int) -> list[Contestant]:
    models = make_contestants(MODELS)
    columns = {
        "votes": votes,
        "models": MODELS,
        "voters": max(1000, votes // 100),
        "first": models[0].pk,
    }
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SET work_mem = '256MB'")
        cursor.execute("SET maintenance_work_mem = '512MB'")
        with without_indexes(cursor):
            cursor.execute(FILL, columns)
        cursor.execute("DROP TABLE made")
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("ANALYZE")
    return models


TABLES = [f"battles_{name}" for name in ("battle", "turn", "answer", "vote", "votestanding")]


@contextmanager
def without_indexes(cursor: Any) -> Iterator[None]:
    """The tables of votes have only their primary keys meanwhile; then all is as it was."""
    cursor.execute(
        """
        SELECT indrelid::regclass::text, relname, pg_get_indexdef(pg_index.indexrelid),
            pg_get_constraintdef(pg_constraint.oid)
        FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
        LEFT JOIN pg_constraint ON conindid = indexrelid AND contype = 'u'
        WHERE NOT indisprimary AND indrelid = ANY(%s::regclass[])
        """,
        [TABLES],
    )
    indexes = cursor.fetchall()
    for table, name, _, constraint in indexes:
        cursor.execute(
            f"ALTER TABLE {table} DROP CONSTRAINT {name}" if constraint else f"DROP INDEX {name}"
        )
    yield
    for table, name, index, constraint in indexes:
        cursor.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT {name} {constraint}" if constraint else index
        )


class Cost(NamedTuple):
    """Of a process: `cpu` without the database's part."""

    seconds: float
    cpu: float
    megabytes: float


def exported(path: Path, form: str, env: dict[str, str]) -> Cost:
    """What the command that writes an export costs."""
    command = [sys.executable, "manage.py", "export_votes", "--counted", "--format", form]
    began = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--to", str(path)], cwd=ROOT, env=env, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    assert status == 0
    seconds = time.perf_counter() - began
    return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6)


def floor() -> float:
    """Seconds that the database takes to give the same votes, without any of what is done here."""
    began = time.perf_counter()
    query = """
        COPY (
            SELECT vote.*, battle.*, turn.language, answer.side, answer.style_tokens
            FROM battles_vote AS vote JOIN battles_battle AS battle ON battle.id = vote.battle_id
            JOIN battles_turn AS turn ON turn.battle_id = battle.id
            JOIN battles_answer AS answer ON answer.turn_id = turn.id
        ) TO STDOUT
    """
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        for _ in copy:
            pass
    return time.perf_counter() - began


@pytest.mark.parametrize("votes", SIZES)
def test_memory_does_not_grow(
    votes: int, report: Report, tmp_path: Path, database_environment: dict[str, str]
) -> None:
    began = time.perf_counter()
    fill(votes)
    report("Votes to export", [{"votes": votes, "filled in s": time.perf_counter() - began}])
    base = floor()
    for form in ("parquet", "ndjson") if votes < 10**6 else ("parquet",):
        path = tmp_path / f"votes.{form}"
        cost = exported(path, form, database_environment)
        report(
            "Export of all votes by `manage.py export_votes`",
            [
                {
                    "votes": votes,
                    "format": form,
                    "s": cost.seconds,
                    "of it CPU": cost.cpu,
                    "votes/s": votes / cost.seconds,
                    "of a plain COPY": cost.seconds / base,
                    "peak MB": cost.megabytes,
                    "file MB": path.stat().st_size / 1e6,
                }
            ],
        )
        assert cost.megabytes < MOST_MEGABYTES
        if form == "parquet":
            assert pq.ParquetFile(path).metadata.num_rows == votes - votes // 50


def test_arena_rank_reproduces_the_board(
    report: Report, tmp_path: Path, database_environment: dict[str, str], peers_python: Path
) -> None:
    """LMArena's own code on our Parquet, unchanged, against the board of the same votes."""
    fill(200_000)
    path = tmp_path / "votes.parquet"
    exported(path, "parquet", database_environment)
    done = subprocess.run(
        [str(peers_python), str(Path(__file__).with_name("rating_peers.py")), "board", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    theirs: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    board = fit(read_votes(path).table())
    ours = dict(zip(board.models, board.ratings.tolist(), strict=True))
    largest = max(abs(ours[model] - rating) for model, rating in theirs.items())
    report(
        "arena-rank 0.1.1 on our Parquet, 200,000 votes",
        [{"models": len(ours), "largest difference, points": largest}],
    )
    assert theirs.keys() == ours.keys()
    assert largest < POINTS
