"""What an export holds: every vote once, in every format, enough to make the boards again."""

import gzip
import io
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import jsonschema
import polars as pl
import pyarrow.parquet as pq
import pytest
from asgiref.sync import async_to_sync
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, transaction
from django.test import Client
from pytest_django import DjangoAssertNumQueries, DjangoDbBlocker

from arena.battles.models import Vote
from arena.exports.models import Export
from arena.exports.selectors import folder_of
from arena.exports.services import all_rows, publish_export, write_votes
from arena.exports.table.columns import SCHEMA, json_schema
from arena.exports.table.formats import WRITERS
from arena.voters.models import Voter
from ratings.snapshots import snapshot
from ratings.votefile import read_votes
from tests.exports.casting import cast_many
from tests.factories import make_contestants


@pytest.fixture(scope="module")
def votes(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[int]:
    """Votes of three voters on four contestants, some held or excluded: the whole file's."""
    with django_db_blocker.unblock():
        try:
            cast_many(make_contestants(4), [Voter.objects.create() for _ in range(3)])
            yield Vote.objects.count()
        finally:  # whatever fails leaves an empty database to the other tests
            call_command("flush", interactive=False, verbosity=0)


@pytest.fixture(scope="module")
def export(votes: int) -> Export:
    """One that is published and that no test changes."""
    return publish_export()


def written(form: str, **options: Any) -> io.BytesIO:
    file = io.BytesIO()
    write_votes(form, file, **options)
    return file


def test_every_format_contains_the_same_votes(votes: int) -> None:
    """Ids and order are random in each file; everything else is the same."""
    steps: list[int] = []
    file = written("ndjson", progress=steps.append)
    assert sum(steps) == votes
    lines = [json.loads(line) for line in file.getvalue().splitlines()]
    listed = json.loads(written("json").getvalue())
    parquet = pq.read_table(io.BytesIO(written("parquet").getvalue()))
    table = pl.read_csv(io.BytesIO(written("csv").getvalue()))
    assert parquet.schema == SCHEMA
    assert table.columns == SCHEMA.names

    def known(rows: list[dict[str, Any]]) -> list[str]:
        drawn = {"question_id", "judge"}
        return sorted(
            json.dumps({key: row[key] for key in row if key not in drawn}, sort_keys=True)
            for row in rows
        )

    assert len(lines) == votes
    assert known(lines) == known(listed) == known(parquet.to_pylist())
    assert sorted(table["winner"]) == sorted(row["winner"] for row in lines)
    for row in lines:
        jsonschema.validate(row, json_schema())


@pytest.mark.django_db(transaction=True)
def test_a_site_without_votes_exports_empty_files() -> None:
    assert json.loads(written("json").getvalue()) == []
    assert written("ndjson").getvalue() == b""
    assert pq.read_table(io.BytesIO(written("parquet").getvalue())).num_rows == 0
    assert written("csv").getvalue().decode().strip() == ",".join(SCHEMA.names)


def test_boards_can_be_recomputed_from_a_published_export(
    votes: int, export: Export, tmp_path: Path
) -> None:
    folder = folder_of(export.name)
    assert export.votes + export.uncounted == votes
    unpacked = gzip.decompress((folder / "uncounted.ndjson.gz").read_bytes())
    assert export.uncounted == sum(
        row["standing"] != "counted" for row in map(json.loads, unpacked.splitlines())
    )
    published = json.loads((folder / "snapshots" / "overall.plain.json").read_text())
    again = snapshot(read_votes(folder / "votes.parquet").table())
    assert (again["digest"], again["rows"]) == (published["digest"], published["rows"])
    # And with the votes that are held or excluded, by their reasons.
    others = pl.read_parquet(folder / "uncounted.parquet")
    assert set(others["standing"]) == {"held", "excluded"}
    assert set(others["reason"]) == {"review"}
    whole = tmp_path / "whole.parquet"
    pl.concat([pl.read_parquet(folder / "votes.parquet"), others]).write_parquet(whole)
    assert snapshot(read_votes(whole).table())["votes"] == votes
    assert {path.stem for path in (folder / "snapshots").iterdir()} >= {
        "overall.controlled",
        "code.plain",
        "lang-de.plain",
        "multi-turn.plain",
    }
    card = (folder / "README.md").read_text()
    assert "`winner`" in card
    assert "| email | 23 | 1.0 |" in card
    assert "&" not in card
    assert json.loads((folder / "schema.json").read_text()) == json_schema()
    assert {"README.md", "schema.json"} <= export.manifest["files"].keys()
    for change in (Export.objects.all().delete, partial(Export.objects.update, votes=0)):
        with pytest.raises(ProgrammingError, match="Cannot update or delete"):
            change()


def test_a_file_can_be_downloaded_whole_or_in_parts(export: Export, client: Client) -> None:
    address = f"/exports/{export.name}/votes.parquet"
    whole = body_of(client.get(address))
    assert len(whole) == export.manifest["files"]["votes.parquet"]["bytes"]
    for asked, part in (
        ("bytes=100-", whole[100:]),
        ("bytes=0-0", whole[:1]),
        (f"bytes={len(whole) - 1}-", whole[-1:]),
        ("bytes=-8", whole[-8:]),
        ("bytes=4-99999999", whole[4:]),
    ):
        response = client.get(address, headers={"Range": asked})
        assert response.status_code == 206
        assert body_of(response) == part
        assert response["Content-Range"].endswith(f"/{len(whole)}")
    for asked in (f"bytes={len(whole)}-", "bytes=9-8", "bytes=-0", "bytes=-"):
        response = client.get(address, headers={"Range": asked})
        assert response.status_code == 416
    changed = client.get(address, headers={"Range": "bytes=5-", "If-Range": '"other"'})
    assert changed.status_code == 200
    etag = changed["ETag"]
    known = client.get(address, headers={"If-None-Match": etag})
    assert known.status_code == 304
    for nothing in ("/exports/nothing/votes.parquet", f"/exports/{export.name}/../secrets.json"):
        assert client.get(nothing).status_code == 404


@async_to_sync
async def body_of(response: Any) -> bytes:
    return b"".join([part async for part in response.streaming_content])


def test_the_api_reads_votes_of_an_export_in_pages(export: Export, client: Client) -> None:
    for counted, number in ((True, export.votes), (False, export.uncounted)):
        address = f"/api/v1/exports/{export.name}/votes?limit=20&counted={counted}"
        rows: list[dict[str, Any]] = []
        while address:
            page = client.get(address).json()
            rows += page["results"]
            address = page["next"]
        assert len(rows) == len({row["question_id"] for row in rows}) == number
        assert {row["standing"] == "counted" for row in rows} == {counted}
        for row in rows:
            jsonschema.validate(row, json_schema())
    assert client.get(f"/api/v1/exports/{export.name}/votes?cursor={2**63 - 1}").json() == {
        "results": [],
        "next": None,
    }
    assert client.get("/api/v1/exports/nothing/votes").status_code == 404
    assert [found["name"] for found in client.get("/api/v1/exports?limit=1").json()["results"]] == [
        export.name
    ]


def test_a_failed_export_publishes_no_file(
    export: Export, exports_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("arena.exports.table.formats.CsvWriter.write", full)
        with pytest.raises(CommandError, match="No space left"):
            call_command("publish_export")
    assert Export.objects.get() == export
    call_command("publish_export")
    published = Export.objects.values_list("name", flat=True)
    assert len(published) == 2
    assert {path.name for path in exports_folder.iterdir()} == set(published)


def test_the_command_writes_a_file_or_reports_the_error(votes: int, tmp_path: Path) -> None:
    """In every format, with data card and schema beside the file."""
    for form in WRITERS:
        file = tmp_path / f"votes.{form}"
        call_command("export_votes", "--format", form, "--to", str(file))
        assert json.loads((tmp_path / f"votes.{form}.schema.json").read_text()) == json_schema()
        card = (tmp_path / f"votes.{form}.md").read_text()
        assert f"`votes.{form}` has {votes} votes" in card
        assert "| email | 23 | 1.0 |" in card
    assert len(pl.read_csv(tmp_path / "votes.csv")) == votes
    described = pq.read_schema(tmp_path / "votes.parquet").field("winner").metadata
    assert b"model_a, model_b, tie" in described[b"description"]
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("export_votes", "--to", str(tmp_path / "nowhere" / "votes.parquet"))


def test_the_number_of_queries_grows_with_batches_not_votes(
    votes: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with (
        transaction.atomic(),
        django_assert_max_num_queries(6),
    ):  # the cells, the exports, one a day
        assert sum(len(rows) for rows in all_rows()) == votes
