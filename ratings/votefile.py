"""Votes in files: CSV, Parquet or NDJSON with the columns of LMArena's public data.

`model_a`, `model_b` and `winner` are needed, `weight` and style columns may be there. A style
feature X is the column X, the difference of the two answers as it enters the fit, or the columns
X_a and X_b, counts whose normalised difference enters.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ratings.core.style import StyledVotes, style_differences
from ratings.core.tables import OUTCOMES, Floats, Indices, PairTable

WINNERS = {
    "model_a": 0,
    "model_b": 1,
    "tie": 2,
    "tie (bothbad)": 3,
    "tie (both bad)": 3,
    "both_bad": 3,
    "bothbad": 3,
    "a": 0,
    "b": 1,
}
SHOWN = 10  # bad rows that an error lists
SCANS = {
    ".csv": lambda path: pl.scan_csv(path, infer_schema=False),
    ".parquet": pl.scan_parquet,
    ".ndjson": pl.scan_ndjson,
    ".jsonl": pl.scan_ndjson,
}


class BadVotes(ValueError):
    """The file cannot be read as votes; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Votes:
    """Votes as arrays, one element each; as in `PairTable.from_votes` and `StyledVotes`."""

    models: tuple[str, ...]
    a: Indices
    b: Indices
    outcome: NDArray[np.int8]
    weights: Floats | None
    names: tuple[str, ...]
    features: Floats | None
    skipped: int
    """Bad rows that were left out."""

    def table(self) -> PairTable:
        return PairTable.from_votes(self.models, self.a, self.b, self.outcome, self.weights)

    def styled(self) -> StyledVotes:
        """The votes with their style, which must have been read."""
        assert self.features is not None  # noqa: S101 - for the type checker
        return StyledVotes(
            self.models, self.a, self.b, self.outcome, self.features, self.names, self.weights
        )


def read_votes(path: Path, *, style: Sequence[str] = (), skip_bad: bool = False) -> Votes:
    """Read a file of votes.

    Args:
        style: names of style features.
        skip_bad: leave bad rows out instead of failing.

    Raises:
        BadVotes: the file is missing, of an unknown kind, lacks columns, or has bad rows, which
            the message lists by number (the first row after a header is row 1).
    """
    frame = _scan(path)
    try:
        columns = frame.collect_schema().names()
        wanted = _columns(path, columns, style)
        rows = frame.select(wanted).collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise BadVotes(f"{path}: {str(error).splitlines()[0]}") from None
    numbers = [name for name in rows.columns if name not in ("model_a", "model_b", "winner")]
    text = pl.col("model_a", "model_b", "winner").cast(pl.String).str.strip_chars()
    read = rows.with_columns(text).with_columns(
        pl.col("winner").str.to_lowercase().replace_strict(WINNERS, default=None).alias("code"),
        *(pl.col(name).cast(pl.Float64, strict=False) for name in numbers),
    )
    bad = read.select(_why_bad(numbers).alias("why"))["why"]
    skipped = len(bad) - bad.null_count()
    if skipped and not skip_bad:
        raise BadVotes(_report(path, rows, bad, skipped))
    if skipped:
        read = read.filter(bad.is_null())
    if read.is_empty():
        raise BadVotes(f"{path}: there are no votes in it.")
    models = pl.concat([read["model_a"].unique(), read["model_b"].unique()]).unique().sort()
    sides = read.select(pl.col("model_a", "model_b").cast(pl.Enum(models)).to_physical())
    return Votes(
        models=tuple(models),
        a=sides["model_a"].to_numpy().astype(np.intp),
        b=sides["model_b"].to_numpy().astype(np.intp),
        outcome=read["code"].to_numpy().astype(np.int8),
        weights=read["weight"].to_numpy() if "weight" in numbers else None,
        names=tuple(style),
        features=np.column_stack([_feature(read, name) for name in style]) if style else None,
        skipped=skipped,
    )


def _scan(path: Path) -> pl.LazyFrame:
    scan = SCANS.get(path.suffix.lower())
    if scan is None:
        raise BadVotes(f"{path}: its name ends in none of {', '.join(SCANS)}.")
    if not path.is_file():
        raise BadVotes(f"{path}: there is no such file.")
    try:
        return scan(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise BadVotes(f"{path}: {str(error).splitlines()[0]}") from None


def _columns(path: Path, columns: Sequence[str], style: Sequence[str]) -> list[str]:
    needed = ["model_a", "model_b", "winner"]
    for name in style:
        needed += [name] if name in columns else [f"{name}_a", f"{name}_b"]
    if missing := [name for name in needed if name not in columns]:
        raise BadVotes(
            f"{path}: column {', '.join(missing)} is missing; there are {', '.join(columns)}."
        )
    return [*needed, "weight"] if "weight" in columns else needed


def _why_bad(numbers: Sequence[str]) -> pl.Expr:
    """What is wrong with a row; null if nothing."""
    checks = (
        (pl.col("model_a").is_null() | (pl.col("model_a") == ""), "model_a is empty"),
        (pl.col("model_b").is_null() | (pl.col("model_b") == ""), "model_b is empty"),
        (pl.col("model_a") == pl.col("model_b"), "a model does not meet itself"),
        (pl.col("code").is_null(), "winner is none of model_a, model_b, tie, both_bad"),
        *(
            (~pl.col(name).is_finite().fill_null(value=False), f"{name} is not a finite number")
            for name in numbers
        ),
        *(((pl.col(name) < 0), f"{name} is below 0") for name in numbers if _counts(name)),
    )
    return pl.coalesce(pl.when(wrong).then(pl.lit(why)) for wrong, why in checks)


def _counts(name: str) -> bool:
    return name == "weight" or name.endswith(("_a", "_b"))


def _report(path: Path, rows: pl.DataFrame, bad: pl.Series, count: int) -> str:
    listed = []
    for number in bad.is_not_null().arg_true().head(SHOWN).to_list():
        values = ", ".join(
            f"{name} {value!r}" for name, value in rows.row(number, named=True).items()
        )
        listed.append(f"  row {number + 1}: {bad[number]} ({values})")
    if count > SHOWN:
        listed.append(f"  and {count - SHOWN:,} more")
    rows_are = "row is" if count == 1 else "rows are"
    return "\n".join([f"{path}: {count:,} {rows_are} bad; --skip-bad leaves them out.", *listed])


def _feature(read: pl.DataFrame, name: str) -> Floats:
    if name in read.columns:
        return read[name].to_numpy()
    return style_differences(read[f"{name}_a"].to_numpy(), read[f"{name}_b"].to_numpy())


def write_votes(
    path: Path, models: Sequence[str], a: Indices, b: Indices, outcome: Indices
) -> None:
    """Write votes as `read_votes` reads them.

    Raises:
        BadVotes: the file's kind is unknown, or it cannot be written.
    """
    names = pl.Series(models)
    winners = pl.Series(["model_a", "model_b", *OUTCOMES[2:]])
    frame = pl.DataFrame({"model_a": names[a], "model_b": names[b], "winner": winners[outcome]})
    writers: dict[str, Callable[[Path], object]] = {
        ".csv": frame.write_csv,
        ".parquet": frame.write_parquet,
        ".ndjson": frame.write_ndjson,
        ".jsonl": frame.write_ndjson,
    }
    writer = writers.get(path.suffix.lower())
    if writer is None:
        raise BadVotes(f"{path}: its name ends in none of {', '.join(writers)}.")
    try:
        writer(path)
    except OSError as error:
        raise BadVotes(f"{path}: {error.strerror or error}") from None
