"""Parquet."""

from collections.abc import Sequence

import pyarrow as pa
from pyarrow import parquet

from ratings.votefile.errors import BadVotes
from ratings.votefile.layout import understood
from ratings.votefile.rows import Rows, is_text
from ratings.votefile.source import Source


def read_parquet(source: Source, style: Sequence[str]) -> Rows:
    """Read the columns of votes from Parquet.

    Raises:
        BadVotes: it is damaged, or has no columns of votes.
    """
    with parquet.ParquetFile(source.path) as file:
        schema = file.schema_arrow
    layout = understood(schema.names, style)
    text = [schema.names[place] for place in layout.text if is_text(schema.types[place])]
    with parquet.ParquetFile(source.path, read_dictionary=text) as file:
        table = file.read(columns=[schema.names[place] for place in layout.used])
    for place in layout.used:
        if pa.types.is_nested(kind := table.schema.field(schema.names[place]).type):
            raise BadVotes(f"column {layout.name(place)} holds {kind}, not text or numbers.")
    columns = {place: table[schema.names[place]] for place in layout.used}
    return Rows(format="Parquet", layout=layout, columns=columns)
