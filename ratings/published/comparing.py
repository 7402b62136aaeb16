"""Two exports of one site, compared by their counts of votes.

A vote is never deleted and never cast in the past; only its standing (counted, held, excluded)
changes. So for each pair and outcome an export has at least as many votes as an earlier one, as a
whole and in each month; and a month that was over has no more of them. An export tells the month of
most votes, not of all: a vote whose month one of the two does not tell may be of any.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from ratings.published.verifying import (
    CHAIN,
    MANIFEST,
    UNUSABLE,
    VOTES,
    entries_of,
    file_fault,
    load,
    subject_faults,
)
from ratings.snapshots import Check
from ratings.votefile import WINNERS

UNCOUNTED = "uncounted.parquet"
OUTCOMES = ("wins", "losses", "ties", "both bad")
WITHHELD = ""  # the month of votes whose month is not published

Cell = tuple[str, str, int]
"""Two models in order of their names, and the code of the outcome as the first sees it."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Votes of an export by cell, month (2026-11, or withheld) and standing."""

    counts: Mapping[tuple[Cell, str, str], int]

    def by_month(self) -> dict[Cell, Counter[str]]:
        """Votes of each cell by month, whatever their standing."""
        found: dict[Cell, Counter[str]] = {}
        for (cell, month, _), votes in self.counts.items():
            found.setdefault(cell, Counter())[month] += votes
        return found

    def by_standing(self) -> dict[Cell, Counter[str]]:
        """Votes of each cell by standing."""
        found: dict[Cell, Counter[str]] = {}
        for (cell, _, standing), votes in self.counts.items():
            found.setdefault(cell, Counter())[standing] += votes
        return found


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is wrong, and how the votes of the earlier export stand in the later one."""

    checks: list[Check]
    votes: tuple[int, int]
    standings: tuple[Counter[str], Counter[str]]
    moved: list[str]
    """Cells in which fewer votes of a standing are left, which is allowed, and may be looked at."""


def tally(folder: Path) -> Tally:
    """Count the votes of an export.

    Raises:
        OSError, pyarrow.ArrowException, ValueError: a file of votes cannot be read.
    """
    columns = ["model_a", "model_b", "winner", "tstamp", "period", "standing"]
    counts: Counter[tuple[Cell, str, str]] = Counter()
    for name in (VOTES, UNCOUNTED):
        votes = parquet.ParquetFile(folder / name).read(columns=columns)
        grouped = votes.group_by(columns).aggregate([([], "count_all")])
        for row in grouped.to_pylist():
            month = WITHHELD
            if row["period"] in {"day", "month"} and row["tstamp"] is not None:
                month = f"{datetime.fromtimestamp(row['tstamp'], UTC):%Y-%m}"
            cell = _cell(row["model_a"], row["model_b"], WINNERS[row["winner"]])
            counts[cell, month, row["standing"]] += row["count_all"]
    return Tally(counts)


def _cell(a: str, b: str, code: int) -> Cell:
    return (a, b, code) if a < b else (b, a, (1, 0, 2, 3)[code])


def compare(before: Path, after: Path) -> Comparison:
    """Compare an export with a later one of the same site.

    Raises:
        ValueError: one of them cannot be read, or the second is not the later one.
    """
    try:
        manifests = [load(folder / MANIFEST) for folder in (before, after)]
        made = [datetime.fromisoformat(manifest["made_at"]) for manifest in manifests]
        if made[1] < made[0]:
            raise ValueError("The first of the two exports must be the earlier one.")
        entries = [*entries_of(after / CHAIN), manifests[1]["proof"]]
        checks = [
            Check(f"files {name}", list(_files(folder, manifest)))
            for name, folder, manifest in zip(
                ("before", "after"), (before, after), manifests, strict=True
            )
        ]
        checks.append(Check("chain", subject_faults(manifests[0], entries)))
        old, new = tally(before), tally(after)
    except (pa.ArrowException, OSError) as error:
        raise ValueError(str(error).split("\n")[0]) from None
    except UNUSABLE as error:
        if type(error) is ValueError:
            raise
        raise ValueError(f"this is no export: {error!r}") from None
    checks += [
        Check("dropped", list(_dropped(old.by_month(), new.by_month()))),
        Check("added", list(_added(old.by_month(), new.by_month(), f"{made[0]:%Y-%m}"))),
    ]
    sums = [sum(each.by_standing().values(), Counter()) for each in (old, new)]
    return Comparison(
        checks=checks,
        votes=(sums[0].total(), sums[1].total()),
        standings=(sums[0], sums[1]),
        moved=list(_moved(old.by_standing(), new.by_standing())),
    )


def _files(folder: Path, manifest: Mapping[str, Any]) -> Iterator[str]:
    for name in (VOTES, UNCOUNTED):
        if fault := file_fault(folder, name, manifest):
            yield fault


def _dropped(old: Mapping[Cell, Counter[str]], new: Mapping[Cell, Counter[str]]) -> Iterator[str]:
    """Cells with fewer votes than before, as a whole or in months."""
    for cell, before in sorted(old.items()):
        after = new.get(cell, Counter())
        if (gone := before.total() - after.total()) > 0:
            votes = f"{before.total()} votes before, {after.total()} after"
            yield f"{_named(cell)}: {votes}: {gone} gone"
        fewer = {m: n - after[m] for m, n in before.items() if m != WITHHELD and n > after[m]}
        if sum(fewer.values()) > after[WITHHELD]:
            for month in sorted(fewer):
                yield f"{_named(cell)} in {month}: {before[month]} before, {after[month]} after"


def _added(
    old: Mapping[Cell, Counter[str]], new: Mapping[Cell, Counter[str]], month_of_old: str
) -> Iterator[str]:
    """Cells with more votes in months that were over than the earlier export can have had."""
    for cell, after in sorted(new.items()):
        before = old.get(cell, Counter())
        more = {
            month: votes - before[month]
            for month, votes in after.items()
            if month != WITHHELD and month < month_of_old and votes > before[month]
        }
        if sum(more.values()) > before[WITHHELD]:
            for month in sorted(more):
                yield (
                    f"{_named(cell)} in {month}, which was over: "
                    f"{before[month]} before, {after[month]} after"
                )


def _moved(old: Mapping[Cell, Counter[str]], new: Mapping[Cell, Counter[str]]) -> Iterator[str]:
    """Cells that votes left a standing in, largest first."""
    found = []
    for cell, before in old.items():
        after = new.get(cell, Counter())
        left = {s: (n, after[s]) for s, n in before.items() if after[s] < n}
        if left:
            found.append((sum(a - b for a, b in left.values()), cell, left))
    for _, cell, left in sorted(found, key=lambda each: (-each[0], each[1])):
        moves = ", ".join(f"{s} {a} before, {b} after" for s, (a, b) in sorted(left.items()))
        yield f"{_named(cell)}: {moves}"


def _named(cell: Cell) -> str:
    a, b, code = cell
    return f"{a} against {b}, {OUTCOMES[code]}"
