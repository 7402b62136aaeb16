"""Read the counts of a leaderboard."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.db.models import BinaryField, Func
from numpy.typing import NDArray

from arena.contestants.models import Contestant
from arena.leaderboards.models import (
    DISCOUNTED,
    OUTCOME_COLUMNS,
    PairTotal,
    Style,
    Window,
    WindowStart,
)
from arena.leaderboards.variants import Variant
from arena.voters.models import CLUSTERS
from ratings import engine, snapshots


@dataclass(frozen=True, slots=True)
class Counts:
    """The counts of a leaderboard as the rating core takes them.

    `ids` and `organisations` are those of the tables' models. `styled` is None where style is
    not controlled. `revision` grows with every change of the counts; `pair_revisions`,
    shape (pairs, 3), has two ids and the revision of each pair that was ever counted.
    `by_cluster`, shape (2, pairs, clusters), has the votes and half points of each cluster of
    voters, where asked.

    Counts are sums of the votes' weights; `as_cast` has the table of the votes as they were cast,
    None where all weigh 1.
    """

    ids: list[int]
    organisations: list[str]
    table: engine.PairTable
    styled: engine.StyledTable | None
    revision: int
    pair_revisions: NDArray[np.int64]
    since: date | None
    by_cluster: engine.tables.Floats | None = None
    as_cast: engine.PairTable | engine.StyledTable | None = None

    def clusters(self, conventions: engine.Conventions) -> engine.Clusters | None:
        """The sums of clusters at the fit; None where some votes are in no cluster."""
        if self.by_cluster is None:
            return None
        votes, half_points = self.by_cluster
        in_tenths = np.rint(10 * votes.sum(axis=1)), np.rint(10 * self.table.votes)
        if not np.array_equal(in_tenths[0], in_tenths[1]):
            return None
        strengths, prior = engine.bradley_terry.solve(self.table, conventions)
        return engine.Clusters.of_groups(self.table, strengths, prior, votes, half_points / 2)

    def digest(self) -> str:
        return (self.styled or self.table).digest()

    def as_counts(self) -> list[list[Any]]:
        return (self.styled or self.table).as_counts()

    def counts_as_cast(self) -> list[list[Any]] | None:
        """The counts as cast of the pairs where they differ; None if all votes weigh 1."""
        if self.as_cast is None:
            return None
        return snapshots.differing(self.as_cast, self.styled or self.table)


def counts_of(variant: Variant, *, by_cluster: bool = False, as_cast: bool = False) -> Counts:
    """The counts of a leaderboard's window, from as many rows as there are pairs.

    Args:
        by_cluster: those of each cluster of voters, too.
        as_cast: count each vote as 1, whatever it weighs.
    """
    board, style, window = variant
    is_styled = style == Style.CONTROLLED
    columns = ["first_id", "second_id", *OUTCOME_COLUMNS, "revision"]
    arrays: dict[str, tuple[str, int]] = {}
    if by_cluster:
        arrays["voters"] = ">i4", 2 * CLUSTERS
    if is_styled:
        arrays |= {"cells": (">i4", engine.GRID.cells * 3), "sums": (">i8", engine.GRID.ranges)}
    asked = [_binary(name) for name in arrays]
    if not as_cast:
        parts = ["outcomes", *arrays]
        asked.append(_binary("discount", max(DISCOUNTED[part].stop for part in parts)))
    totals = PairTotal.objects.filter(board=board, window=window).order_by("first_id", "second_id")
    rows = list(totals.values_list(*columns, *asked))
    numbers = np.array([row[:7] for row in rows], dtype=np.int64).reshape(-1, 7)
    kept = numbers[:, 2:6].any(axis=1)
    pairs = numbers[kept, :2]
    counted = {"outcomes": numbers[kept, 2:6].astype(np.float64)}
    for place, (name, (kind, length)) in enumerate(arrays.items(), start=7):
        counted[name] = _integers([row[place] for row in rows], length, kind)[kept]
    ids = np.unique(pairs)
    contestants = Contestant.objects.filter(pk__in=ids.tolist()).order_by("pk")
    listed = list(contestants.values_list("slug", "organisation"))
    models = tuple(slug for slug, _ in listed)
    first, second = np.searchsorted(ids, pairs[:, 0]), np.searchsorted(ids, pairs[:, 1])

    def tables(
        counts: dict[str, engine.tables.Floats],
    ) -> tuple[engine.PairTable, engine.StyledTable | None]:
        table = engine.PairTable(models, first, second, *counts["outcomes"].T)
        if not is_styled:
            return table, None
        cells = counts["cells"].reshape(-1, engine.GRID.cells, 3)
        return table, engine.StyledTable(models, first, second, cells, counts["sums"])

    cast = None
    discounts = [] if as_cast else [rows[place][-1] for place in np.flatnonzero(kept)]
    if any(discount is not None for discount in discounts):
        weighed = _weighed(counted, discounts)
        if any(not np.array_equal(weighed[name], counts) for name, counts in counted.items()):
            table, styled = tables(counted)
            cast, counted = styled or table, weighed
    table, styled = tables(counted)
    clusters = None
    if by_cluster:
        clusters = counted["voters"].reshape(-1, 2, CLUSTERS).transpose(1, 0, 2)
    return Counts(
        ids=ids.tolist(),
        organisations=[organisation for _, organisation in listed],
        table=table,
        styled=styled,
        revision=int(numbers[:, 6].sum()),
        pair_revisions=numbers[:, [0, 1, 6]],
        since=_first_day(window),
        by_cluster=clusters,
        as_cast=cast,
    )


def _weighed(
    counted: dict[str, engine.tables.Floats], discounts: Sequence[bytes | None]
) -> dict[str, engine.tables.Floats]:
    """The counts of pairs with what weights take off, computed in tenths to be exact."""
    given = [place for place, discount in enumerate(discounts) if discount is not None]
    read = [discount for discount in discounts if discount is not None]
    length = max(DISCOUNTED[name].stop for name in counted)
    off = np.zeros((len(discounts), length))
    off[given] = _integers(read, length, ">i8")
    return {name: (10 * counts - off[:, DISCOUNTED[name]]) / 10 for name, counts in counted.items()}


def _first_day(window: Window) -> date | None:
    if window == Window.ALL:
        return None
    return WindowStart.objects.values_list("first_day", flat=True).get(window=window)


def _binary(column: str, end: int | None = None) -> Func:
    """An array column, up to a place, in PostgreSQL's form, which needs no number to be parsed."""
    part = "" if end is None else f"[1:{end}]"
    template = f"array_send((%(expressions)s){part})"
    return Func(column, template=template, output_field=BinaryField())


def _integers(rows: Sequence[bytes], length: int, kind: str) -> engine.tables.Floats:
    """What `array_send` wrote: 20 bytes about the array, then size and value of each number."""
    element = np.dtype([("size", ">i4"), ("value", kind)])
    row = np.dtype([("head", "V20"), ("elements", element, (length,))])
    read = np.frombuffer(b"".join(rows), dtype=row)
    return read["elements"]["value"].astype(np.float64).reshape(-1, length)
