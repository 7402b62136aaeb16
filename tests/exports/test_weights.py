"""Boards of votes that weigh less than 1: fitted, published, exported, and made again by anyone."""

import json
import re
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from django.test import Client
from pyarrow import parquet

from arena.battles.models import Vote
from arena.battles.voting.weights import Weight, set_weights
from arena.exports.selectors import folder_of
from arena.exports.services import publish_export
from arena.exports.table.columns import SCHEMA
from arena.leaderboards.counting.totals import counts_of
from arena.leaderboards.fitting import refit
from arena.leaderboards.models import Board, Snapshot, Style
from arena.leaderboards.publishing import publish
from arena.leaderboards.reading.snapshots import snapshot_document
from arena.leaderboards.reading.view import leaderboard
from arena.leaderboards.variants import Variant
from arena.voters.models import Voter
from ratings import engine, snapshots
from ratings.cli.main import main
from ratings.published import verify
from ratings.published.votes import Votes
from tests.exports.casting import cast_many
from tests.factories import make_contestants

pytestmark = pytest.mark.django_db

MODELS = 4


@pytest.fixture
def weighed(db: None) -> list[Vote]:
    """Votes of which every third weighs a few tenths, and every sixth nothing."""
    models = make_contestants(MODELS)
    cast_many(models, [Voter.objects.create() for _ in range(5)], rounds=3)
    votes = list(Vote.objects.order_by("pk").select_related("battle"))
    weights = {
        vote.pk: Weight(0 if place % 6 == 0 else 1 + place % 9, "day")
        for place, vote in enumerate(votes)
        if place % 3 == 0
    }
    assert set_weights(weights)
    return votes


def counted(votes: list[Vote]) -> pl.DataFrame:
    rows = [
        {
            "a": vote.battle.contestant_a.slug,
            "b": vote.battle.contestant_b.slug,
            "outcome": engine.OUTCOMES.index(vote.outcome),
            "tenths": getattr(vote.weights.first(), "tenths", 10),
        }
        for vote in votes
        if getattr(vote.standings.first(), "standing", "") == "counted"
    ]
    return pl.DataFrame(rows)


def documents() -> dict[str, dict[str, Any]]:
    return {
        style: snapshot_document(Snapshot.objects.get(board__slug="overall", style=style))
        for style in Style.values
    }


def test_a_board_counts_weights_and_shows_ratings_as_cast(
    weighed: list[Vote], client: Client
) -> None:
    overall = Board.objects.get(slug="overall")
    counts = counts_of(Variant(overall))
    votes, names = counted(weighed), counts.table.models
    a, b = (votes[side].replace_strict({n: i for i, n in enumerate(names)}) for side in "ab")
    sides = a.to_numpy(), b.to_numpy(), votes["outcome"].to_numpy()
    as_cast = engine.PairTable.from_votes(names, *sides)
    tenths = engine.PairTable.from_votes(names, *sides, votes["tenths"].to_numpy().astype(float))
    expected = tenths.with_cells(tenths.cells / 10)
    assert counts.table.as_counts() == expected.as_counts()
    assert counts.digest() == expected.digest() != as_cast.digest()
    assert counts_of(Variant(overall), as_cast=True).digest() == as_cast.digest()
    refit(overall)
    rows = {row.contestant.slug: row for row in leaderboard(overall).rows}
    plain = engine.fit(as_cast)
    for name, rating in zip(plain.models, plain.ratings.tolist(), strict=True):
        assert rows[name].rating_as_cast == round(rating, 2) != rows[name].rating
    assert leaderboard(overall).is_weighed
    page = client.get("/leaderboard/").content.decode()
    shown = list(map(float, re.findall(r'data-test="as-cast">([\d.]+)<', page)))
    beside = [row.rating_as_cast for row in leaderboard(overall).rows]
    assert shown == pytest.approx(beside, abs=0.06)
    differences = re.findall(r'<td class="number">([+\N{MINUS SIGN}]?\d+\.\d)</td>', page)
    assert set(differences) >= {row.points_of_weights for row in rows.values()}
    shown_rows = client.get("/api/v1/boards/overall/leaderboard").json()["rows"]
    assert {row["contestant"]: row["rating_as_cast"] for row in shown_rows} == {
        slug: row.rating_as_cast for slug, row in rows.items()
    }


