"""Tables of text: CSV, TSV, and files separated by semicolons or bars."""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import Any

import pyarrow as pa
from pyarrow import csv as arrow_csv

from ratings.votefile.errors import BadVotes
from ratings.votefile.layout import Layout, understood
from ratings.votefile.rows import Fault, Rows
from ratings.votefile.source import READ_FAULTS, Source

SEPARATORS = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "bars"}
BLOCK = 8 << 20  # bytes that Arrow reads at once; a longer row is read row by row
ERRORS = "surrogateescape"  # so that what is no text does no harm in columns that are not read
_SEP = re.compile(r'"?sep=(.)"?\r?\n', re.IGNORECASE)  # the first line that Excel may write
_END = "\x00end"
_CODES = pa.dictionary(pa.int32(), pa.string())


@dataclass(frozen=True, slots=True)
class _Header:
    """How a table is read: `skip` bytes to its first row, which begins at `line`, from 1."""

    separator: str
    columns: list[str]
    skip: int
    line: int


def read_table(source: Source, style: Sequence[str]) -> Rows:
    """Read the columns of votes from a table.

    Raises:
        BadVotes: the header names no votes, or this is no text.
    """
    header = _header(source)
    layout = understood(header.columns, style)
    rows = Rows(
        format=f"table separated by {SEPARATORS.get(header.separator, repr(header.separator))}",
        layout=layout,
        columns={},
        decimal_comma=header.separator == ";",
    )
    try:
        columns = _columns(source, header, layout)
    except READ_FAULTS:
        return _row_by_row(source, header, rows)
    return replace(rows, columns=columns, places=partial(_places, source, header))


def _header(source: Source) -> _Header:
    """The header by the separator with which it names votes, else the one with most columns."""
    decoder = codecs.getincrementaldecoder(source.encoding)(ERRORS)
    head = decoder.decode(source.head())
    skipped, separators = "", list(SEPARATORS)
    if named := _SEP.match(head):
        skipped, separators = named[0], [named[1]]
    lines = list(io.StringIO(head[len(skipped) :], newline=""))
    blank = next((number for number, line in enumerate(lines) if line.strip()), 0)
    found = []
    for separator in separators:
        reader = csv.reader(lines[blank:], delimiter=separator)
        try:
            columns = next(reader, [])
        except csv.Error as error:
            raise BadVotes(f"the header cannot be read: {error}") from None
        used = skipped + "".join(lines[: blank + reader.line_num])
        line = 1 + bool(skipped) + blank + reader.line_num
        header = _Header(separator, columns, len(used.encode(source.encoding, ERRORS)), line)
        try:
            understood(columns)
        except BadVotes:
            found.append(header)
        else:
            return header
    return max(found, key=lambda header: len(header.columns))


def _columns(source: Source, header: _Header, layout: Layout) -> dict[int, pa.ChunkedArray]:
    """The needed columns by Arrow, which stops at the first row that is none."""
    types: dict[str, Any] = {str(place): pa.string() for place in layout.numbers}
    types |= {str(place): _CODES for place in layout.text}
    with source.open(header.skip) as stream:
        table = arrow_csv.read_csv(
            pa.PythonFile(stream, mode="r"),
            arrow_csv.ReadOptions(
                block_size=BLOCK,
                column_names=[str(place) for place in range(len(header.columns))],
                encoding=source.encoding,
            ),
            arrow_csv.ParseOptions(delimiter=header.separator, newlines_in_values=True),
            arrow_csv.ConvertOptions(
                include_columns=[str(place) for place in layout.used],
                column_types=types,
                strings_can_be_null=False,
            ),
        )
        quotes = stream.quotes
    if quotes % 2:  # the last one may have swallowed the rows after it
        for _ in _lines(source, header):
            pass
    return {place: table[str(place)] for place in layout.used}


def _lines(source: Source, header: _Header) -> Iterator[tuple[int, list[str]]]:
    """Each row and the line where it begins; blank lines are no rows.

    Raises:
        BadVotes: the last quoted cell is never closed.
    """
    csv.field_size_limit(2**31 - 1)
    with source.lines(header.skip, newline="", errors=ERRORS) as text:
        reader = csv.reader(chain(text, ["\n", _END]), delimiter=header.separator)
        begins = reader.line_num
        for row in reader:
            if row and row != [_END]:
                if row[-1].endswith(_END):
                    where = f"line {header.line + begins}"
                    raise BadVotes(f"{where}: a quotation mark is opened and never closed.")
                yield header.line + begins, row
            begins = reader.line_num


def _places(source: Source, header: _Header, rows: Sequence[int]) -> list[str]:
    """The lines of rows by their indices, which rise."""
    wanted, lines = set(rows), []
    for index, (line, _) in enumerate(_lines(source, header)):
        if index in wanted:
            lines.append(f"line {line}")
            if len(lines) == len(wanted):
                break
    return lines


def _row_by_row(source: Source, header: _Header, rows: Rows) -> Rows:
    """The same by the standard library, slowly: it goes on after rows that are none.

    Raises:
        BadVotes: the file is damaged.
    """
    width = len(header.columns)
    cells: dict[int, list[str]] = {place: [] for place in rows.layout.used}
    lines: list[int] = []
    faults: list[Fault] = []
    try:
        for line, row in _lines(source, header):
            if len(row) != width:
                count = f"{len(row)} cell" if len(row) == 1 else f"{len(row)} cells"
                faults.append(Fault(f"line {line}", f"it has {count}, the header has {width}"))
            elif any(map(_is_damaged, row)) and any(_is_damaged(row[place]) for place in cells):
                faults.append(Fault(f"line {line}", "it is not UTF-8; save the file as UTF-8"))
            else:
                lines.append(line)
                for place, column in cells.items():
                    column.append(row[place])
    except csv.Error as error:
        raise BadVotes(f"after line {lines[-1] if lines else header.line}: {error}") from None
    return replace(
        rows,
        columns={p: pa.chunked_array([pa.array(c, pa.string())]) for p, c in cells.items()},
        faults=faults,
        places=lambda indices: [f"line {lines[index]}" for index in indices],
    )


def _is_damaged(cell: str) -> bool:
    """Whether it was no text in the encoding of the file."""
    return any("\ud800" <= character <= "\udfff" for character in cell)
