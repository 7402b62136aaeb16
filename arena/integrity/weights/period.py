"""Read all votes of the last days at once, for the jobs that weigh and test them together."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple, Self

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from arena.battles.models import ORIGIN_DAYS, VoteWeight
from arena.integrity import sql
from arena.leaderboards.boards import OVERALL
from arena.leaderboards.models import OUTCOME_COLUMNS
from ratings.engine import OUTCOMES, PairTable

FETCHED = 20_000  # votes at a time
ENOUGH = 1000  # earlier votes of a person that are counted, at most

Numbers = NDArray[np.int64]

SCORES = np.array([1.0, 0.0, 0.5, 0.5])
"""Of the first contestant of a vote, by the place of the outcome."""


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
    `before` one for each pair, with its counts in tenths (`OUTCOME_COLUMNS`).
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
        votes=Votes(*_query(sql.VOTES_OF_PERIOD, parameters, len(Votes._fields)).T.copy()),
        drawn=_query(sql.DRAWN_PAIRS, begin, 4),
        before=_query(
            sql.COUNTS_BEFORE, {"board": OVERALL, "since": since}, 3 + len(OUTCOME_COLUMNS)
        ),
    )


def _query(query: str, parameters: dict[str, Any], columns: int) -> Numbers:
    parts = [np.zeros((0, columns), dtype=np.int64)]
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        while rows := cursor.fetchmany(FETCHED):
            parts.append(np.array(rows, dtype=np.int64))
    return np.concatenate(parts)
