"""The votes of an export, to make its boards from."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute, parquet

from ratings import engine
from ratings.snapshots import counts_as_cast
from ratings.votefile import WINNERS

WEIGHT = "weight"
SHOWN = 10  # pairs of a board that are listed
_WORDS = pa.array(list(WINNERS))
_CODES = np.array(list(WINNERS.values()))


class Votes:
    """The votes that count, as `votes.parquet` has them."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    @classmethod
    def read(cls, path: Path) -> "Votes":
        """Read the columns that boards are made from.

        Raises:
            OSError, pyarrow.ArrowException: the file is missing, or is no such file.
        """
        wanted = ["model_a", "model_b", "winner", "turn", "language", "topics", "fresh"]
        wanted += [f"{name}_{side}" for side in "ab" for name in engine.GRID.names]
        with parquet.ParquetFile(path) as file:
            if WEIGHT in file.schema_arrow.names:  # exports from before votes had weights have none
                wanted.append(WEIGHT)
            return cls(file.read(columns=wanted).select(wanted))

    def differences(self, published: Mapping[str, Any]) -> list[str]:
        """Where the counts of a snapshot are not those of the votes of its board."""
        votes = self._table.filter(pa.array(self._of_board(published["board"])))
        models = _in_order(published)
        names = pa.array(models, pa.string())
        sides = [compute.index_in(votes[side], names) for side in ("model_a", "model_b")]
        unknown = compute.or_(*(compute.is_null(side) for side in sides))
        if others := compute.sum(unknown).as_py():
            return [f"votes: {others} votes are of models that the board does not have"]
        a, b = (side.to_numpy().astype(np.intp) for side in sides)
        words = compute.index_in(votes["winner"], _WORDS)
        if strange := words.null_count:
            return [f"votes: {strange} votes have an unknown winner"]
        outcome = _CODES[words.to_numpy()] if len(votes) else np.zeros(0, np.intp)
        tenths = _tenths(votes)
        if not all(np.equal(tenths, np.clip(np.rint(tenths), 0, 10))):
            return ["votes: a weight is no multiple of a tenth from 0 to 1"]
        is_styled = published.get("grid") is not None

        def counted(weights: engine.tables.Floats) -> engine.PairTable | engine.StyledTable:
            """The counts in these weights, which are tenths, so that they are exact."""
            if not is_styled:
                table = engine.PairTable.from_votes(models, a, b, outcome, weights)
                return table.with_cells(table.cells / 10)
            style = [
                np.column_stack(
                    [votes[f"{n}_{side}"].to_numpy().astype(np.float64) for n in engine.GRID.names]
                )
                for side in "ab"
            ]
            styled = engine.StyledTable.from_votes(
                models, a, b, outcome, style=(style[0], style[1]), weights=weights
            )
            return replace(styled, counts=styled.counts / 10, sums=styled.sums / 10)

        table = counted(tenths)
        if table.digest() != published["digest"]:
            return _told(published["counts"], table)
        as_cast = counts_as_cast(published)
        unweighed = counted(np.full(len(votes), 10.0))
        given = sorted(as_cast, key=lambda row: (row[0], row[1]))
        return [] if unweighed.as_counts() == given else _told(as_cast, unweighed)

    def _of_board(self, slug: str) -> NDArray[np.bool_]:
        """Which votes count on a board."""
        votes = self._table
        if slug == "overall":
            return np.ones(len(votes), dtype=bool)
        if slug == "fresh":
            return _mask(votes["fresh"])
        if slug == "multi-turn":
            return _mask(compute.greater(votes["turn"], 1))
        if slug.startswith("lang-"):
            return _mask(compute.equal(votes["language"], slug.removeprefix("lang-")))
        topics = votes["topics"].combine_chunks()
        here = _mask(compute.equal(compute.list_flatten(topics), slug.replace("-", "_")))
        mask = np.zeros(len(votes), dtype=bool)
        mask[compute.list_parent_indices(topics).to_numpy()[here]] = True
        return mask


def _mask(values: Any) -> NDArray[np.bool_]:
    filled = compute.fill_null(values, False)
    return np.asarray(filled.to_numpy(zero_copy_only=False), dtype=bool)


def _tenths(votes: pa.Table) -> engine.tables.Floats:
    """The weight of each vote in tenths; 10 where the export has none."""
    if WEIGHT not in votes.column_names:
        return np.full(len(votes), 10.0)
    tenths: engine.tables.Floats = (10 * votes[WEIGHT].to_numpy().astype(np.float64)).round(6)
    return tenths


def _told(published: Sequence[Any], table: engine.PairTable | engine.StyledTable) -> list[str]:
    counts = [
        {(row[0], row[1]): row[2:] for row in rows} for rows in (published, table.as_counts())
    ]
    pairs = [
        pair
        for pair in sorted(counts[0].keys() | counts[1].keys())
        if counts[0].get(pair) != counts[1].get(pair)
    ]
    listed = [
        f"votes: {a} and {b}: published {counts[0].get((a, b))}, "
        f"in the votes {counts[1].get((a, b))}"
        for a, b in pairs[:SHOWN]
    ]
    more = len(pairs) - SHOWN
    return [*listed, f"votes: and {more} pairs more"] if more > 0 else listed


def _in_order(published: Mapping[str, Any]) -> list[str]:
    """The models of a snapshot, in an order in which the first of each of its pairs comes first.

    Raises:
        ValueError: there is none.
    """
    order = TopologicalSorter({model: set[str]() for model in sorted(published["models"])})
    for first, second, *_ in counts_as_cast(published):
        order.add(second, first)
    try:
        return list(order.static_order())
    except CycleError as error:
        raise ValueError(f"The pairs of {published['board']} are in no order.") from error
