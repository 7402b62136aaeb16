"""Contestants and counts of millions of votes."""

from typing import Any

import numpy as np
from django.db import connection
from django.db.models import Model
from django.db.models.expressions import DatabaseDefault

from arena.contestants.models import Contestant
from arena.leaderboards.models import Board, PairTotal, Window
from ratings import engine
from tests.factories import enter

MODELS = 50


def contestants(number: int) -> list[Contestant]:
    return enter(
        [
            Contestant(
                slug=f"model-{place:03}",
                name=f"Model {place:03}",
                organisation=f"Maker {place // 3}",
                licence="Apache-2.0",
                description="For a benchmark.",
                state=Contestant.State.ACTIVE,
            )
            for place in range(number)
        ]
    )


def fill(board: Board, models: list[Contestant], votes: int, windows: list[Window]) -> None:
    """Counts of this many simulated votes, written as they would stand after counting them."""
    rng = np.random.default_rng(votes)
    ids = np.array(sorted(model.pk for model in models))
    strengths = rng.normal(0, 0.7, len(ids))
    first, second = np.triu_indices(len(ids), 1)
    p = 1 / (1 + np.exp(strengths[second] - strengths[first]))
    style = rng.dirichlet(np.full(engine.GRID.cells, 0.3))
    rows = []
    for i, j, chance in zip(first, second, p, strict=True):
        shares = np.array([chance * 0.75, (1 - chance) * 0.75, 0.25])
        cells = rng.multinomial(votes // len(first), np.outer(style, shares).ravel())
        wins, losses, drawn = cells.reshape(-1, 3).sum(axis=0).tolist()
        held = np.zeros(engine.GRID.ranges)
        np.add.at(held, engine.GRID.of_cells(), cells.reshape(-1, 3).sum(axis=1)[:, None])
        middle = np.concatenate([np.arange(n) - n // 2 for n in engine.GRID.shape])
        sums = (300 * middle * held).astype(int).tolist()
        rows += [
            PairTotal(
                board=board,
                window=window,
                first_id=ids[i],
                second_id=ids[j],
                first_wins=wins,
                second_wins=losses,
                ties=drawn,
                cells=cells.tolist(),
                sums=sums,
                revision=votes // len(first),
            )
            for window in windows
        ]
    PairTotal.objects.bulk_create(rows, batch_size=500)


def insert(cursor: Any, like: Model, numbers: tuple[int, int, str], **columns: str) -> None:
    """Rows like this one, for the numbers n from, to, and where; some columns differ with n."""
    start, end, where = numbers
    values: list[Any] = []
    for field in like._meta.concrete_fields:
        if field.attname not in columns and not field.primary_key:
            value = field.get_db_prep_save(field.pre_save(like, add=True), connection)
            if isinstance(value, DatabaseDefault):
                continue
            columns[field.attname] = "%s"
            values.append(value)
    names = ", ".join(f'"{name}"' for name in columns)
    chosen = ", ".join(
        expression if expression == "%s" else expression.replace("%", "%%")
        for expression in columns.values()
    )
    cursor.execute(
        f"INSERT INTO {like._meta.db_table} ({names}) SELECT {chosen}"
        f" FROM generate_series(%s, %s - 1) AS n WHERE {where.replace('%', '%%')}",
        [*values, start, end],
    )
