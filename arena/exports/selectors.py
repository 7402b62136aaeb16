"""Read published exports and their votes."""

from pathlib import Path
from typing import Any

from django.conf import settings
from pyarrow import parquet

from arena.exports.models import Export
from arena.exports.table.anonymity import Epochs

MANIFEST = "manifest.json"


def exports() -> list[Export]:
    """The exports that can be downloaded, the newest first."""
    return [export for export in Export.objects.all() if folder_of(export.name).is_dir()]


def votes_of(export: Export, *, counted: bool, begin: int, number: int) -> list[dict[str, Any]]:
    """Some of an export's votes in the order of its file, from the row `begin` on.

    Only the parts of the file that hold them are read.
    """
    path = folder_of(export.name) / f"{'votes' if counted else 'uncounted'}.parquet"
    rows: list[dict[str, Any]] = []
    with parquet.ParquetFile(path) as file:
        first = 0  # row of the row group
        for group in range(file.num_row_groups):
            length = file.metadata.row_group(group).num_rows
            start, end = max(begin - first, 0), min(begin + number - first, length)
            if start < end:
                rows += file.read_row_group(group).slice(start, end - start).to_pylist()
            first += length
    return rows


def folder_of(name: str) -> Path:
    return settings.ARENA.exports / name


def epochs() -> Epochs:
    return Epochs(list(Export.objects.order_by("made_at").values_list("made_at", flat=True)))