@pytest.mark.parametrize("style", Style.values)
def test_a_snapshot_with_weights_can_be_recomputed(style: str, weighed: list[Vote]) -> None:
    overall = Board.objects.get(slug="overall")
    snapshot = publish(overall, Style(style))
    assert snapshot is not None
    document = json.loads(json.dumps(snapshot_document(snapshot)))
    assert document["clusters"]
    assert [check for check in snapshots.verify(document) if check.differences] == []
    for row in document["rows"]:
        row["rating_as_cast"] += 1
    differ = [check.name for check in snapshots.verify(document) if check.differences]
    assert differ == ["rating_as_cast"]
    del document["as_cast"]
    assert "as cast" in [check.name for check in snapshots.verify(document) if check.differences]


def test_weights_of_one_publish_the_same_board_as_no_weights(weighed: list[Vote]) -> None:
    set_weights({vote.pk: Weight() for vote in weighed})
    for style in Style:
        snapshot = publish(Board.objects.get(slug="overall"), style)
        assert snapshot is not None
        document = snapshot_document(snapshot)
        assert "as_cast" not in document
        assert "rating_as_cast" not in document["rows"][0]
        assert all(type(n) is int for row in snapshot.counts for n in row[2:] if style == "plain")


@pytest.mark.django_db(transaction=True)
def test_boards_can_be_recomputed_from_votes_and_weights(
    weighed: list[Vote], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = folder_of(publish_export().name)
    assert [check for check in verify(folder) if check.differences] == []
    votes = pl.read_parquet(folder / "votes.parquet")
    assert votes["weight"].sum() == pytest.approx(counted(weighed)["tenths"].sum() / 10)
    assert set(votes.filter(pl.col("weight") < 1)["weight_reason"]) == {"day"}
    assert set(votes.filter(pl.col("weight") == 1)["weight_reason"]) == {""}
    ratings = {}
    for options in ((), ("--as-cast",)):
        assert main(["fit", str(folder / "votes.parquet"), "--json", *options]) == 0
        ratings[options] = {
            row["slug"]: row["rating"] for row in json.loads(capsys.readouterr().out)["rows"]
        }
    for row in documents()["plain"]["rows"]:
        assert ratings[()][row["slug"]] == row["rating"]
        assert ratings[("--as-cast",)][row["slug"]] == row["rating_as_cast"]


def changed(folder: Path, name: str, values: list[float] | None) -> Path:
    """The votes of an export with other weights; None: without any, as old exports are."""
    table = parquet.read_table(folder / "votes.parquet")
    place = table.column_names.index("weight")
    table = table.remove_column(place)
    if values is not None:
        table = table.append_column("weight", pa.array(values))
    parquet.write_table(table, folder / name)
    return folder / name


@pytest.mark.django_db(transaction=True)
def test_verification_finds_a_changed_weight(weighed: list[Vote]) -> None:
    folder = folder_of(publish_export().name)
    weights = parquet.read_table(folder / "votes.parquet")["weight"].to_pylist()
    place = next(n for n, weight in enumerate(weights) if 0 < weight < 1)
    for document in documents().values():
        assert Votes.read(folder / "votes.parquet").differences(document) == []
        for instead in (1.0, 0.45, float("nan"), -0.1, 1.1):
            forged = [*weights[:place], instead, *weights[place + 1 :]]
            assert Votes.read(changed(folder, "forged.parquet", forged)).differences(document)
        assert Votes.read(changed(folder, "old.parquet", None)).differences(document)


@pytest.mark.django_db(transaction=True)
def test_exports_without_weights_still_verify(weighed: list[Vote]) -> None:
    set_weights({vote.pk: Weight() for vote in weighed})
    folder = folder_of(publish_export().name)
    assert "weight" in SCHEMA.names
    old = Votes.read(changed(folder, "old.parquet", None))
    for document in documents().values():
        assert old.differences(document) == []
