"""Searches the database for what must not be kept."""

from django.db import connection


def traces(word: str) -> list[str]:
    """The tables of the database in which some row still has a word."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        found = []
        for table in tables:
            cursor.execute(
                f'SELECT 1 FROM "{table}" t WHERE t::text ILIKE %s LIMIT 1', [f"%{word}%"]
            )
            if cursor.fetchone():
                found.append(table)
    return found
