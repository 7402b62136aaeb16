"""What one vote adds to the counts of its pair, and what weights take off them again.

Counts are kept as votes were cast. Where votes weigh less than 1, a pair also has its `discount`:
for each number in its counts, what the weights take off it, in tenths. Most pairs have none, and a
new vote does not touch it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.utils import timezone

from arena.voters.models import CLUSTERS
from ratings import core
from ratings.models import (
    DISCOUNT_COLUMNS,
    DISCOUNTED,
    Outcome,
    PairDay,
    PairTotal,
    Window,
    WindowStart,
)

SETTLED = timedelta(days=2)  # no rolling window ends so near to today

Tables = type[PairTotal] | type[PairDay]
Places = Mapping[int, int]
"""Amounts by places in `PairCount.discount`, from 1."""


@dataclass(frozen=True, slots=True)
class Change:
    """What one vote adds to its pair's counts, seen from the contestant with the lower id."""

    first: int
    second: int
    column: str
    cell: int  # places in the arrays, from 1
    sums: dict[int, int]
    voters: dict[int, int]

    @classmethod
    def of(
        cls,
        a: int,
        b: int,
        outcome: Outcome,
        style: tuple[Sequence[int], Sequence[int]] | None,
        cluster: int | None,
    ) -> "Change":
        """The change by a vote.

        Args:
            style: features of the answers of a and b; without them both are alike.
            cluster: of the voter, if known.
        """
        alike = [0] * len(core.GRID.names)
        swapped = a > b
        styles = style or (alike, alike)
        first_style, second_style = reversed(styles) if swapped else styles
        placed = core.GRID.place(np.array([first_style], float), np.array([second_style], float))
        columns = {
            Outcome.A: "second_wins" if swapped else "first_wins",
            Outcome.B: "first_wins" if swapped else "second_wins",
            Outcome.TIE: "ties",
            Outcome.BOTH_BAD: "both_bad",
        }
        column = columns[outcome]
        result = {"first_wins": 0, "second_wins": 1}.get(column, 2)
        ranges, thousandths = placed.ranges[0].tolist(), placed.thousandths[0].tolist()
        return cls(
            first=min(a, b),
            second=max(a, b),
            column=column,
            cell=3 * int(placed.cell[0]) + result + 1,
            sums={place + 1: x for place, x in zip(ranges, thousandths, strict=True) if x},
            voters={} if cluster is None else in_cluster(cluster, column),
        )

    def places(self) -> dict[int, int]:
        """The same by places in `PairCount.discount`."""
        found = {
            DISCOUNTED["outcomes"].start + DISCOUNT_COLUMNS.index(self.column): 1,
            DISCOUNTED["cells"].start + self.cell - 1: 1,
        }
        for name, amounts in (("voters", self.voters), ("sums", self.sums)):
            found |= {DISCOUNTED[name].start + place - 1: x for place, x in amounts.items()}
        return {place + 1: x for place, x in found.items()}


def in_cluster(cluster: int, column: str) -> dict[int, int]:
    """What a vote adds to `PairCount.voters`, by places from 1."""
    half_points = {"first_wins": 2, "second_wins": 0}.get(column, 1)
    return {cluster + 1: 1, CLUSTERS + cluster + 1: half_points}


def windows_of(cursor: Any, days: Iterable[date]) -> dict[date, list[str]]:
    """The windows whose totals hold each day's votes; old days cannot leave until we commit."""
    wanted, today = set(days), timezone.now().date()
    if all(today - day <= SETTLED for day in wanted):
        return dict.fromkeys(wanted, sorted(Window.values))
    cursor.execute(
        f'SELECT "window", first_day FROM {WindowStart._meta.db_table} '  # noqa: S608
        'ORDER BY "window" FOR SHARE'
    )
    starts: list[tuple[str, date]] = cursor.fetchall()
    return {
        day: sorted([*(window for window, first in starts if first <= day), Window.ALL])
        for day in wanted
    }


@dataclass(frozen=True, slots=True)
class Discount:
    """A counted vote whose weight changes, as it was counted.

    Attributes:
        boards: ids of those that it counts on.
        tenths: how much less it counts from now on; negative: more.
    """

    boards: Sequence[int]
    a: int
    b: int
    outcome: Outcome
    day: date
    style: tuple[Sequence[int], Sequence[int]]
    cluster: int
    tenths: int


@transaction.atomic(savepoint=False)
def discount(votes: Iterable[Discount]) -> None:
    """Change how much counted votes count; their boards are fitted anew.

    Rows of several pairs are locked pair by pair, in the order of their ids, as by all who count
    several votes in one transaction.

    Raises:
        django.db.IntegrityError, ValueError: more would be taken off than was counted.
    """
    changed = list(votes)
    totals: dict[tuple[Any, ...], Counter[int]] = {}
    days: dict[tuple[Any, ...], Counter[int]] = {}
    with connection.cursor() as cursor:
        windows = windows_of(cursor, {vote.day for vote in changed})
        for vote in changed:
            change = Change.of(vote.a, vote.b, vote.outcome, vote.style, vote.cluster)
            places = {place: x * vote.tenths for place, x in change.places().items()}
            for board in vote.boards:
                key = change.first, change.second, board
                for window in windows[vote.day]:
                    _add(totals.setdefault((*key, window), Counter()), places)
                _add(days.setdefault((*key, vote.day), Counter()), places)
        discount_rows(cursor, PairTotal, totals)
        discount_rows(cursor, PairDay, days)


def _add(counter: Counter[int], places: Places) -> None:
    for place, x in places.items():
        counter[place] += x


def discount_rows(cursor: Any, table: Tables, rows: Mapping[tuple[Any, ...], Places]) -> None:
    """Add amounts to the discounts of rows.

    Args:
        rows: by first and second contestant, board, and window or day.

    Raises:
        django.db.IntegrityError, ValueError: more would be taken off than was counted.
    """
    column, kind = ("window", "text") if table is PairTotal else ("day", "date")
    changes = ", changes = pair.changes + 1" if table is PairTotal else ""
    name = table._meta.db_table
    keys = sorted(rows)
    filled = [{place: x for place, x in rows[key].items() if x} for key in keys]
    cursor.execute(
        f"""
        WITH held AS (
            SELECT pair.id AS held_id, places::integer[], amounts::bigint[]
            FROM unnest(
                %s::bigint[], %s::bigint[], %s::bigint[], %s::{kind}[], %s::text[], %s::text[]
            ) AS given (a, b, board, kept, places, amounts)
            JOIN {name} AS pair ON board_id = board AND "{column}" = kept
                AND first_id = a AND second_id = b
            ORDER BY first_id, second_id, board_id, "{column}" FOR UPDATE OF pair
        )
        UPDATE {name} AS pair
        SET discount = ratings_discounted(pair.discount, places, amounts) {changes}
        FROM held WHERE pair.id = held_id
        """,  # noqa: S608
        [
            *([key[part] for key in keys] for part in range(4)),
            ["{" + ",".join(map(str, places)) + "}" for places in filled],
            ["{" + ",".join(map(str, places.values())) + "}" for places in filled],
        ],
    )
    if cursor.rowcount != len(keys):
        raise ValueError("There is no such count to discount.")
