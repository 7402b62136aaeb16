"""Run statements that every vote needs as prepared statements, planned once for each connection.

PostgreSQL takes several times longer to plan such a statement than to answer it, and Django's
cursors put the values into the text, so each would be planned again. PostgreSQL keeps a plan for
all values if it costs no more than one for these values: ask for one row or voter (= %s), not for a
list.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg import Cursor
from psycopg.pq import Format


def prepared(text: str, values: Sequence[Any] | Mapping[str, Any]) -> CursorWrapper:
    """Run a statement; returns the cursor. Django counts and logs it like its own queries."""
    connection.ensure_connection()
    plain: Any = Cursor(connection.connection)  # as Django's own backend makes and wraps it
    plain.format = Format.BINARY
    logged = connection.queries_logged
    wrapped = connection.make_debug_cursor(plain) if logged else connection.make_cursor(plain)
    wrapped.execute(text, values)
    return wrapped
