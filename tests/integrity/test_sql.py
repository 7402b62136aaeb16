"""The SQL of integrity takes its names from the models, and stands in one file."""

import re
from pathlib import Path

import pytest
from django.core.exceptions import FieldDoesNotExist

from arena import integrity
from arena.integrity import sql

STATEMENT = re.compile(r"\b(SELECT|UPDATE|INSERT INTO|DELETE FROM)\b .*\S")


def test_a_column_is_named_by_the_field_of_the_model() -> None:
    assert str(sql.VOTE) == '"battles_vote" AS vote'
    assert str(sql.VOTE.battle) == 'vote."battle_id"'
    with pytest.raises(FieldDoesNotExist):
        _ = sql.VOTE.no_such_field


def test_no_other_file_of_integrity_has_sql() -> None:
    folder = Path(next(iter(integrity.__path__)))
    files = [f for f in folder.rglob("*.py") if "migrations" not in f.parts and f.name != "sql.py"]
    assert len(files) > 50
    assert [f.name for f in files if STATEMENT.search(f.read_text())] == []
