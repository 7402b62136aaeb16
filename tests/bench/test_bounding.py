"""The time and memory to compute the weights of two weeks' votes, and to set them.

An established site: 100 models, 20 votes of before for each pair and outcome. One vote in ten is of
a farm, which votes once an account, for one model.
"""

import resource
import time

import pytest
from django.db import connection, transaction
from django.utils import timezone

from arena.battles.models import Answer, Battle, Origin, Side, Turn, Vote, VoteStanding, VoteWeight
from arena.integrity.weights.bounding import bound_influence
from arena.leaderboards.boards import register_boards
from arena.leaderboards.models import Board, Outcome
from arena.voters.models import CLUSTERS
from ratings import engine
from tests.bench.conftest import Report, Row
from tests.bench.counts import contestants, insert

MODELS = 100
VOTES = 300_000
DAYS = 14
BEFORE = 20

BATTLE = "lpad(to_hex(n), 32, '0')::uuid"
IS_FARM = "n % 10 = 0"
VOTER = f"md5((CASE WHEN {IS_FARM} THEN n ELSE n / 30 * 30 + n % 3 + 1 END)::text)::uuid"

pytestmark = pytest.mark.usefixtures("one_blas_thread")

COUNTS = """
INSERT INTO {table} (
    board_id, {key}, first_id, second_id, first_wins, second_wins, ties, both_bad, cells, sums,
    voters {revision}
)
SELECT board.id, {value}, first, second, {before} + count(*) FILTER (WHERE outcome = 'a'),
    {before} + count(*) FILTER (WHERE outcome = 'b'),
    {before} + count(*) FILTER (WHERE outcome = 'tie'), {before},
    array_fill(0, ARRAY[{cells}]), array_fill(0::bigint, ARRAY[{ranges}]),
    array_fill(0, ARRAY[{voters}]) {one}
FROM ratings_board AS board, (
    SELECT least(contestant_a_id, contestant_b_id) AS first,
        greatest(contestant_a_id, contestant_b_id) AS second, cast_at,
        CASE WHEN outcome = 'tie' OR contestant_a_id < contestant_b_id THEN outcome
            WHEN outcome = 'a' THEN 'b' ELSE 'a' END AS outcome
    FROM battles_vote AS vote JOIN battles_battle AS battle ON battle.id = vote.battle_id
) AS counted
WHERE board.slug IN ('overall', 'fresh')
GROUP BY board.id, first, second {group}
"""


def store() -> None:
    """Votes of the last two weeks, and the counts that they are in."""
    now = timezone.now()
    ids = f"(ARRAY{[model.pk for model in contestants(MODELS)]})"
    place = f"(hashint4(n) & 65535) % {MODELS}"
    first = f"CASE WHEN {IS_FARM} THEN 0 ELSE {place} END"
    second = f"(({first}) + 1 + (hashint4(n + 1) & 65535) % {MODELS - 1}) % {MODELS}"
    at = f"now() - make_interval(hours => (n % {DAYS * 24 - 24})::int)"
    numbers = (0, VOTES, "true")
    chosen = f"CASE WHEN {IS_FARM} THEN 'a' ELSE (ARRAY['a', 'b', 'tie'])[1 + n / 7 % 3] END"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # no triggers, no references
        insert(
            cursor,
            Battle(state=Battle.State.VOTED, finished_at=now, shown_at=now),
            numbers,
            id=BATTLE,
            voter_id=VOTER,
            contestant_a_id=f"{ids}[1 + {first}]",
            contestant_b_id=f"{ids}[1 + {second}]",
            created_at=at,
        )
        vote, like = Vote(outcome=Outcome.A, turns=1), {"battle_id": BATTLE, "voter_id": VOTER}
        insert(cursor, vote, numbers, id="n + 1", cast_at=at, outcome=chosen, **like)
        counted = VoteStanding(standing="counted", reason="For a benchmark.")
        insert(cursor, counted, numbers, vote_id="n + 1")
        insert(cursor, Turn(prompt="Why?", language="und"), numbers, id="n + 1", battle_id=BATTLE)
        for side in Side:
            answer = Answer(side=side, state="complete", text="So.", queued_at=now)
            insert(cursor, answer, numbers, turn_id="n + 1")
        network = f"CASE WHEN {IS_FARM} THEN 'farm ' || n % 200 ELSE 'home ' || n / 5 END"
        insert(cursor, Origin(), numbers, battle_id=BATTLE, network=network)
        cursor.execute(
            "INSERT INTO voters_voter (id, cluster, created_at, publishes)"
            f" SELECT DISTINCT voter_id, abs(hashint4(id::int)) % {CLUSTERS}, now(), false"
            " FROM (SELECT DISTINCT ON (voter_id) voter_id, id FROM battles_vote) AS votes"
        )
        sizes = {
            "cells": 3 * engine.GRID.cells,
            "ranges": engine.GRID.ranges,
            "voters": 2 * CLUSTERS,
        }
        total = {"table": "ratings_pairtotal", "key": '"window"', "revision": ", revision"}
        for window in ("all", "30d"):
            value = {"value": f"'{window}'", "before": BEFORE, "one": ", 1", "group": ""}
            cursor.execute(COUNTS.format(**total, **value, **sizes))
        cast = "(cast_at AT TIME ZONE 'UTC')::date"
        day = {"table": "ratings_pairday", "key": "day", "revision": "", "one": ""}
        day |= {"value": cast, "before": "0", "group": f", {cast}"}
        cursor.execute(COUNTS.format(**day, **sizes))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


@pytest.mark.django_db(transaction=True)
def test_weights_of_two_weeks(report: Report) -> None:
    register_boards()
    store()
    assert Board.objects.filter(slug="fresh").exists()
    rows: list[Row] = []
    for name in ("the first time, all set", "again, nothing changed"):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        start = time.perf_counter()
        changed = bound_influence()
        seconds = time.perf_counter() - start
        more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        assert changed is not None
        rows.append(
            {
                "run": name,
                "votes": VOTES,
                "weights changed": changed,
                "seconds": round(seconds, 1),
                "peak memory above before, MB": round(more / 1024),
            }
        )
    report("Weights of two weeks' votes", rows)
    assert VoteWeight.objects.count() > VOTES / 20
    assert rows[1]["weights changed"] == 0
    assert float(rows[1]["seconds"]) < 60
