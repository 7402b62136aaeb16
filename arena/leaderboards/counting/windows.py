"""Rolling windows: which days they hold, and days that leave them."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from arena.leaderboards.models import OUTCOME_COLUMNS, PairDay, PairTotal, Window, WindowStart

SETTLED = timedelta(days=2)  # no rolling window ends so near to today


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


ROLLING = {Window.MONTH: 30}  # days


@transaction.atomic
def roll_windows(today: date | None = None) -> None:
    """Take the days that have left a rolling window out of its totals."""
    today = today or timezone.now().date()
    for start in WindowStart.objects.select_for_update().order_by("window"):
        first_day = today - timedelta(days=ROLLING[Window(start.window)] - 1)
        if start.first_day >= first_day:
            continue
        leaving = PairDay.objects.filter(day__gte=start.first_day, day__lt=first_day)
        with connection.cursor() as cursor:
            for day in leaving.order_by("day").values_list("day", flat=True).distinct():
                _subtract_day(cursor, start.window, day)
        start.first_day = first_day
        start.save(update_fields=["first_day"])


def _subtract_day(cursor: Any, window: str, day: date) -> None:
    scalars = ", ".join(f"{column} = total.{column} - gone.{column}" for column in OUTCOME_COLUMNS)
    arrays = ", ".join(
        f"""{column} = ARRAY(
            SELECT a - b
            FROM unnest(total.{column}, gone.{column}) WITH ORDINALITY AS place (a, b, n)
            ORDER BY n
        )"""  # noqa: S608
        for column in ("cells", "sums", "voters")
    )
    # A pair's discount in a window is that of its days.
    discount = """discount = CASE WHEN gone.discount IS NULL THEN total.discount ELSE ARRAY(
        SELECT a - b
        FROM unnest(total.discount, gone.discount) WITH ORDINALITY AS place (a, b, n)
        ORDER BY n
    ) END"""
    cursor.execute(
        f"""
        WITH gone AS (
            SELECT total.id AS total_id, day.*
            FROM {PairTotal._meta.db_table} AS total
            JOIN {PairDay._meta.db_table} AS day USING (board_id, first_id, second_id)
            WHERE total."window" = %s AND day.day = %s
            ORDER BY board_id, total."window", first_id, second_id FOR UPDATE OF total
        )
        UPDATE {PairTotal._meta.db_table} AS total
        SET {scalars}, revision = total.revision + 1, {arrays}, {discount}
        FROM gone WHERE total.id = gone.total_id
        """,  # noqa: S608
        [window, day],
    )
