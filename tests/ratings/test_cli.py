"""`python -m ratings`: what it prints, and how it refuses."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest

from ratings.cli.main import main
from tests.speed import seconds

ROOT = Path(__file__).parents[2]


class Result(NamedTuple):
    status: int
    out: str
    err: str


class CommandLine:
    """The commands, run in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def run(self, *words: object) -> Result:
        self._capsys.readouterr()
        status = main([str(word) for word in words])
        return Result(status, *self._capsys.readouterr())

    def succeeds(self, *words: object) -> str:
        result = self.run(*words)
        assert result.status == 0, result.err
        return result.out

    def fitted(self, *words: object) -> dict[str, Any]:
        board: dict[str, Any] = json.loads(self.succeeds("fit", *words, "--json"))
        return board


@pytest.fixture
def ratings(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(capsys)


def by_process(*words: object) -> Result:
    """A command in a process of its own, as a user runs it."""
    command = [sys.executable, "-m", "ratings", *map(str, words)]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, timeout=seconds(120), check=False
    )
    return Result(done.returncode, done.stdout, done.stderr)


def rating(board: dict[str, Any], model: str) -> float:
    return next(float(row["rating"]) for row in board["rows"] if row["slug"] == model)


@pytest.fixture
def votes(tmp_path: Path) -> Path:
    """60 wins, 20 losses, 12 ties, 8 both bad: 70 points to 30."""
    winners = ["model_a"] * 60 + ["model_b"] * 20 + ["tie"] * 12 + ["tie (bothbad)"] * 8
    frame = pl.DataFrame({"model_a": "good", "model_b": "poor", "winner": winners})
    frame.write_csv(tmp_path / "votes.csv")
    return tmp_path / "votes.csv"


def test_a_board_for_people(votes: Path) -> None:
    status, out, _ = by_process("fit", votes)
    assert status == 0
    title, good, poor, *notes = out.splitlines()
    assert title.split() == ["rank", "ranks", "model", "rating", "interval", "first", "votes"]
    assert good.split()[:4] == ["1", "1-1", "good", "1073.6"]
    assert poor.split()[:4] == ["2", "2-2", "poor", "926.4"]
    assert "100 votes; 95% intervals, by vote, as if each were another voter's." in notes
    # 41 wins fewer leave 19 + 10 points to 20 + 10.
    assert any("without 41 of the votes" in note for note in notes)


def test_the_exit_status_is_2_if_the_input_is_unusable(tmp_path: Path) -> None:
    refused = by_process("fit", tmp_path / "none.csv")
    assert refused.status == 2
    assert refused.out == ""
    assert refused.err.endswith("none.csv: there is no such file.\n")


def test_the_same_votes_in_every_kind_of_file(ratings: CommandLine, votes: Path) -> None:
    frame = pl.read_csv(votes)
    frame.write_parquet(votes.with_suffix(".parquet"))
    frame.write_ndjson(votes.with_suffix(".ndjson"))
    digests = {
        ratings.fitted(votes.with_suffix(kind))["digest"]
        for kind in (".csv", ".parquet", ".ndjson")
    }
    assert len(digests) == 1


def test_bad_rows_are_named_and_can_be_left_out(ratings: CommandLine, votes: Path) -> None:
    bad = "good,good,tie\n,poor,model_a\ngood,poor,model_c\n"
    votes.write_text(votes.read_text() + bad)
    refused = ratings.run("fit", votes)
    assert refused.status == 2
    assert "3 rows are bad" in refused.err
    assert "line 102: a model does not meet itself" in refused.err
    assert "line 103: model_a is empty" in refused.err
    assert "line 104: winner is none of" in refused.err
    assert "'model_c'" in refused.err
    assert ratings.fitted(votes, "--skip-bad")["votes"] == 100


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("none.csv", None, "there is no such file"),
        ("votes.csv", "model_a,model_b\nx,y\n", "column winner is missing"),
        ("votes.csv", "model_a,model_b,winner\n", "there are no votes in it"),
        ("votes.csv", "", "votes.csv: "),
        ("votes.parquet", "no parquet", "column model_a, model_b, winner is missing"),
        ("votes.csv", "model_a,model_b,winner,weight\nx,y,tie,heavy\n", "line 2: weight is not"),
    ],
)
def test_an_unusable_file_is_refused(
    ratings: CommandLine, tmp_path: Path, name: str, text: str | None, message: str
) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    refused = ratings.run("fit", tmp_path / name)
    assert refused.status == 2
    assert message in refused.err


