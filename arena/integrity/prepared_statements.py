"""Statements that are asked at every vote, planned once a connection.

PostgreSQL takes several times longer to plan one than to answer it, and Django's cursors put the
values into the text, so that each is another one. It keeps a plan for all values if that costs no
more than one for these: ask for one row or voter (= %s), not for a list of them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg import Cursor
from psycopg.pq import Format


def prepared(text: str, values: Sequence[Any] | Mapping[str, Any]) -> CursorWrapper:
    """A cursor that has done this statement. Queries are counted as Django's own are."""
    connection.ensure_connection()
    plain: Any = Cursor(connection.connection)  # as Django's own backend makes and wraps it
    plain.format = Format.BINARY
    logged = connection.queries_logged
    wrapped = connection.make_debug_cursor(plain) if logged else connection.make_cursor(plain)
    wrapped.execute(text, values)
    return wrapped
