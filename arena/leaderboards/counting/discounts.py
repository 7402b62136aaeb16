"""Subtract from a pair's counts what its votes weigh below 1.

Counts hold votes as they were cast. A pair with votes that weigh less than 1 also has a `discount`:
what the weights take off each of its numbers, in tenths. Most pairs have none, and a new vote does
not touch it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction

from arena.leaderboards.counting.change import Change, Places
from arena.leaderboards.counting.windows import windows_of
from arena.leaderboards.models import Outcome, PairDay, PairTotal

Tables = type[PairTotal] | type[PairDay]


@dataclass(frozen=True, slots=True)
class Discount:
    """A counted vote whose weight changes, with the data that it was counted with.

    Attributes:
        boards: ids of the boards that it counts on.
        tenths: by how much its weight falls, in tenths; negative if it rises.
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
    """Change the weights of counted votes.

    Locks rows pair by pair in ascending order of ids, as does every transaction that counts
    several votes.

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
    revision = ", revision = pair.revision + 1" if table is PairTotal else ""
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
        SET discount = ratings_discounted(pair.discount, places, amounts) {revision}
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
