"""Two exports of a site are compared: no vote of the earlier one may be gone."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ratings import proof
from ratings.cli.main import main
from ratings.published import compare
from tests.exports.proving import (
    SITE_SIGNER,
    change_a_vote,
    load,
    output_lines,
    rehash,
    save,
)


def first_of(published: Path) -> Path:
    """The export before that one."""
    return sorted(path for path in published.parent.iterdir() if path.name[0].isdigit())[0]


def signed_again(folder: Path) -> None:
    """As the site itself can: right digests of the files, and a new entry in place of the last."""
    manifest = load(folder / "manifest.json")
    rehash(folder, manifest)
    old = {key: value for key, value in manifest["proof"].items() if key != "signature"}
    statement = old | {"subject": proof.digest(manifest), "key": SITE_SIGNER.key}
    manifest["proof"] = statement | {"signature": SITE_SIGNER.sign(statement)}
    save(folder / "manifest.json", manifest)


def to_month(month: int) -> Callable[[pl.DataFrame], pl.DataFrame]:
    from datetime import UTC, datetime

    def change(votes: pl.DataFrame) -> pl.DataFrame:
        last = pl.int_range(pl.len()) == pl.len() - 1
        moved = pl.lit(datetime(2026, month, 1, tzinfo=UTC).timestamp())
        return votes.with_columns(tstamp=pl.when(last).then(moved).otherwise(pl.col("tstamp")))

    return change


def withheld(votes: pl.DataFrame) -> pl.DataFrame:
    last = pl.int_range(pl.len()) == pl.len() - 1
    return votes.with_columns(
        tstamp=pl.when(last).then(None).otherwise(pl.col("tstamp")),
        period=pl.when(last).then(pl.lit("withheld")).otherwise(pl.col("period")),
    )


@pytest.mark.parametrize(
    ("change", "differing"),
    [
        (lambda votes: votes, set()),
        (lambda votes: votes.head(-1), {"dropped"}),
        (change_a_vote, {"dropped", "added"}),
        (to_month(2), {"dropped", "added"}),
        (withheld, set()),  # exports may generalise differently
    ],
)
@pytest.mark.parametrize("name", ["votes.parquet", "uncounted.parquet"])
def test_comparison_finds_votes_that_the_site_dropped_between_exports(
    published: Path, folder: Path, name: str, change: Any, differing: set[str]
) -> None:
    change(pl.read_parquet(folder / name)).write_parquet(folder / name)
    if differing:
        found = {check.name for check in compare(published, folder).checks if check.differences}
        assert found == differing | {"files after"}
    signed_again(folder)
    chain = [*map(json.loads, (folder / "chain.ndjson").read_text().splitlines())]
    found = {check.name for check in compare(published, folder).checks if check.differences}
    assert found - {"chain"} == differing
    assert len(chain) > 2


def test_comparison_reports_changed_standings_as_no_loss(
    published: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    counted = pl.read_parquet(folder / "votes.parquet")
    others = pl.read_parquet(folder / "uncounted.parquet")
    moved = counted.tail(3).with_columns(standing=pl.lit("excluded"), reason=pl.lit("moderated"))
    counted.head(-3).write_parquet(folder / "votes.parquet")
    pl.concat([others, moved]).write_parquet(folder / "uncounted.parquet")
    signed_again(folder)
    found = compare(published, folder)
    assert not any(check.differences for check in found.checks if check.name != "chain")
    assert found.votes[0] == found.votes[1] == len(counted) + len(others)
    assert found.standings[0]["counted"] - found.standings[1]["counted"] == 3
    assert found.moved


def test_the_command_compares_two_exports_of_a_site(
    published: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Its new votes are of a month that was over when the one before was made."""
    before = first_of(published)
    assert main(["compare-exports", str(before), str(published)]) == 1
    out = output_lines(capsys)
    assert {"files before agrees", "files after agrees", "chain agrees", "dropped agrees"} <= set(
        out
    )
    assert "added differs" in out
    assert any("in 2026-03, which was over: " in line for line in out)
    assert main(["compare-exports", str(before), str(before)]) == 0
    assert output_lines(capsys)[-1] == "No vote of the earlier export is gone."
    assert main(["compare-exports", str(published), str(before)]) == 2
    assert "must be the earlier one" in capsys.readouterr().err
    assert main(["compare-exports", str(published), str(tmp_path)]) == 2
    other = Path(shutil.copytree(published, tmp_path / "other"))
    save(other / "manifest.json", load(other / "manifest.json") | {"made_at": "x"})
    assert main(["compare-exports", str(published), str(other)]) == 2
