"""The rows of a file of votes as they were read, before they are checked."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from ratings.votefile.layout import Layout


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row; `place` names it as its reader finds it, such as "line 7"."""

    place: str
    why: str


def by_number(rows: Sequence[int]) -> list[str]:
    """Rows of a file without lines, from 1."""
    return [f"row {row + 1}" for row in rows]


@dataclass(frozen=True, slots=True)
class Rows:
    """The columns that are needed, and the rows that are no rows.

    `columns` are by their places in the layout, all of one length; `faults` are the rows that are
    not among them. `places` names rows by their indices, which rise.
    """

    format: str
    layout: Layout
    columns: Mapping[int, pa.ChunkedArray]
    decimal_comma: bool = False
    faults: Sequence[Fault] = ()
    places: Callable[[Sequence[int]], list[str]] = by_number

    def __len__(self) -> int:
        return len(self.columns[self.layout.a])


def gathered(layout: Layout, records: Iterable[Mapping[str, object]]) -> dict[int, pa.ChunkedArray]:
    """The needed columns of records as text."""
    cells: dict[int, list[str | None]] = {place: [] for place in layout.used}
    for record in records:
        for place, column in cells.items():
            column.append(as_text(record.get(layout.columns[place])))
    return {place: pa.chunked_array([pa.array(c, pa.string())]) for place, c in cells.items()}


def as_text(value: object) -> str | None:
    """A value of JSON as text; lists and objects have none."""
    if value is None or isinstance(value, list | dict):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def is_text(kind: pa.DataType) -> bool:
    """Whether a column of Arrow holds text."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
