"""Files of votes as people have them: which are read, which are refused, and what is said."""

import bz2
import gzip
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from ratings.cli.main import main
from ratings.terminal import is_control
from ratings.votefile import BadVotes, Votes, read_votes
from tests.drawn import examples


def packed(content: bytes) -> bytes:
    """Compressed by gzip; the same bytes at any time, for they are in the names of tests."""
    return gzip.compress(content, mtime=0)


ROOT = Path(__file__).parents[2]
VOTES = [("x", "y", "model_a")] * 3 + [("y", "z", "model_b")] * 2 + [("z", "x", "tie")]
VOTES += [("x", "y", "both_bad")]
HEADER = ("model_a", "model_b", "winner")


def table(
    rows: Sequence[Sequence[object]] = VOTES,
    header: Sequence[str] = HEADER,
    separator: str = ",",
    end: str = "\n",
) -> str:
    return "".join(separator.join(map(str, row)) + end for row in (header, *rows))


def one_hot(row: tuple[str, str, str], yes: object = 1, no: object = 0) -> list[object]:
    a, b, winner = row
    tie = winner in {"tie", "both_bad"}
    return [a, b, *(yes if it else no for it in (winner == "model_a", winner == "model_b", tie))]


KAGGLE = ("model_a", "model_b", "winner_model_a", "winner_model_b", "winner_tie")
WORDS = {"model_a": "Left", "model_b": "right ", "tie": "TIE", "both_bad": "tie (bothbad)"}
LEFT_RIGHT = table([(a, b, WORDS[winner]) for a, b, winner in VOTES], ("left", "right", "winner"))
RECORDS = [dict(zip(HEADER, vote, strict=True)) for vote in VOTES]


def as_parquet(**columns: list[Any]) -> bytes:
    out = io.BytesIO()
    parquet.write_table(pa.table(columns), out)
    return out.getvalue()


def zipped(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, table())
    return out.getvalue()


CSV = table().encode()
PARQUET = as_parquet(**{name: [row[name] for row in RECORDS] for name in HEADER})
NDJSON = "".join(json.dumps(record) + "\n" for record in RECORDS)
FORMS: dict[str, bytes] = {
    "csv": CSV,
    "gzip": packed(CSV),
    "two members of gzip": packed(CSV[:40]) + packed(CSV[40:]),
    "zstd": pa.Codec("zstd").compress(CSV, asbytes=True),
    "bzip2": bz2.compress(CSV),
    "zip of one file": zipped("train.csv", "__MACOSX/train.csv"),
    "TSV": table(separator="\t").encode(),
    "semicolons": table(separator=";").encode(),
    "bars": table(separator="|").encode(),
    "Excel's first line": b"sep=;\r\n" + table(separator=";", end="\r\n").encode(),
    "CRLF": table(end="\r\n").encode(),
    "CR": table(end="\r").encode(),
    "BOM": b"\xef\xbb\xbf" + CSV,
    "UTF-16 as Excel writes it": b"\xff\xfe" + table(separator="\t").encode("utf-16-le"),
    "UTF-16, big end first": b"\xfe\xff" + table().encode("utf-16-be"),
    "header in capitals": table(header=("Model A", " MODEL-B ", "Winner")).encode(),
    "quoted header": table(header=('"model_a"', '"model_b"', '"winner"')).encode(),
    "no last line feed": CSV.rstrip(),
    "blank lines": b"\n\n" + CSV.replace(b"\n", b"\n\n"),
    "blanks around cells": table([[f" {cell} " for cell in row] for row in VOTES]).encode(),
    "left and right": LEFT_RIGHT.encode(),
    "names of winners": table(
        [(a, b, {"model_a": a, "model_b": b}.get(w, w)) for a, b, w in VOTES]
    ).encode(),
    "other columns, with line feeds and separators": table(
        [(f'"1;\n,""{n}"', *row, '"e;f;g;h"') for n, row in enumerate(VOTES)],
        ("prompt", *HEADER, "turns"),
    ).encode(),
    "NDJSON": NDJSON.encode(),
    "NDJSON with a BOM and blank lines": b"\xef\xbb\xbf\n" + NDJSON.replace("\n", "\n\n").encode(),
    "NDJSON, compressed": packed(NDJSON.encode()),
    "NDJSON of mixed values": "".join(
        json.dumps(record | {"turn": [1, "one", None, {"a": 1}][n % 4]}) + "\n"
        for n, record in enumerate(RECORDS)
    ).encode(),
    "JSON array": json.dumps(RECORDS, indent=1).encode(),
    "JSON columns": json.dumps({name: [row[name] for row in RECORDS] for name in HEADER}).encode(),
    "JSON as pandas writes it": json.dumps(
        {name: {str(n): row[name] for n, row in enumerate(RECORDS)} for name in HEADER}
    ).encode(),
    "Parquet": PARQUET,
}
KAGGLE_FORMS: dict[str, bytes] = {
    "csv": table([one_hot(row) for row in VOTES], KAGGLE).encode(),
    "truth": table([one_hot(row, "True", "False") for row in VOTES], KAGGLE).encode(),
    "floats": table([one_hot(row, "1.0", "0.0") for row in VOTES], KAGGLE).encode(),
    "NDJSON": "".join(
        json.dumps(dict(zip(KAGGLE, one_hot(row), strict=True))) + "\n" for row in VOTES
    ).encode(),
    "NDJSON of truth": "".join(
        json.dumps(dict(zip(KAGGLE, one_hot(row, True, False), strict=True))) + "\n"
        for row in VOTES
    ).encode(),
    "Parquet": as_parquet(
        **dict(zip(KAGGLE, map(list, zip(*map(one_hot, VOTES), strict=True)), strict=True))
    ),
}

