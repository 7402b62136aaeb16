"""Write and publish exports."""

import gzip
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

from django.conf import settings
from django.db import connection, transaction
from django.template.loader import render_to_string
from django.utils import timezone

from arena.battles.models import VoteStanding
from arena.exports.models import Export
from arena.exports.selectors import MANIFEST, epochs, folder_of
from arena.exports.table.anonymity import Pseudonyms
from arena.exports.table.columns import DESCRIPTIONS, SCHEMA, json_schema
from arena.exports.table.formats import Row, writer_of
from arena.exports.table.rows import disclosures_of_votes, vote_rows
from arena.leaderboards.chain import lock_chain, seal
from arena.leaderboards.counting.totals import Counts, counts_of
from arena.leaderboards.models import Board, ChainEntry, Style, Window
from arena.leaderboards.publishing import publish_counts
from arena.leaderboards.reading.chain import chain, entry_document, keys_document
from arena.leaderboards.reading.snapshots import with_proof
from arena.leaderboards.variants import Variant
from arena.text.personal_data import MEASURED
from ratings import proof

STANDING = SCHEMA.names.index("standing")
PUBLISHED = ("parquet", "csv.gz", "ndjson.gz")
GZIP_LEVEL = 3
READ = 1 << 20  # bytes read at a time

Progress = Callable[[int], object]


@contextmanager
def snapshot_transaction() -> Iterator[None]:
    """A read-only transaction that reads one snapshot of the database."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def all_rows() -> Iterator[list[Row]]:
    """Every vote, anonymised with a new random key; to be called in a transaction."""
    disclosures = disclosures_of_votes(settings.ARENA.export_smallest_cell)
    return vote_rows(disclosures, Pseudonyms.drawn(epochs()))


def write_votes(
    form: str, file: BinaryIO, *, counted_only: bool = False, progress: Progress = int
) -> int:
    """Write all votes to a file, and return their number.

    Args:
        form: parquet, ndjson, json or csv.
        progress: called with the number of votes read since the last call.

    Raises:
        UnknownFormat: there is no such format.
    """
    written = 0
    with snapshot_transaction(), writer_of(form, file) as writer:
        for rows in all_rows():
            kept = [row for row in rows if not counted_only or _counts(row)]
            writer.write(kept)
            written += len(kept)
            progress(len(rows))
    return written


def _counts(row: Row) -> bool:
    return bool(row[STANDING] == VoteStanding.Standing.COUNTED)


class ExportResult(NamedTuple):
    counts: list[tuple[Variant, Counts]]
    counted: int
    uncounted: int


def publish_export(*, progress: Progress = int) -> Export:
    """Publish all votes, and the boards computed from them, in a new folder.

    Votes and boards come from one snapshot of the database, so that anyone can recompute the boards
    from the votes. Readers never see an incomplete folder; the next export removes it.

    Raises:
        OSError: the files could not be written.
    """
    made_at = timezone.now()
    name = made_at.strftime("%Y-%m-%dT%H%M%S-%fZ")
    folder, partial = folder_of(name), folder_of(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    (partial / "snapshots").mkdir(parents=True)
    written = _write_all(partial, progress)
    with transaction.atomic():
        lock_chain()
        for variant, counts in written.counts:
            document = with_proof(publish_counts(variant, counts, at=made_at))
            _write_json(
                partial / "snapshots" / f"{variant.board.slug}.{variant.style}.json", document
            )
        _write_card(partial, made_at, written)
        _write_json(partial / "schema.json", json_schema())
        _write_json(partial / "keys.json", keys_document())
        with (partial / "chain.ndjson").open("wb") as file:
            file.writelines(proof.canonical(link) + b"\n" for link in chain())
        manifest: dict[str, Any] = {
            "format": "blind-arena-export/1",
            "name": name,
            "made_at": made_at.isoformat(),
            "votes": written.counted,
            "uncounted": written.uncounted,
            "files": _described(partial),
        }
        entry = seal(ChainEntry.Kind.EXPORT, proof.digest(manifest))
        manifest["proof"] = entry_document(entry)
        _write_json(partial / MANIFEST, manifest)
        export = Export.objects.create(
            name=name,
            made_at=made_at,
            votes=written.counted,
            uncounted=written.uncounted,
            manifest=manifest,
        )
        partial.rename(folder)
    return export


def _write_all(folder: Path, progress: Progress) -> ExportResult:
    """Write the counted votes and the others to separate files, in every published format."""
    counted = uncounted = 0
    with snapshot_transaction(), ExitStack() as stack:
        counts = list(_boards())
        votes, others = (
            [
                stack.enter_context(
                    writer_of(form.split(".")[0], _opened(folder / f"{name}.{form}", stack))
                )
                for form in PUBLISHED
            ]
            for name in ("votes", "uncounted")
        )
        for rows in all_rows():
            kept = [row for row in rows if _counts(row)]
            rest = [row for row in rows if not _counts(row)]
            for writer in votes:
                writer.write(kept)
            for writer in others:
                writer.write(rest)
            counted += len(kept)
            uncounted += len(rest)
            progress(len(rows))
    return ExportResult(counts, counted, uncounted)


def _boards() -> Iterator[tuple[Variant, Counts]]:
    """The all-time boards that have votes: those that can be recomputed from an export."""
    for board in Board.objects.all():
        for style in Style:
            variant = Variant(board, style, Window.ALL)
            counts = counts_of(variant, by_cluster=True)
            small = (
                settings.ARENA.export_smallest_cell if board.group == Board.Group.LANGUAGE else 1
            )
            if counts.table.total >= small:
                yield variant, counts


def _opened(path: Path, stack: ExitStack) -> BinaryIO:
    file = stack.enter_context(path.open("wb"))
    if path.suffix != ".gz":
        return file
    # Without name and time, so that the same rows give the same file.
    packed = gzip.GzipFile("", "wb", GZIP_LEVEL, fileobj=file, mtime=0)
    return cast(BinaryIO, stack.enter_context(packed))


def write_sidecars(path: Path, made_at: datetime, votes: int) -> None:
    """Write the data card of a single file of votes and the schema of a row beside it.

    Raises:
        OSError: they could not be written.
    """
    card = data_card(made_at, votes=votes, file=path.name)
    path.with_name(f"{path.name}.md").write_text(card, encoding="utf-8")
    _write_json(path.with_name(f"{path.name}.schema.json"), json_schema())


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _write_card(folder: Path, made_at: datetime, written: ExportResult) -> None:
    card = data_card(made_at, votes=written.counted, uncounted=written.uncounted)
    (folder / "README.md").write_text(card, encoding="utf-8")


def data_card(made_at: datetime, *, votes: int, uncounted: int = 0, file: str = "") -> str:
    """The data card of an export, in the format of Hugging Face.

    Args:
        file: name of the export's only file; empty if the export is a folder.
    """
    context = {
        "file": file,
        "made_at": made_at,
        "votes": votes,
        "uncounted": uncounted,
        "columns": [(name, about) for name, (_, about) in DESCRIPTIONS.items()],
        "smallest": settings.ARENA.export_smallest_cell,
        "recall": MEASURED.items(),
    }
    return render_to_string("exports/card.md", context)


def _described(folder: Path) -> dict[str, dict[str, Any]]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): {
            "bytes": path.stat().st_size,
            "sha256": sha256(path),
        }
        for path in files
    }


def sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(READ):
            digest.update(part)
    return digest.hexdigest()
