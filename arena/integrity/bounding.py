"""Bound the influence of groups of votes: compute the weights of recent votes anew, and set them.

What the weights are is said in `arena.integrity.core.influence`. Votes of before the period keep
the weights that they have.
"""

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

import numpy as np
from django.conf import settings
from django.db import OperationalError, connection
from django.utils import timezone
from numpy.typing import NDArray

from arena.battles.models import ORIGIN_DAYS, VoteWeight
from arena.battles.weights import Weight, set_weights
from arena.integrity.core.influence import STEPS, Ballots, Group, influence
from arena.integrity.core.levels import common_levels
from ratings.boards import OVERALL
from ratings.core import OUTCOMES, PairTable

logger = logging.getLogger(__name__)

LOCK = int.from_bytes(b"bounding")  # of PostgreSQL, while weights are computed and set
FETCHED = 20_000  # votes at a time
SET_AT_ONCE = 200  # votes whose pairs are locked together
ENOUGH = 1000  # earlier votes of a person that are counted, at most
NONE = -1

Numbers = NDArray[np.int64]

PERIOD = """
WITH period AS MATERIALIZED (
    SELECT vote.id, coalesce(voter.joined_id, voter.id) AS person, origin.network,
        (vote.cast_at AT TIME ZONE 'UTC')::date - %(since)s::date AS day,
        battle.contestant_a_id AS a, battle.contestant_b_id AS b,
        array_position(%(outcomes)s::text[], vote.outcome::text) - 1 AS outcome,
        coalesce(weight.tenths, %(full)s) AS tenths,
        coalesce(array_position(%(groups)s::text[], weight."group"::text), 0) AS bounded
    FROM battles_vote AS vote
    JOIN battles_battle AS battle ON battle.id = vote.battle_id
    JOIN voters_voter AS voter ON voter.id = vote.voter_id
    LEFT JOIN battles_origin AS origin ON origin.battle_id = vote.battle_id
    CROSS JOIN LATERAL (
        SELECT standing FROM battles_votestanding
        WHERE vote_id = vote.id ORDER BY id DESC LIMIT 1
    ) AS standing
    LEFT JOIN LATERAL (
        SELECT tenths, "group" FROM battles_voteweight
        WHERE vote_id = vote.id ORDER BY id DESC LIMIT 1
    ) AS weight ON true
    WHERE vote.cast_at >= %(begin)s AND standing.standing = 'counted'
), people AS (
    SELECT DISTINCT person FROM period
), accounts AS (
    SELECT person, person AS voter FROM people
    UNION ALL
    SELECT person, voter.id FROM people JOIN voters_voter AS voter ON voter.joined_id = person
), earlier AS (
    SELECT person, sum(number) AS number FROM accounts
    CROSS JOIN LATERAL (
        SELECT count(*) AS number FROM (
            SELECT FROM battles_vote AS vote
            CROSS JOIN LATERAL (
                SELECT standing FROM battles_votestanding
                WHERE vote_id = vote.id ORDER BY id DESC LIMIT 1
            ) AS standing
            WHERE vote.voter_id = accounts.voter AND vote.cast_at < %(begin)s
                AND standing.standing = 'counted'
            LIMIT %(enough)s
        ) AS counted
    ) AS before
    GROUP BY person
)
SELECT id, dense_rank() OVER (ORDER BY person) - 1,
    CASE WHEN coalesce(network, '') = '' THEN -1 ELSE dense_rank() OVER (ORDER BY network) END,
    day, a, b, outcome, tenths, bounded, number::bigint
FROM period JOIN earlier USING (person)
"""

DRAWN = """
SELECT contestant_a_id, contestant_b_id, count(*) FROM battles_battle
WHERE created_at >= %s AND mode = 'blind' AND NOT is_check AND NOT by_program
GROUP BY contestant_a_id, contestant_b_id
"""

BEFORE = """
SELECT total.first_id, total.second_id, total.changes, {counts}
FROM ratings_pairtotal AS total
JOIN ratings_board AS board ON board.id = total.board_id AND board.slug = %s
LEFT JOIN LATERAL (
    SELECT {sums} FROM ratings_pairday AS day
    WHERE day.board_id = total.board_id AND day.first_id = total.first_id
        AND day.second_id = total.second_id AND day.day >= %s
) AS later ON true
WHERE total."window" = 'all'
"""
COLUMNS = ("first_wins", "second_wins", "ties", "both_bad")


class _Votes(NamedTuple):
    """The counted votes of the period, an element of each array for each.

    `bounded` is the place of the group that bounds a vote's weight as it is, `tenths`.
    """

    id: Numbers
    person: Numbers
    network: Numbers
    day: Numbers
    a: Numbers
    b: Numbers
    outcome: Numbers
    tenths: Numbers
    bounded: Numbers
    earlier: Numbers


