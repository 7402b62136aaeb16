"""The database's clock while a simulated site is built.

Triggers, raw statements and column defaults ask PostgreSQL for the time, and no program can
move its clock. So functions in a schema that comes first in the search path replace PostgreSQL's.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import time_machine
from django.db import connection

SCHEMA = "simulated"
FUNCTIONS = ("now", "clock_timestamp", "statement_timestamp")
SHIFT = "arena.simulated_shift"
DEFAULTS = """
SELECT format('ALTER TABLE %%s ALTER COLUMN %%I SET DEFAULT', adrelid::regclass, attname),
       pg_get_expr(adbin, adrelid)
FROM pg_attrdef JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum
WHERE pg_get_expr(adbin, adrelid) = ANY(%s)
"""


@contextmanager
def movable_clock() -> Iterator[None]:
    """Let `travel` move the clock of this database, until the end of the block."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {SCHEMA}")
        for name in FUNCTIONS:
            cursor.execute(
                f"CREATE FUNCTION {SCHEMA}.{name}() RETURNS timestamptz LANGUAGE sql STABLE AS $$ "
                "SELECT pg_catalog.statement_timestamp()"
                f" + coalesce(nullif(current_setting('{SHIFT}', true), ''), '0')::interval $$"
            )
        cursor.execute(DEFAULTS, [[f"{name}()" for name in FUNCTIONS]])
        defaults = cursor.fetchall()
        for change, now in defaults:
            cursor.execute(f"{change} {SCHEMA}.{now}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET search_path")
            for change, now in defaults:
                cursor.execute(f"{change} {now}")
            cursor.execute(f"DROP SCHEMA {SCHEMA} CASCADE")


@contextmanager
def travel(to: datetime) -> Iterator[None]:
    """Move the clocks of this process and of its database connection to another time.

    Both continue from there. `travel` inside the block moves only the first one.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SET search_path TO {SCHEMA}, public, pg_catalog")
        cursor.execute(
            "SELECT set_config(%s, (%s - pg_catalog.clock_timestamp())::text, false)", [SHIFT, to]
        )
    with time_machine.travel(to, tick=True):
        yield