@pytest.mark.parametrize("style", [[], ["--style", "tokens"]])
def test_intervals_are_clustered_where_a_column_names_the_voters(
    ratings: CommandLine, tmp_path: Path, style: list[str]
) -> None:
    """8 voters who always say the same: what they say is worth 8 votes, not 400."""
    rows = [
        ("x", "y", "model_a" if voter % 3 else "model_b", f"user {voter}", 1, vote % 4)
        for voter in range(8)
        for vote in range(50)
    ]
    names = ["Model A", "Model B", "Winner", "Judge", "tokens_a", "tokens_b"]
    file = tmp_path / "votes.csv"
    pl.DataFrame(rows, schema=names, orient="row").write_csv(file)
    by_voter, by_vote = (ratings.fitted(file, *style, *more) for more in ([], ["--by-vote"]))
    assert by_voter["clusters"]["number"] == 8
    assert rating(by_voter, "x") == rating(by_vote, "x")
    widths = [
        board["rows"][0]["upper"] - board["rows"][0]["lower"] for board in (by_voter, by_vote)
    ]
    assert widths[0] > 5 * widths[1]
    assert not by_vote.get("clusters")
    assert "voter in Judge" in ratings.run("fit", file).err
    assert "clustered by voter (8)" in ratings.run("fit", file).out


def test_a_voter_column_with_one_voter_is_ignored(ratings: CommandLine, tmp_path: Path) -> None:
    """As where the judge is a program."""
    file = tmp_path / "votes.csv"
    file.write_text("model_a,model_b,winner,judge\n" + "x,y,a,gpt\ny,x,a,gpt\n" * 40)
    assert not ratings.fitted(file).get("clusters")
    assert "does not tell voters apart" in ratings.run("fit", file).err


