"""A file of votes, read and checked."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ratings.engine.style.votes import StyledVotes, style_differences
from ratings.engine.tables import Floats, Indices, PairTable
from ratings.terminal import quoted
from ratings.votefile.checks import Checked, checked
from ratings.votefile.errors import BadVotes
from ratings.votefile.json_rows import read_json
from ratings.votefile.parquet import read_parquet
from ratings.votefile.rows import Rows
from ratings.votefile.source import READ_FAULTS, named, opened, reason
from ratings.votefile.tables import read_table

SHOWN = 10  # bad rows that an error lists
READERS = {"parquet": read_parquet, "json": read_json, "table": read_table}


@dataclass(frozen=True, slots=True)
class Votes:
    """Votes as arrays, one element each; as in `PairTable.from_votes` and `StyledVotes`."""

    models: tuple[str, ...]
    a: Indices
    b: Indices
    outcome: NDArray[np.int8]
    weights: Floats | None
    names: tuple[str, ...]
    features: Floats | None
    skipped: int
    """Bad rows that were left out."""
    understood: str
    """What the file was taken for, in a line."""
    notes: list[str] = field(default_factory=list)
    """What the reader should look at, though nothing is wrong with it."""
    voter: Indices | None = None
    """Number of each vote's voter, from 0; None where the file does not tell voters apart."""
    discounts: bool = False
    """Whether weights are what is left of votes of weight 1, as in the exports of a site."""

    def table(self) -> PairTable:
        if self.discounts and self.weights is not None:  # in tenths, as a site counts them
            tenths = (10 * self.weights).round(6)
            table = PairTable.from_votes(self.models, self.a, self.b, self.outcome, tenths)
            return table.with_cells(table.cells / 10)
        return PairTable.from_votes(self.models, self.a, self.b, self.outcome, self.weights)

    def styled(self) -> StyledVotes:
        """The votes with their style, which must have been read."""
        assert self.features is not None  # noqa: S101 - for the type checker
        return StyledVotes(
            self.models, self.a, self.b, self.outcome, self.features, self.names, self.weights
        )


def read_votes(path: Path, *, style: Sequence[str] = (), skip_bad: bool = False) -> Votes:
    """Read a file of votes.

    Args:
        path: the file; `-` is standard input.
        style: names of style features.
        skip_bad: leave bad rows out instead of failing.

    Raises:
        BadVotes: the file is missing, of an unknown kind, lacks columns, or has bad rows, which
            the message lists by line (in Parquet and a JSON array by row, from 1).
    """
    try:
        with opened(path) as source:
            rows = READERS[source.kind](source, style)
            found = checked(rows)
            bad = np.flatnonzero(found.why)
            skipped = len(rows.faults) + len(bad)
            if skipped and not skip_bad:
                raise BadVotes(_report(rows, found, bad, skipped))
            packed = f" ({source.compression})" if source.compression else ""
            encoding = "" if source.encoding == "utf-8" else f" in {source.encoding}"
    except BadVotes as error:
        raise BadVotes(f"{named(path)}: {error}") from None
    except READ_FAULTS as error:
        raise BadVotes(f"{named(path)}: {reason(error)}") from None
    kept = found.why == 0
    if not kept.any():
        raise BadVotes(f"{named(path)}: there are no votes in it.")
    try:
        models, a, b = found.sides(kept)
        weights = None if rows.layout.weight is None else found.numbers[rows.layout.weight][kept]
        if weights is not None and not weights.any():
            raise BadVotes("every weight is 0.")
    except BadVotes as error:
        raise BadVotes(f"{named(path)}: {error}") from None
    features = [_feature(found, places, kept) for places in rows.layout.style.values()]
    return Votes(
        models=models,
        a=a,
        b=b,
        outcome=found.outcome[kept],
        weights=weights,
        names=tuple(style),
        features=np.column_stack(features) if features else None,
        skipped=skipped,
        understood=f"{named(path)}: {rows.format}{packed}{encoding}; {rows.layout.described()}",
        notes=found.notes,
        voter=_voters(found, kept),
        discounts=rows.layout.discounts,
    )


def _voters(found: Checked, kept: NDArray[np.bool_]) -> Indices | None:
    """Numbers of the voters without gaps, if at least two are known; each unknown is another."""
    if found.voter is None:
        return None
    voter = found.voter[kept]
    unknown = voter < 0
    if len(np.unique(voter[~unknown])) < 2:
        found.notes.append("the voter's column does not tell voters apart, and is not used.")
        return None
    voter = np.where(unknown, found.voter.max() + 1 + np.arange(len(voter)), voter)
    return np.unique(voter, return_inverse=True)[1].astype(np.intp)


def _feature(found: Checked, places: tuple[int, ...], kept: NDArray[np.bool_]) -> Floats:
    first, *second = (found.numbers[place][kept] for place in places)
    return style_differences(first, second[0]) if second else first


def _report(rows: Rows, found: Checked, bad: Indices, count: int) -> str:
    listed = [f"  {fault.place}: {fault.why}" for fault in rows.faults[:SHOWN]]
    first = bad[:SHOWN].tolist()
    if first:
        values = {place: rows.columns[place].take(first).to_pylist() for place in rows.layout.used}
        for index, place in enumerate(rows.places(first)):
            cells = ", ".join(
                f"{rows.layout.name(column)} {quoted(cells[index])}"
                for column, cells in values.items()
            )
            listed.append(f"  {place}: {found.reasons[found.why[first[index]]]} ({cells})")
    listed = listed[:SHOWN]
    if count > len(listed):
        listed.append(f"  and {count - len(listed):,} more")
    rows_are = "row is" if count == 1 else "rows are"
    return "\n".join([f"{count:,} {rows_are} bad; --skip-bad leaves them out.", *listed])
