"""Insert rows of several models in one statement."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from django.db import connection, models
from django.db.models.sql import InsertQuery


def insert_together(rows: Sequence[models.Model]) -> None:
    """Insert new rows, those of a model beside one another, by one statement.

    Each row has its primary key already, but for those of the last model: these get theirs.
    PostgreSQL executes the parts in no fixed order and none sees the rows of another, so a trigger
    that reads the row of another model finds only what was inserted before.

    Raises:
        django.db.IntegrityError: a row breaks a constraint; none is inserted.
    """
    groups = [(model, list(group)) for model, group in groupby(rows, type)]
    parts, parameters = [], []
    for model, group in groups:
        is_last = model is groups[-1][0]
        sql, values = _insert(model, group, returns_keys=is_last)
        parts.append(sql)
        parameters += values
    *first, last = parts
    named = ", ".join(f"part_{place} AS ({sql})" for place, sql in enumerate(first))
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {named} {last}" if named else last, parameters)
        keys = cursor.fetchall()
    for row, (key,) in zip(groups[-1][1], keys, strict=True):
        row.pk = key
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


def _insert(
    model: type[models.Model], rows: list[models.Model], *, returns_keys: bool
) -> tuple[str, list[Any]]:
    fields = [
        field
        for field in model._meta.local_concrete_fields
        if not (isinstance(field, models.AutoField) and rows[0].pk is None)
    ]
    query = InsertQuery(model)
    query.insert_values(fields, rows)
    compiler = query.get_compiler(connection=connection)
    if returns_keys:
        compiler.returning_fields = [model._meta.pk]
    ((sql, values),) = compiler.as_sql()
    return sql, list(values)