def test_weights_anchor_and_ties(ratings: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "votes.csv"
    file.write_text(
        "model_a,model_b,winner,weight\n" + "x,y,model_a,3\ny,x,model_a,1\nx,y,both_bad,0.5\n" * 40
    )
    # 3.25 points to 1.25; without the tie 3 to 1.
    half = ratings.fitted(file, "--anchor", "y", "--centre", "0")
    assert (rating(half, "x"), rating(half, "y")) == (165.99, 0)
    davidson = ratings.fitted(file, "--anchor", "y", "--centre", "0", "--ties", "davidson")
    assert rating(davidson, "x") == 190.85
    unknown = ratings.run("fit", file, "--anchor", "z")
    assert unknown.status == 2
    assert "'z' is not among the models" in unknown.err


def test_style_from_counts_or_differences(ratings: CommandLine, tmp_path: Path) -> None:
    """y is chosen where it is longer, so that style alone explains the votes."""
    rows = [("x", "y", "model_b", 1, 3)] * 30 + [("x", "y", "model_a", 3, 1)] * 30
    rows += [("x", "y", "model_a", 1, 3)] * 10 + [("x", "y", "model_b", 3, 1)] * 10
    names = ["model_a", "model_b", "winner", "tokens_a", "tokens_b"]
    counts, direct = tmp_path / "counts.ndjson", tmp_path / "direct.parquet"
    frame = pl.DataFrame(rows, schema=names, orient="row")
    frame.write_ndjson(counts)
    a, b = pl.col("tokens_a"), pl.col("tokens_b")
    frame.with_columns(tokens=(a - b) / (a + b)).write_parquet(direct)
    by_counts, by_differences = (
        ratings.fitted(file, "--style", "tokens") for file in (counts, direct)
    )
    assert by_counts == by_differences
    # (3 - 1) / (3 + 1) = 1/2 carries the log-odds of 30 to 10: twice log 3.
    assert by_counts["style"][0]["coefficient"] == 2.1972
    assert rating(by_counts, "x") == rating(by_counts, "y") == 1000
    missing = ratings.run("fit", counts, "--style", "bold")
    assert "column bold_a, bold_b is missing" in missing.err


def test_a_fit_of_simulated_votes_recovers_the_true_ratings(
    ratings: CommandLine, tmp_path: Path
) -> None:
    file, truth = tmp_path / "votes.parquet", tmp_path / "truth.json"
    ratings.succeeds(
        "simulate", file, "--models", 5, "--votes", 200_000, "--seed", 1, "--truth", truth
    )
    rows = list(
        csv.DictReader(ratings.succeeds("fit", file, "--csv", "--bootstrap", 200).splitlines())
    )
    known = json.loads(truth.read_text())
    assert {row["slug"] for row in rows} == set(known)
    for row in rows:
        assert float(row["rating"]) == pytest.approx(known[row["slug"]], abs=5)
        width = float(row["upper"]) - float(row["lower"])
        resampled = float(row["bootstrap_upper"]) - float(row["bootstrap_lower"])
        assert resampled == pytest.approx(width, rel=0.25)


def test_a_snapshot_is_verified_to_the_last_digit(
    ratings: CommandLine, votes: Path, tmp_path: Path
) -> None:
    board, file = ratings.fitted(votes), tmp_path / "snapshot.json"
    file.write_text(json.dumps(board))
    assert "Recomputed: all agrees." in ratings.succeeds("verify", file)

    board["rows"][0]["rating"] += 0.01
    file.write_text(json.dumps(board))
    edited = ratings.run("verify", file)
    assert edited.status == 1
    assert "good: published 1073.61, recomputed 1073.6" in edited.out

    board["rows"][0]["rating"] -= 0.01
    board["counts"][0][2] += 1
    file.write_text(json.dumps(board))
    padded = ratings.run("verify", file)
    assert padded.status == 1
    assert "digest       differs" in padded.out

    del board["counts"]
    file.write_text(json.dumps(board))
    partial = ratings.run("verify", file)
    assert partial.status == 2
    assert "it has no counts" in partial.err
    file.write_text("{")
    assert "this is no JSON" in ratings.run("verify", file).err


def test_two_boards_are_compared(ratings: CommandLine, votes: Path, tmp_path: Path) -> None:
    before, after = tmp_path / "before.json", tmp_path / "after.json"
    before.write_text(json.dumps(ratings.fitted(votes)))
    more = votes.read_text() + "new,poor,model_a\n" * 5 + "poor,good,model_a\n" * 200
    votes.write_text(more)
    after.write_text(json.dumps(ratings.fitted(votes)))
    changes = {
        c["slug"]: c
        for c in json.loads(ratings.succeeds("compare", before, after, "--json"))["models"]
    }
    assert changes["new"]["rank_before"] is None
    assert changes["good"]["rank_before"] == 1
    assert changes["good"]["rank"] > 1
    assert changes["good"]["change"] < 0
    assert "new" in ratings.succeeds("compare", before, after)


ROW: dict[str, Any] = {"slug": "x", "rank": 1, "rating": 1, "lower": 0, "upper": 2}


@pytest.mark.parametrize(
    "rows",
    [
        *("x", [1], [{}], [ROW | {"slug": 1}]),
        *([ROW | {"rating": None}], [ROW | {"upper": "1"}], [ROW | {"rank": []}]),
    ],
)
def test_compare_refuses_a_file_without_a_leaderboard(
    ratings: CommandLine, tmp_path: Path, rows: Any
) -> None:
    file = tmp_path / "board.json"
    file.write_text(json.dumps({"rows": rows}))
    refused = ratings.run("compare", file, file)
    assert refused.status == 2
    assert "its rows are no leaderboard" in refused.err


def test_control_characters_of_a_board_do_not_reach_the_terminal(
    ratings: CommandLine, tmp_path: Path
) -> None:
    row = {"slug": "x\x1b[2J\u202e", "rank": 1, "rating": 1.0, "lower": 0.0, "upper": 2.0}
    before, after = tmp_path / "before.json", tmp_path / "after\x1b[2J.json"
    before.write_text(json.dumps({"rows": [row]}))
    after.write_text(json.dumps({"rows": [row | {"slug": "y"}]}))
    shown = ratings.succeeds("compare", before, after) + ratings.run("verify", after).err
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert r"x\x1b[2J\u202e" in shown
