"""JSON: one object a line (NDJSON), an array of objects, or an object of columns."""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, islice
from typing import Any

import pyarrow as pa
from pyarrow import json as arrow_json

from ratings.terminal import printable
from ratings.votefile.errors import BadVotes
from ratings.votefile.layout import Layout, understood
from ratings.votefile.rows import Fault, Rows, by_number, gathered
from ratings.votefile.source import READ_FAULTS, Source

LOOKED_AT = 1000  # records from which the columns are learnt
BLOCK = 8 << 20  # bytes that Arrow reads at once; a longer record is read line by line

Record = Mapping[str, Any]


def read_json(source: Source, style: Sequence[str]) -> Rows:
    """Read the columns of votes from JSON.

    Raises:
        BadVotes: it is not JSON of votes; the message names the line.
    """
    if rows := _fast(source, style):
        return rows
    return _lines(source, style) if _is_lines(source) else _document(source, style)


def _is_lines(source: Source) -> bool:
    """Whether the first line that is not blank is a whole object, and no object of columns."""
    with source.lines() as text:
        filled = (line for line in text if line.strip())
        first, second = next(filled, ""), next(filled, None)
    if not first.lstrip().startswith("{"):
        return False
    try:
        found = _parsed(first)
    except ValueError:
        return second is not None and second.lstrip().startswith("{")
    return second is not None or not all(isinstance(v, list | dict) for v in found.values())


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice!r} stands there twice")
    return found


def _parsed(text: str) -> Any:
    """JSON, in which no name stands twice in an object.

    Raises:
        ValueError: it is not.
    """
    try:
        return json.loads(text, object_pairs_hook=_object)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def _learnt(records: Sequence[Record], style: Sequence[str]) -> Layout:
    return understood(list(dict.fromkeys(name for record in records for name in record)), style)


def _fast(source: Source, style: Sequence[str]) -> Rows | None:
    """NDJSON by Arrow, if all of it is plain; else None, and the slow way says what is wrong."""
    if source.encoding != "utf-8" or not _is_lines(source):
        return None
    try:
        with source.lines() as text:
            lines = (line for line in text if line.strip())
            layout = _learnt([_parsed(line) for line in islice(lines, LOOKED_AT)], style)
    except (ValueError, AttributeError, TypeError):
        return None
    schema = pa.schema(
        [
            (layout.columns[p], pa.string() if p in layout.text else pa.float64())
            for p in layout.used
        ]
    )
    try:
        with source.open() as stream:
            table = arrow_json.read_json(
                pa.PythonFile(stream, mode="r"),
                arrow_json.ReadOptions(block_size=BLOCK),
                arrow_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
            )
    except READ_FAULTS:
        return None
    columns = {place: table[layout.columns[place]] for place in layout.used}
    return Rows("NDJSON", layout, columns, places=partial(_places, source))


def _places(source: Source, rows: Sequence[int]) -> list[str]:
    """The lines of rows by their indices, which rise."""
    wanted, lines = set(rows), []
    with source.lines() as text:
        filled = (number for number, line in enumerate(text, 1) if line.strip())
        for index, number in enumerate(filled):
            if index in wanted:
                lines.append(f"line {number}")
                if len(lines) == len(wanted):
                    break
    return lines


def _lines(source: Source, style: Sequence[str]) -> Rows:
    """NDJSON line by line; a line that is no object is a fault."""
    faults: list[Fault] = []
    numbers: list[int] = []

    def records() -> Iterator[Record]:
        with source.lines() as text:
            for number, line in enumerate(text, 1):
                if not line.strip():
                    continue
                try:
                    record = _parsed(line)
                    if not isinstance(record, dict):
                        raise ValueError("this is no JSON object")
                except ValueError as error:
                    faults.append(Fault(f"line {number}", printable(str(error))))
                else:
                    numbers.append(number)
                    yield record

    found = records()
    first = list(islice(found, LOOKED_AT))
    if not first:
        raise BadVotes(f"{faults[0].place}: {faults[0].why}" if faults else "this is empty.")
    layout = _learnt(first, style)
    columns = gathered(layout, chain(first, found))
    return Rows(
        format="NDJSON",
        layout=layout,
        columns=columns,
        faults=faults,
        places=lambda rows: [f"line {numbers[row]}" for row in rows],
    )


def _document(source: Source, style: Sequence[str]) -> Rows:
    """One document: an array of objects, or an object of columns as pandas writes it."""
    with source.open() as stream:
        data = stream.read()
    try:
        document = _parsed(data.decode(source.encoding))
    except UnicodeError:
        raise
    except ValueError as error:
        raise BadVotes(f"this is not JSON: {error}") from None
    if isinstance(document, dict):
        records = _of_columns(document)
    elif all(isinstance(record, dict) for record in document):
        records = document
    else:
        row = next(n for n, record in enumerate(document) if not isinstance(record, dict))
        raise BadVotes(f"row {row + 1} is no JSON object.")
    if not records:
        raise BadVotes("there are no votes in it.")
    layout = _learnt(records[:LOOKED_AT], style)
    return Rows(
        format="JSON array" if isinstance(document, list) else "JSON object of columns",
        layout=layout,
        columns=gathered(layout, records),
        places=by_number,
    )


def _of_columns(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Records from columns, which are lists, or objects by the number of the row."""
    columns = {}
    for name, column in document.items():
        if isinstance(column, dict):
            columns[name] = column
        elif isinstance(column, list):
            columns[name] = dict(enumerate(column))
        else:
            raise BadVotes("this is one JSON object, not a list of votes.")
    keys = dict.fromkeys(key for column in columns.values() for key in column)
    return [{name: column.get(key) for name, column in columns.items()} for key in keys]
