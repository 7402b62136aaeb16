"""Writers of the table of votes to files, in batches, so that memory stays constant."""

import csv
import io
import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, BinaryIO, Protocol, Self, cast

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from arena.exports.table.columns import SCHEMA

ROWS_OF_GROUP = 20_000
BYTES_OF_GROUP = 32_000_000

Row = tuple[Any, ...]
"""The values of `SCHEMA`, in its order."""


class Writer(AbstractContextManager["Writer"], Protocol):
    """A file to write rows to; leaving the context completes it."""

    def write(self, rows: Sequence[Row]) -> None: ...


class UnknownFormat(ValueError):
    """There is no such format."""


class ParquetWriter:
    """Row groups of 20,000 rows, or fewer if texts are long; compressed with Zstandard."""

    def __init__(self, file: BinaryIO) -> None:
        self._writer = pq.ParquetWriter(file, SCHEMA, compression="zstd")
        self._batches: list[pa.RecordBatch] = []
        self._rows = self._bytes = 0

    def write(self, rows: Sequence[Row]) -> None:
        if not rows:
            return
        columns = zip(zip(*rows, strict=True), SCHEMA.types, strict=True)
        arrays = [pa.array(values, kind) for values, kind in columns]
        batch = pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)
        self._batches.append(batch)
        self._rows += batch.num_rows
        self._bytes += batch.nbytes
        if self._rows >= ROWS_OF_GROUP or self._bytes >= BYTES_OF_GROUP:
            self._flush()

    def _flush(self) -> None:
        if self._batches:
            group = pa.Table.from_batches(self._batches)
            self._writer.write_table(group, row_group_size=group.num_rows)
            self._batches = []
            self._rows = self._bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if error is None:
            self._flush()
        self._writer.close()


class _Lines:
    """A file of lines."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._file.flush()


class NdjsonWriter(_Lines):
    """One JSON object a line."""

    def write(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self._file.write(orjson.dumps(_object(row), option=orjson.OPT_APPEND_NEWLINE))


class JsonWriter(_Lines):
    """One JSON list of objects."""

    _before = b"[\n"

    def write(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self._file.write(self._before + orjson.dumps(_object(row)))
            self._before = b",\n"

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._file.write(b"[]\n" if self._before == b"[\n" else b"\n]\n")
        self._file.flush()


class CsvWriter(_Lines):
    """A header and one line a vote; lists are JSON inside their cell."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self._text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
        self._writer = csv.writer(self._text, lineterminator="\n")
        self._writer.writerow(SCHEMA.names)

    def write(self, rows: Sequence[Row]) -> None:
        self._writer.writerows(map(_cell, row) for row in rows)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._text.flush()
        self._text.detach()


def _object(row: Row) -> dict[str, Any]:
    return dict(zip(SCHEMA.names, row, strict=True))


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    return str(value).lower() if isinstance(value, bool) else value


WRITERS = {
    "parquet": ParquetWriter,
    "ndjson": NdjsonWriter,
    "json": JsonWriter,
    "csv": CsvWriter,
}


def writer_of(form: str, file: BinaryIO) -> Writer:
    """A writer of a format, by name.

    Raises:
        UnknownFormat: there is none of that name.
    """
    try:
        return cast(Writer, WRITERS[form](file))
    except KeyError:
        raise UnknownFormat(f"There is no format {form}; there are {', '.join(WRITERS)}.") from None
