"""Writes of boards: counting an outcome, fitting, publishing."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from asgiref.sync import async_to_sync
from channels import DEFAULT_CHANNEL_LAYER
from channels.layers import channel_layers
from django.db import connection, transaction
from django.utils import timezone

from ratings import core
from ratings.boards import BOARDS
from ratings.models import Board, Leaderboard, Outcome, PairDay, PairTotal, Snapshot
from ratings.selectors import pair_table


def register_boards() -> None:
    """Bring the table of boards in line with the boards there are."""
    for position, spec in enumerate(BOARDS):
        Board.objects.update_or_create(
            slug=spec.slug,
            defaults={
                "name": spec.name,
                "description": spec.description,
                "position": position,
            },
        )


def count(
    boards: Iterable[Board],
    contestant_a: int,
    contestant_b: int,
    outcome: Outcome,
    *,
    day: date,
    delta: int = 1,
) -> None:
    """Add (delta 1) or take back (delta -1) one outcome of a pair on some boards.

    Call it in the transaction that records the vote or its standing.

    Raises:
        django.db.IntegrityError: taking back what was never counted.
        ValueError: the two contestants are the same.
    """
    if contestant_a == contestant_b:
        raise ValueError("A contestant does not meet itself on a board.")
    a_is_first = contestant_a < contestant_b
    first, second = sorted((contestant_a, contestant_b))
    column = {
        Outcome.A: "first_wins" if a_is_first else "second_wins",
        Outcome.B: "second_wins" if a_is_first else "first_wins",
        Outcome.TIE: "ties",
        Outcome.BOTH_BAD: "both_bad",
    }[outcome]
    # One order for everybody, so that two votes at once cannot wait for each other in a ring.
    ids = sorted(board.pk for board in boards)
    with connection.cursor() as cursor:
        for table, days in ((PairTotal, {}), (PairDay, {"day": day})):
            for board_id in ids:
                key = {"board_id": board_id, **days, "first_id": first, "second_id": second}
                _add(cursor, table, key, column, delta)


def _add(
    cursor: Any,
    table: type[PairTotal] | type[PairDay],
    key: dict[str, Any],
    column: str,
    delta: int,
) -> None:
    name = table._meta.db_table
    if delta < 0:
        where = " AND ".join(f"{field} = %s" for field in key)
        cursor.execute(
            f"UPDATE {name} SET {column} = {column} + %s WHERE {where}",  # noqa: S608
            [delta, *key.values()],
        )
        if cursor.rowcount != 1:
            raise ValueError("There is no such count to take back.")
        return
    columns = {"first_wins": 0, "second_wins": 0, "ties": 0, "both_bad": 0, column: delta}
    fields = ", ".join([*key, *columns])
    places = ", ".join(["%s"] * (len(key) + len(columns)))
    cursor.execute(
        f"INSERT INTO {name} ({fields}) VALUES ({places}) "  # noqa: S608
        f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {column} = {name}.{column} + %s",
        [*key.values(), *columns.values(), delta],
    )


def refit(board: Board) -> Leaderboard:
    """Fit a board from its counts, keep the result, and tell open pages of it."""
    ids, table = pair_table(board)
    conventions = core.Conventions()
    digest = table.digest()
    known = Leaderboard.objects.filter(board=board).first()
    if known and known.digest == digest and known.conventions == conventions.as_dict():
        return known
    fitted = core.fit(table, conventions)
    leaderboard = Leaderboard(
        board=board,
        fitted_at=timezone.now(),
        votes=int(table.total),
        digest=digest,
        conventions=conventions.as_dict(),
        rows=_rows(ids, fitted),
    )
    fields = ["fitted_at", "votes", "digest", "conventions", "rows"]
    Leaderboard.objects.bulk_create(
        [leaderboard], update_conflicts=True, unique_fields=["board"], update_fields=fields
    )
    transaction.on_commit(lambda: announce(leaderboard))
    return leaderboard


def _rows(ids: list[int], fitted: core.Leaderboard) -> list[dict[str, Any]]:
    contestants = dict(zip(fitted.models, ids, strict=True))
    return [{"contestant": contestants[row["slug"]], **row} for row in fitted.as_rows()]


def announce(leaderboard: Leaderboard) -> None:
    """Tell open pages that a board changed."""
    async_to_sync(channel_layers[DEFAULT_CHANNEL_LAYER].group_send)(
        f"board.{leaderboard.board.slug}",
        {
            "type": "board.changed",
            "votes": leaderboard.votes,
            "updated_at": leaderboard.fitted_at.isoformat(),
        },
    )


@transaction.atomic
def publish(board: Board) -> Snapshot | None:
    """Publish the board as it stands as a snapshot, unless nothing changed since the last one."""
    leaderboard = refit(board)
    last = board.snapshots.first()
    if last and last.digest == leaderboard.digest and last.conventions == leaderboard.conventions:
        return None
    _, table = pair_table(board)
    return Snapshot.objects.create(
        board=board,
        published_at=timezone.now(),
        votes=leaderboard.votes,
        digest=leaderboard.digest,
        conventions=leaderboard.conventions,
        counts=table.as_counts(),
        rows=leaderboard.rows,
    )