Written = Callable[[bytes | str], Path]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Writes a file whose name says nothing of its form."""

    def write(content: bytes | str) -> Path:
        path = tmp_path / "votes"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def triples(votes: Votes) -> list[tuple[str, str, str]]:
    words = ("model_a", "model_b", "tie", "both_bad")
    return [
        (votes.models[a], votes.models[b], words[outcome])
        for a, b, outcome in zip(votes.a, votes.b, votes.outcome, strict=True)
    ]


@pytest.mark.parametrize("form", FORMS)
def test_common_formats_are_read_whatever_the_file_is_called(written: Written, form: str) -> None:
    assert triples(read_votes(written(FORMS[form]))) == VOTES


@pytest.mark.parametrize("form", KAGGLE_FORMS)
def test_a_column_for_each_winner_is_read(written: Written, form: str) -> None:
    votes = read_votes(written(KAGGLE_FORMS[form]))
    assert triples(votes) == [(a, b, "tie" if w == "both_bad" else w) for a, b, w in VOTES]
    assert "winner in winner_model_a, winner_model_b, winner_tie" in votes.understood


def test_standard_input_and_pipes(tmp_path: Path) -> None:
    command = f"{sys.executable} -m ratings fit - --csv"
    for content in (CSV, packed(CSV), PARQUET):
        done = subprocess.run(
            command.split(), input=content, capture_output=True, cwd=ROOT, check=True
        )
        assert done.stdout.startswith(b"slug,")
        assert b"read standard input: " in done.stderr
        assert b"7 votes of 3 models" in done.stderr
    (tmp_path / "votes.csv").write_bytes(CSV)
    script = f"{sys.executable} -m ratings fit <(cat {tmp_path}/votes.csv) --csv"
    piped = subprocess.run(["bash", "-c", script], capture_output=True, cwd=ROOT, check=True)
    assert piped.stdout == done.stdout


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (packed(KAGGLE_FORMS["csv"]), "table separated by commas (gzip); models in model_a"),
        (FORMS["UTF-16 as Excel writes it"], "table separated by tabs in utf-16-le; models in"),
        (LEFT_RIGHT, "models in left and right; winner in winner"),
        (
            table([(*row, 2) for row in VOTES], (*HEADER, "Weight")),
            "winner in winner; weight in Weight",
        ),
        (NDJSON, "NDJSON; models in model_a and model_b; winner in winner"),
        (PARQUET, "Parquet; models in model_a and model_b; winner in winner"),
    ],
)
def test_one_line_says_how_the_file_was_understood(
    written: Written, content: bytes, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fit", str(written(content)), "--json"]) == 0
    said = capsys.readouterr().err
    assert line in said
    assert said.count("\n") == 1


TWIN = ("caf\u00e9", "cafe\u0301")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        # Columns that stand there twice, in every form.
        (table([(*v, "x") for v in VOTES], (*HEADER, "model_a")), "as columns 1 and 4"),
        (table([(*v, "tie") for v in VOTES], (*HEADER, "Winner ")), "winner stands there twice"),
        (table([(*v, 1, 2) for v in VOTES], (*HEADER, "weight", "WEIGHT")), "weight stands there"),
        ('{"model_a":"x","model_b":"y","winner":"a","winner":"b"}\n', "'winner' stands there"),
        ('[{"model_a":"x","model_a":"y","model_b":"z","winner":"b"}]', "'model_a' stands there"),
        (as_parquet(model_a=["x"], model_b=["y"], winner=["a"], Winner=["b"]), "winner stands"),
        # Names that look the same.
        (table([(TWIN[0], TWIN[1], "tie")]), r"look the same: 'cafe\u0301' and 'caf\xe9'"),
        (table([("gpt 4", "gpt\u00a04", "tie")]), r"look the same: 'gpt 4' and 'gpt\xa04'"),
        (table([("gpt", "g\u200bpt", "tie")]), "look the same"),
        (table([("gpt", "gpt\ufe0f", "tie")]), "look the same"),
        # Control characters.
        (table([("x", "y\x1b[2J", "tie")]), "line 2: model_b has control characters"),
        (table([("x", '"y\nz"', "tie")]), "line 2: model_b has control characters"),
        (table([("x", "y\u202ez", "tie")]), "line 2: model_b has control characters"),
        (table([("x", "y\x9b2J", "tie")]), "line 2: model_b has control characters"),
        ('{"model_a":"x","model_b":"\\u001b[2J","winner":"a"}', "line 1: model_b has control"),
        # Weights.
        (table([(*v, 0) for v in VOTES], (*HEADER, "weight")), "every weight is 0"),
        (table([(*v, -1) for v in VOTES], (*HEADER, "weight")), "line 2: weight is below 0"),
        (table([(*v, "nan") for v in VOTES], (*HEADER, "weight")), "weight is not a finite number"),
        (table([(*v, "1e400") for v in VOTES], (*HEADER, "weight")), "weight is not a finite"),
        (table([(*v, "1e99") for v in VOTES], (*HEADER, "weight")), "weight is above 1,000,000,0"),
        (table([(*v, "1_0") for v in VOTES], (*HEADER, "weight")), "weight is not a finite number"),
        (table([(*v, "") for v in VOTES], (*HEADER, "weight")), "weight is not a finite number"),
        # Winners that might mean two things, or none.
        (table([("b", "a", "a")]), "line 2: winner is the name of the other side's model"),
        (table([("x", "y", "z")]), "line 2: winner is none of"),
        (table([("x", "y", "1")]), "line 2: winner is none of"),
        (table([("x", "y", 1, 1, 0)], KAGGLE), "line 2: not exactly one of winner_model_a"),
        (table([("x", "y", 0, 0, 0)], KAGGLE), "line 2: not exactly one of winner_model_a"),
        (table([("x", "y", 0.3, 0.3, 0.4)], KAGGLE), "are not all 0 or 1"),
        # Rows that are no rows, by their lines.
        (table([*VOTES, ("x", "y")]), "line 9: it has 2 cells, the header has 3"),
        (table([*VOTES, ("x", "y", "tie", "")]), "line 9: it has 4 cells, the header has 3"),
        (table([('"a\nb\nc"', "x", "y", "tie"), (1, "x", "x", "tie")], ("q", *HEADER)), "line 5:"),
        (table([(1, "x", "y", "tie"), ('"2', "x", "y", "tie")], ("q", *HEADER)), "line 3: a quota"),
        (table().encode() + b"x,caf\xe9,tie\n", "line 9: it is not UTF-8"),
        (NDJSON + "\n{}\n", "line 9: model_a is empty"),
        (NDJSON + "\n[1]\n", "line 9: this is no JSON object"),
        (NDJSON + '{"model_a":\n', "line 8: "),
        (json.dumps([*RECORDS, {"model_a": "x"}]), "row 8: model_b is empty"),
        (json.dumps([*RECORDS, 3]), "row 8 is no JSON object"),
        ("[" * 100_000, "nested too deep"),
        (NDJSON + '{"model_a":["x"],"model_b":"y","winner":"a"}\n', "line 8: model_a is empty"),
        (as_parquet(model_a=["x"], model_b=["x"], winner=["tie"]), "row 1: a model does not meet"),
        (as_parquet(model_a=[["x"]], model_b=["x"], winner=["tie"]), "not text or numbers"),
        # No votes at all.
        (zipped("a.csv", "b.csv"), "this archive has 2 files"),
        (zipped("[Content_Types].xml", "xl/workbook.xml"), "this is an Excel workbook"),
        (packed(CSV)[:-9], "Truncated compressed stream"),
        (packed(packed(CSV)), "compressed twice"),
        (b"\xfd7zXZ\x00", "xz is not read"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "column model_a, model_b, winner is missing"),
        (PARQUET[:-20], "Parquet"),
        ('{"model_a": "x"', "column"),
        ("", "this is empty"),
        (" \r\n", "this is empty"),
        ("\ufeff", "this is empty"),
    ],
)
def test_an_ambiguous_row_is_refused_and_named(
    written: Written, content: bytes | str, message: str
) -> None:
    with pytest.raises(BadVotes) as refused:
        read_votes(written(content))
    assert message in str(refused.value)
    assert not any(is_control(c) for c in str(refused.value).replace("\n", ""))


def test_names_that_differ_in_case_alone_are_pointed_out(written: Written) -> None:
    votes = read_votes(written(table([("GPT-4", "gpt-4", "tie"), ("x", "gpt-4", "tie")])))
    assert votes.notes == ["'GPT-4' and 'gpt-4' are rated as two models."]


def test_bad_rows_of_every_sort_are_left_out_if_asked_for(written: Written) -> None:
    bad = [("x", "x", "tie"), ("x",), ("", "y", "tie"), ("x", "y", "?"), ("x", "y\x07", "tie")]
    votes = read_votes(written(table([*bad, *VOTES, ("x", "y", "tie", "")])), skip_bad=True)
    assert (triples(votes), votes.skipped) == (VOTES, 6)


def test_a_decimal_comma_belongs_to_semicolons(written: Written) -> None:
    rows = [(*vote, "0,5") for vote in VOTES]
    votes = read_votes(written(table(rows, (*HEADER, "weight"), ";")))
    assert votes.weights is not None
    assert set(votes.weights.tolist()) == {0.5}


def test_a_row_longer_than_a_block_is_read(written: Written) -> None:
    """Arrow reads blocks of 8 MB."""
    long = "x" * (9 << 20)
    rows = [(long, *VOTES[0]), ("short", *VOTES[1])]
    assert triples(read_votes(written(table(rows, ("prompt", *HEADER))))) == [VOTES[0], VOTES[1]]
    lines = [json.dumps(RECORDS[0] | {"prompt": long}), json.dumps(RECORDS[1])]
    assert triples(read_votes(written("\n".join(lines)))) == VOTES[:2]


CELLS = st.one_of(
    st.sampled_from(["x", "y", "z", "tie", "model_a", "b", "1", "0", "nan", "-1", "1e308", ""]),
    st.text(st.characters(codec="utf-8"), max_size=4),
)
HEADERS = st.one_of(
    st.just([*HEADER, "weight"]),
    st.just(["left", "right", "winner", "voter"]),
    st.just([*KAGGLE, "weight"]),
    st.lists(CELLS, max_size=5),
)


@st.composite
def tables(draw: st.DrawFn) -> bytes:
    header = draw(HEADERS)
    rows = draw(st.lists(st.lists(CELLS, min_size=1, max_size=len(header) + 1), max_size=6))
    separator, end = draw(st.sampled_from(",;\t|")), draw(st.sampled_from(["\n", "\r\n", "\r"]))
    return table(rows, header, separator, end).encode("utf-8", "surrogatepass")


@st.composite
def records(draw: st.DrawFn) -> bytes:
    values = st.one_of(CELLS, st.integers(), st.floats(), st.none(), st.booleans(), st.just([1]))
    names = st.sampled_from([*KAGGLE, "winner", "weight", "left", "right", "?"])
    found = draw(st.lists(st.dictionaries(names, values, max_size=6), max_size=5))
    if draw(st.booleans()):
        return json.dumps(found).encode()
    return "\n".join(map(json.dumps, found)).encode()


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A good file with bytes changed, cut off or inserted."""
    content = bytearray(draw(st.sampled_from([*FORMS.values(), *KAGGLE_FORMS.values()])))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(content)))
        content[place : place + draw(st.integers(0, 4))] = draw(st.binary(max_size=4))
    return bytes(content)


@settings(
    max_examples=examples(2_000),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    content=st.one_of(st.binary(max_size=200), tables(), records(), damaged()),
    form=st.sampled_from(["--json", "--csv", "--skip-bad"]),
)
def test_no_file_crashes_the_command(
    written: Written, capsys: pytest.CaptureFixture[str], content: bytes, form: str
) -> None:
    status = main(["fit", str(written(content)), form])
    out, err = capsys.readouterr()
    assert status in {0, 2}
    assert err.startswith("error: " if status else "read ")
    assert not any(is_control(c) for c in (out + err).replace("\n", ""))
    if status == 0 and form == "--json":
        board = json.loads(out, parse_constant=pytest.fail)
        assert board["rows"]
