"""Count votes: add them, take them back, move them to another cluster of voters."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from arena.leaderboards.boards import OVERALL
from arena.leaderboards.counting.change import Change, Places, in_cluster
from arena.leaderboards.counting.discounts import discount_rows
from arena.leaderboards.counting.windows import windows_of
from arena.leaderboards.models import (
    DISCOUNTED,
    OUTCOME_COLUMNS,
    Board,
    LiveElo,
    Outcome,
    PairDay,
    PairTotal,
    Window,
    no_voters,
)
from ratings import engine


@transaction.atomic(savepoint=False)
def count(
    boards: Iterable[Board],
    contestant_a: int,
    contestant_b: int,
    outcome: Outcome,
    *,
    day: date,
    style: tuple[Sequence[int], Sequence[int]] | None = None,
    cluster: int | None = None,
    tenths: int = 10,
    delta: int = 1,
) -> int:
    """Add (delta 1) or subtract (delta -1) one vote on some boards.

    Returns the pair's revision on the overall board after this change (`PairTotal.revision`,
    from 1): counts of at least this revision include it. Returns 0 if the overall board is not
    among the boards.

    Call it in the transaction that records the vote or its standing. A new outcome on the overall
    board also moves the live Elo ratings; taking it back does not move them again.

    Args:
        day: on which the vote was cast, in UTC.
        style: features of the answers of a and b, in the order of `ratings.engine.GRID.names`;
            without them both are alike.
        cluster: of the voter; a board with votes of an unknown one has intervals by vote.
        tenths: the weight of the vote.

    Raises:
        django.db.IntegrityError, ValueError: taking back what was never counted.
        ValueError: the two contestants are the same.
    """
    if contestant_a == contestant_b:
        raise ValueError("A contestant does not meet itself on a board.")
    change = Change.of(contestant_a, contestant_b, outcome, style, cluster)
    boards = list(boards)
    ids = [board.pk for board in boards]
    write = _add if delta > 0 else _take_back
    less = delta * (10 - tenths)
    off = {place: less * x for place, x in change.places().items()} if less else {}
    pair = change.first, change.second
    with connection.cursor() as cursor:
        windows = windows_of(cursor, [day])[day]
        if delta < 0:
            _discount(cursor, pair, off, boards=ids, windows=windows, day=day)
        write(cursor, PairTotal, ids, ("window", "text", windows), change)
        rows: list[tuple[int, str, int]] = cursor.fetchall()
        write(cursor, PairDay, ids, ("day", "date", [day]), change)
        if delta > 0:
            _discount(cursor, pair, off, boards=ids, windows=windows, day=day)
    overall = next((board.pk for board in boards if board.slug == OVERALL), None)
    if delta > 0 and overall is not None:
        _move_elo(contestant_a, contestant_b, outcome)
    return next((n for board, w, n in rows if (board, w) == (overall, Window.ALL)), 0)


def _discount(
    cursor: Any,
    pair: tuple[int, int],
    off: Places,
    *,
    boards: list[int],
    windows: list[str],
    day: date,
) -> None:
    """Add `off` to the discounts of a pair on these boards, unless it is zero."""
    if not any(off.values()):
        return
    totals = {(*pair, board, window): off for board in boards for window in windows}
    discount_rows(cursor, PairTotal, totals)
    discount_rows(cursor, PairDay, {(*pair, board, day): off for board in boards})


Key = tuple[str, str, Sequence[Any]]
"""A column (window or day), its type, and its values in the rows that a vote changes."""


def _add(
    cursor: Any,
    table: type[PairTotal] | type[PairDay],
    boards: list[int],
    key: Key,
    change: Change,
) -> None:
    """Add a vote to all its rows.

    Rows are locked in one fixed order, so that two votes at once cannot deadlock. For totals, the
    cursor then returns board, window and revision of each row.
    """
    name = table._meta.db_table
    column, kind, values = key
    cells, sums = [0] * 3 * engine.GRID.cells, [0] * engine.GRID.ranges
    cells[change.cell - 1] = 1
    for place, x in change.sums.items():
        sums[place - 1] = x
    voters = no_voters()
    for place, x in change.voters.items():
        voters[place - 1] = x
    outcomes = dict.fromkeys(OUTCOME_COLUMNS, 0) | {change.column: 1}
    counted = ", revision" if table is PairTotal else ""
    cursor.execute(
        f"""
        INSERT INTO {name} (
            board_id, "{column}", first_id, second_id, {", ".join(outcomes)}, cells, sums,
            voters{counted}
        )
        SELECT board, kept, %s, %s, %s, %s, %s, %s, %s::integer[], %s::bigint[], %s::integer[]
            {", 1" if counted else ""}
        FROM unnest(%s::bigint[]) AS board, unnest(%s::{kind}[]) AS kept
        ORDER BY board, kept
        ON CONFLICT (board_id, "{column}", first_id, second_id) DO UPDATE
        SET {_assignments(table, change, f"{name}.", "+")}
        {_returning(table)}
        """,  # noqa: S608
        [
            *(change.first, change.second, *outcomes.values()),
            *(cells, sums, voters, boards, list(values)),
        ],
    )


def _take_back(
    cursor: Any,
    table: type[PairTotal] | type[PairDay],
    boards: list[int],
    key: Key,
    change: Change,
) -> None:
    """Subtract a vote from all its rows."""
    assignments = _assignments(table, change, "", "-")
    pair = change.first, change.second
    _assign(cursor, table, assignments, boards=boards, key=key, pair=pair)


def _assign(
    cursor: Any,
    table: type[PairTotal] | type[PairDay],
    assignments: str,
    *,
    boards: list[int],
    key: Key,
    pair: tuple[int, int],
) -> None:
    """Change all rows of a vote; locks them in the same order as `_add`.

    Raises:
        ValueError: a row is missing.
    """
    name = table._meta.db_table
    column, kind, values = key
    cursor.execute(
        f"""
        WITH held AS (
            SELECT id AS held_id FROM {name}
            WHERE board_id = ANY(%s::bigint[]) AND "{column}" = ANY(%s::{kind}[])
                AND first_id = %s AND second_id = %s
            ORDER BY board_id, "{column}" FOR UPDATE
        )
        UPDATE {name} SET {assignments} FROM held WHERE id = held_id
        {_returning(table)}
        """,  # noqa: S608
        [boards, list(values), *pair],
    )
    if cursor.rowcount != len(boards) * len(values):
        raise ValueError("There is no such count to take back.")


def _assignments(
    table: type[PairTotal] | type[PairDay], change: Change, prefix: str, sign: str
) -> str:
    places = [
        (change.column, 1),
        (f"cells[{change.cell}]", 1),
        *((f"sums[{place}]", x) for place, x in change.sums.items()),
        *((f"voters[{place}]", x) for place, x in change.voters.items()),
    ]
    assigned = [f"{place} = {prefix}{place} {sign} ({x})" for place, x in places]
    if table is PairTotal:
        assigned.append(f"revision = {prefix}revision + 1")
    return ", ".join(assigned)


@transaction.atomic(savepoint=False)
def move_to_cluster(
    boards: Iterable[Board],
    contestant_a: int,
    contestant_b: int,
    outcome: Outcome,
    *,
    day: date,
    before: int,
    cluster: int,
    tenths: int = 10,
) -> None:
    """Move a counted vote to another cluster of voters.

    Call it in the transaction that gives the voter the cluster. Move several
    votes in ascending order of their pairs, so that two transactions cannot deadlock.

    Args:
        tenths: the weight of the vote.

    Raises:
        django.db.IntegrityError, ValueError: the vote was not counted in the cluster before.
    """
    change = Change.of(contestant_a, contestant_b, outcome, None, None)
    moved = {place: -x for place, x in in_cluster(before, change.column).items()}
    moved |= in_cluster(cluster, change.column)
    assigned = ", ".join(f"voters[{place}] = voters[{place}] + ({x})" for place, x in moved.items())
    ids, pair = [board.pk for board in boards], (change.first, change.second)
    with connection.cursor() as cursor:
        windows = windows_of(cursor, [day])[day]
        counted = f"{assigned}, revision = revision + 1"
        in_windows: Key = ("window", "text", windows)
        _assign(cursor, PairTotal, counted, boards=ids, key=in_windows, pair=pair)
        _assign(cursor, PairDay, assigned, boards=ids, key=("day", "date", [day]), pair=pair)
        first = DISCOUNTED["voters"].start
        off = {first + place: (10 - tenths) * x for place, x in moved.items()}
        _discount(cursor, pair, off, boards=ids, windows=windows, day=day)


def _returning(table: type[PairTotal] | type[PairDay]) -> str:
    if table is PairDay:
        return ""
    return f'RETURNING board_id, "window", {table._meta.db_table}.revision'


def _move_elo(contestant_a: int, contestant_b: int, outcome: Outcome) -> None:
    """Move the live Elo rating of both contestants."""
    pair = sorted((contestant_a, contestant_b))
    held = LiveElo.objects.select_for_update().filter(contestant__in=pair).order_by("contestant")
    ratings = {rating.contestant_id: rating for rating in held}
    if len(ratings) < 2:
        start = engine.Conventions().centre
        LiveElo.objects.bulk_create(
            [LiveElo(contestant_id=pk, elo=start) for pk in pair], ignore_conflicts=True
        )
        ratings = {rating.contestant_id: rating for rating in held.all()}
    a, b = ratings[contestant_a], ratings[contestant_b]
    elo = engine.Elo(ratings={"a": a.elo, "b": b.elo})
    elo.vote("a", "b", engine.OUTCOMES.index(outcome))
    for rating, side in ((a, "a"), (b, "b")):
        rating.elo = elo.ratings[side]
        rating.votes += 1
        rating.updated_at = timezone.now()
    LiveElo.objects.bulk_update([a, b], ["elo", "votes", "updated_at"])
