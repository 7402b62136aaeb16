"""The votes of the last days, as the jobs read them that look at all of them together."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple, Self

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from arena.battles.models import ORIGIN_DAYS, VoteWeight
from arena.leaderboards.boards import OVERALL
from ratings.engine import OUTCOMES, PairTable

FETCHED = 20_000  # votes at a time
ENOUGH = 1000  # earlier votes of a person that are counted, at most

Numbers = NDArray[np.int64]

VOTES = """
WITH period AS MATERIALIZED (
    SELECT vote.id, coalesce(voter.joined_id, voter.id) AS person, origin.network,
        (vote.cast_at AT TIME ZONE 'UTC')::date - %(since)s::date AS day,
        battle.contestant_a_id AS a, battle.contestant_b_id AS b,
        array_position(%(outcomes)s::text[], vote.outcome::text) - 1 AS outcome,
        coalesce(weight.tenths, %(full)s) AS tenths,
        coalesce(array_position(%(groups)s::text[], weight."group"::text), 0) AS bounded,
        (newest.standing = 'counted')::int AS is_counted,
        (first.standing = 'counted')::int AS came_counted,
        (first.id = newest.id)::int AS is_untouched
    FROM battles_vote AS vote
    JOIN battles_battle AS battle ON battle.id = vote.battle_id
    JOIN voters_voter AS voter ON voter.id = vote.voter_id
    LEFT JOIN battles_origin AS origin ON origin.battle_id = vote.battle_id
    CROSS JOIN LATERAL (
        SELECT id, standing FROM battles_votestanding
        WHERE vote_id = vote.id ORDER BY id DESC LIMIT 1
    ) AS newest
    CROSS JOIN LATERAL (
        SELECT id, standing FROM battles_votestanding
        WHERE vote_id = vote.id ORDER BY id LIMIT 1
    ) AS first
    LEFT JOIN LATERAL (
        SELECT tenths, "group" FROM battles_voteweight
        WHERE vote_id = vote.id ORDER BY id DESC LIMIT 1
    ) AS weight ON true
    WHERE vote.cast_at >= %(begin)s AND 'counted' IN (newest.standing, first.standing)
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
    day, a, b, outcome, tenths, bounded, number::bigint, is_counted, came_counted, is_untouched
FROM period JOIN earlier USING (person)
"""

DRAWN = """
SELECT (created_at AT TIME ZONE 'UTC')::date - %(since)s::date AS day,
    contestant_a_id, contestant_b_id, count(*)
FROM battles_battle
WHERE created_at >= %(begin)s AND mode = 'blind' AND NOT is_check AND NOT by_program
GROUP BY day, contestant_a_id, contestant_b_id
"""

BEFORE = """
SELECT total.first_id, total.second_id, total.changes, {counts}
FROM ratings_pairtotal AS total
JOIN ratings_board AS board ON board.id = total.board_id AND board.slug = %(board)s
LEFT JOIN LATERAL (
    SELECT {sums} FROM ratings_pairday AS day
    WHERE day.board_id = total.board_id AND day.first_id = total.first_id
        AND day.second_id = total.second_id AND day.day >= %(since)s
) AS later ON true
WHERE total."window" = 'all'
"""
SCORES = np.array([1.0, 0.0, 0.5, 0.5])
"""Of the first contestant of a vote, by the place of the outcome."""

COLUMNS = ("first_wins", "second_wins", "ties", "both_bad")


class Votes(NamedTuple):
    """Votes that count, or counted as they came; an element of each array for each.

    `bounded` is the place of the group that bounds a vote's weight as it is, `tenths`. `earlier`
    is how many votes of the person count from before the period. Of the last three, 1 is yes:
    it counts now, it counted as it came, its standing never changed.
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
    is_counted: Numbers
    came_counted: Numbers
    is_untouched: Numbers

    def among(self, chosen: NDArray[np.bool_] | Numbers) -> Self:
        """Some of them."""
        return self._replace(**{name: values[chosen] for name, values in self._asdict().items()})


class Period(NamedTuple):
    """Some days, from the first one on, and the overall board's counts before them.

    `drawn` has a row for each day (from 0) and pair of contestants, with how often it was drawn;
    `before` one for each pair, with its counts in tenths (`COLUMNS`).
    """

    since: date
    votes: Votes
    drawn: Numbers
    before: Numbers

    @property
    def contestants(self) -> Numbers:
        """The ids of all whom votes or battles are about, ascending."""
        columns = self.drawn[:, 1:3].ravel(), self.before[:, :2].ravel()
        return np.unique(np.concatenate([self.votes.a, self.votes.b, *columns]))

    def board_before(self, ids: Numbers) -> PairTable:
        """The counts before the period; contestants by their places among these ids."""
        first, second = (np.searchsorted(ids, self.before[:, side]) for side in (0, 1))
        counts = np.maximum(self.before[:, 3:], 0) / 10
        kept = counts.any(axis=1)
        names = tuple(map(str, range(len(ids))))
        return PairTable(names, first[kept], second[kept], *counts[kept].T)


def period(today: date) -> Period:
    """The last `ORIGIN_DAYS` days, in three queries."""
    since = today - timedelta(days=ORIGIN_DAYS - 1)
    begin = {"since": since, "begin": datetime.combine(since, time(), UTC)}
    parameters = begin | {
        "outcomes": list(OUTCOMES),
        "groups": VoteWeight.Group.values,
        "full": VoteWeight.FULL,
        "enough": ENOUGH,
    }
    return Period(
        since=since,
        votes=Votes(*_query(VOTES, parameters, len(Votes._fields)).T.copy()),
        drawn=_query(DRAWN, begin, 4),
        before=_query(_before(), {"board": OVERALL, "since": since}, 3 + len(COLUMNS)),
    )


def _query(query: str, parameters: dict[str, Any], columns: int) -> Numbers:
    parts = [np.zeros((0, columns), dtype=np.int64)]
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        while rows := cursor.fetchmany(FETCHED):
            parts.append(np.array(rows, dtype=np.int64))
    return np.concatenate(parts)


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
