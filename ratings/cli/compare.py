"""The command `compare`: what changed between two leaderboards."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from ratings.cli.output import AGREES, print_table
from ratings.published import load
from ratings.terminal import printable


def run_compare(options: argparse.Namespace) -> int:
    before, after = (_rows_of(path) for path in (options.before, options.after))
    changes = [_change(before.get(slug), row) for slug, row in after.items()]
    gone = [slug for slug in before if slug not in after]
    if options.json:
        json.dump({"models": changes, "gone": gone}, sys.stdout, indent=1)
        print()
        return AGREES
    print_table(
        ["rank", "before", "model", "rating", "before", "change", ""],
        [
            [
                str(change["rank"]),
                _or_new(change["rank_before"], "d"),
                change["slug"],
                f"{change['rating']:.1f}",
                _or_new(change["rating_before"], ".1f"),
                _or_new(change["change"], "+.1f"),
                "intervals apart" if change["apart"] else "",
            ]
            for change in changes
        ],
        left={"model", ""},
    )
    if gone:
        print(f"\nNo longer there: {', '.join(map(printable, gone))}")
    return AGREES


def _change(old: dict[str, Any] | None, row: dict[str, Any]) -> dict[str, Any]:
    """A model's line before (None if it is new) and after; `apart`: its intervals do not meet."""
    change = {"slug": row["slug"], "rank": row["rank"], "rating": row["rating"]}
    if old is None:
        return change | {"rank_before": None, "rating_before": None, "change": None, "apart": False}
    return change | {
        "rank_before": old["rank"],
        "rating_before": old["rating"],
        "change": round(row["rating"] - old["rating"], 2),
        "apart": row["lower"] > old["upper"] or row["upper"] < old["lower"],
    }


def _or_new(value: float | None, form: str) -> str:
    return "new" if value is None else format(value, form)


def _rows_of(path: Path) -> dict[str, dict[str, Any]]:
    rows = load(path).get("rows")
    if not isinstance(rows, list) or not all(map(_is_row, rows)):
        raise ValueError(f"{path}: its rows are no leaderboard.")
    return {row["slug"]: row for row in rows}


def _is_row(row: object) -> bool:
    """Whether it has the figures of a model that `compare` needs."""
    return (
        isinstance(row, dict)
        and isinstance(row.get("slug"), str)
        and all(
            isinstance(row.get(key), int | float) for key in ("rank", "rating", "lower", "upper")
        )
    )
