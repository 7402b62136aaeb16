"""Votes written as they are read."""

import json
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
from pyarrow import csv, parquet

from ratings.engine.tables import OUTCOMES, Indices
from ratings.votefile.errors import BadVotes

KINDS = (".csv", ".parquet", ".ndjson", ".jsonl")


def write_votes(
    path: Path, models: Sequence[str], a: Indices, b: Indices, outcome: Indices
) -> None:
    """Write votes as `read_votes` reads them.

    Raises:
        BadVotes: the file's kind is unknown, or it cannot be written.
    """
    kind = path.suffix.lower()
    if kind not in KINDS:
        raise BadVotes(f"{path}: its name ends in none of {', '.join(KINDS)}.")
    winners = ["model_a", "model_b", *OUTCOMES[2:]]
    columns = {"model_a": (models, a), "model_b": (models, b), "winner": (winners, outcome)}
    table = pa.table(
        {name: pa.array(values).take(pa.array(codes)) for name, (values, codes) in columns.items()}
    )
    try:
        if kind == ".csv":
            csv.write_csv(table, path, csv.WriteOptions(quoting_style="needed"))
        elif kind == ".parquet":
            parquet.write_table(table, path)
        else:
            with path.open("w", encoding="utf-8") as file:
                for batch in table.to_batches(max_chunksize=1 << 16):
                    file.writelines(json.dumps(row) + "\n" for row in batch.to_pylist())
    except OSError as error:
        raise BadVotes(f"{path}: {error.strerror or error}") from None