def bound_influence(today: date | None = None) -> int | None:
    """Compute the weights of the counted votes of the last `ORIGIN_DAYS` days, and set them.

    Votes are set pair by pair, some hundreds in a transaction, so that no vote that is being cast
    has to wait. What is in use, or was left by a killed process, is set the next time.

    Returns how many weights changed; None if this is already under way.
    """
    today = today or timezone.now().date()
    since = today - timedelta(days=ORIGIN_DAYS - 1)
    with _alone() as is_alone:
        if not is_alone:
            return None
        votes = _read(since)
        if not len(votes.id):
            return 0
        tenths, bounded = _weights(votes, since)
        changed = np.flatnonzero((tenths != votes.tenths) | (bounded != votes.bounded))
        low, high = np.minimum(votes.a, votes.b), np.maximum(votes.a, votes.b)
        order = changed[np.lexsort((high[changed], low[changed]))]
        names = ["", *VoteWeight.Group.values]
        parts = (order[n : n + SET_AT_ONCE] for n in range(0, len(order), SET_AT_ONCE))
        return sum(
            _set({int(votes.id[n]): Weight(int(tenths[n]), names[bounded[n]]) for n in part})
            for part in parts
        )


def _set(weights: dict[int, Weight]) -> int:
    try:
        return set_weights(weights)
    except OperationalError:
        logger.info("Some votes are in use; their weights are set the next time.")
        return 0


@contextmanager
def _alone() -> Iterator[bool]:
    """Whether nobody else does this, until the end."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        (is_alone,) = cursor.fetchone()
    try:
        yield is_alone
    finally:
        if is_alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def _read(since: date) -> _Votes:
    parameters: dict[str, Any] = {
        "since": since,
        "begin": datetime.combine(since, time(), UTC),
        "outcomes": list(OUTCOMES),
        "groups": VoteWeight.Group.values,
        "full": VoteWeight.FULL,
        "enough": ENOUGH,
    }
    parts = [np.zeros((0, len(_Votes._fields)), dtype=np.int64)]
    with connection.cursor() as cursor:
        cursor.execute(PERIOD, parameters)
        while rows := cursor.fetchmany(FETCHED):
            parts.append(np.array(rows, dtype=np.int64))
    return _Votes(*np.concatenate(parts).T.copy())


def _weights(votes: _Votes, since: date) -> tuple[Numbers, Numbers]:
    """Tenths and the place of the group of each vote."""
    drawn, before = _query(DRAWN, [since]), _query(_before(), [OVERALL, since])
    ids = np.unique(np.concatenate([votes.a, votes.b, drawn[:, :2].ravel(), before[:, :2].ravel()]))
    earlier = np.zeros(votes.person.max() + 1)
    earlier[votes.person] = votes.earlier
    ballots = Ballots(
        voter=votes.person.astype(np.intp),
        network=votes.network.astype(np.intp),
        day=votes.day.astype(np.intp),
        a=np.searchsorted(ids, votes.a),
        b=np.searchsorted(ids, votes.b),
        score=np.array([1.0, 0.0, 0.5, 0.5])[votes.outcome],
        lot=_lots(votes.id),
        earlier=earlier,
        shares=_shares(ids, drawn),
    )
    found = influence(ballots, _board(ids, before))
    tenths = np.rint(found.weight * STEPS).astype(np.int64)
    places = np.zeros(len(Group), dtype=np.int64)
    for place, name in enumerate(VoteWeight.Group.values, start=1):
        places[Group[name.upper()]] = place
    bounded = np.where(tenths < VoteWeight.FULL, places[found.group], 0)
    return common_levels(tenths, bounded, settings.ARENA_EXPORT_SMALLEST_CELL)


def _query(query: str, parameters: list[Any]) -> Numbers:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        rows = cursor.fetchall()
        width = len(cursor.description)
    return np.array(rows, dtype=np.int64).reshape(-1, width)


def _before() -> str:
    """The query of the overall board's counts before a day, in tenths."""
    weighed = "10 * sum({0}) - sum(coalesce(discount[{1}], 0))"
    sums = ", ".join(
        f"{weighed.format(name, place)} AS {name}" for place, name in enumerate(COLUMNS, start=1)
    )
    counts = ", ".join(
        f"10 * total.{name} - coalesce(total.discount[{place}], 0)"
        f" - coalesce(later.{name}, 0)::bigint"
        for place, name in enumerate(COLUMNS, start=1)
    )
    return BEFORE.format(counts=counts, sums=sums)


def _board(ids: Numbers, before: Numbers) -> PairTable:
    first, second = np.searchsorted(ids, before[:, 0]), np.searchsorted(ids, before[:, 1])
    counts = np.maximum(before[:, 3:], 0) / 10
    kept = counts.any(axis=1)
    names = tuple(map(str, range(len(ids))))
    return PairTable(names, first[kept], second[kept], *counts[kept].T)


def _shares(ids: Numbers, drawn: Numbers) -> NDArray[np.float64]:
    """Of each contestant in the battles that were drawn; their sum is 1."""
    battles = np.zeros(len(ids))
    for column in (0, 1):
        np.add.at(battles, np.searchsorted(ids, drawn[:, column]), drawn[:, 2])
    if not battles.any():
        battles[:] = 1
    shares: NDArray[np.float64] = battles / battles.sum()
    return shares


def _lots(votes: Numbers) -> NDArray[np.float64]:
    """A number from 0 to 1 for each vote (id), the same at any time, and known to nobody before."""
    key = hashlib.sha256(f"lots of votes {settings.SECRET_KEY}".encode()).digest()
    drawn = b"".join(
        hashlib.blake2b(vote.to_bytes(8), key=key, digest_size=4).digest()
        for vote in votes.tolist()
    )
    return np.frombuffer(drawn, dtype=">u4") / 2.0**32
