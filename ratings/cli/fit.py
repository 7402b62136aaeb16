"""The command `fit`: rate the models in a file of votes."""

import argparse
import csv
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TextIO

import numpy as np
from tqdm import tqdm

from ratings import engine, snapshots
from ratings.cli.output import AGREES, note, print_table, say
from ratings.terminal import printable
from ratings.votefile import Votes, read_votes


def run_fit(options: argparse.Namespace) -> int:
    style = [name for name in (options.style or "").split(",") if name]
    if style and options.ties != "half":
        raise ValueError("Style is held equal with ties as half wins; leave --ties out.")
    if options.bootstrap and (style or options.ties != "half"):
        raise ValueError("The bootstrap is for the headline: without --style, with ties half.")
    conventions = engine.Conventions(
        anchor=options.anchor,
        centre=options.centre,
        confidence=options.confidence,
        hessian_ridge=options.hessian_ridge,
    )
    say("reading ...")
    votes = read_votes(options.votes, style=style, skip_bad=options.skip_bad)
    size = f"{len(votes.a):,} votes of {len(votes.models):,} models"
    note(f"read {votes.understood}; {size}")
    for remark in votes.notes:
        note(f"note: {remark}")
    if votes.skipped:
        note(f"{votes.skipped:,} bad rows were left out")
    say("fitting ...")
    if options.by_vote:
        votes = replace(votes, voter=None)
    if options.as_cast:
        votes = replace(votes, weights=None)
    board = _rated(votes, conventions, style=style, ties=options.ties)
    if options.bootstrap:
        _with_bootstrap(board, votes, conventions, options)
    if options.json:
        json.dump(board, sys.stdout, indent=1)
        print()
    elif options.csv:
        _write_csv(board["rows"], sys.stdout)
    else:
        _print_board(board)
    return AGREES


def _rated(
    votes: Votes, conventions: engine.Conventions, *, style: Sequence[str], ties: str
) -> dict[str, Any]:
    """A snapshot; with style or a tie model, what there is of one without the votes."""
    if style:
        clusters = _clusters(votes, conventions)
        fitted = engine.fit_styled(votes.styled(), conventions, clusters)
        coefficients = zip(
            style,
            fitted.coefficients.tolist(),
            fitted.lower.tolist(),
            fitted.upper.tolist(),
            strict=True,
        )
        return {
            "votes": len(votes.a),
            "conventions": conventions.as_dict(),
            "clusters": clusters and clusters.as_dict(),
            "style": [
                {
                    "name": name,
                    "coefficient": round(c, 4),
                    "lower": round(low, 4),
                    "upper": round(up, 4),
                }
                for name, c, low, up in coefficients
            ],
            "rows": snapshots.snapshot_rows(fitted.leaderboard),
        }
    table = votes.table()
    if ties == "half":
        return snapshots.snapshot(table, conventions, _clusters(votes, conventions))
    tied = engine.fit_ties(table, conventions)
    return {
        "votes": len(votes.a),
        "conventions": conventions.as_dict() | {"ties": "davidson", "both_bad": "davidson"},
        "rows": snapshots.snapshot_rows(tied.leaderboard),
        "notes": {"ties": {"nu": round(tied.nu, 4), "at_par": round(tied.tie_at_par, 4)}},
    }


def _clusters(votes: Votes, conventions: engine.Conventions) -> engine.Clusters | None:
    """The votes of each voter together, if the file says whose they are."""
    if votes.voter is None:
        return None
    table = votes.table()
    strengths, prior = engine.bradley_terry.solve(table, conventions)
    return engine.Clusters.of_votes(
        table,
        strengths,
        prior,
        voter=votes.voter,
        a=votes.a,
        b=votes.b,
        outcome=votes.outcome.astype(np.intp),
        weights=votes.weights,
    )


def _with_bootstrap(
    board: dict[str, Any],
    votes: Votes,
    conventions: engine.Conventions,
    options: argparse.Namespace,
) -> None:
    """Put the bootstrap's interval beside the sandwich's in each row."""
    with tqdm(total=options.bootstrap, unit=" resamples", disable=None) as bar:
        drawn = engine.bootstrap(
            votes.table(),
            conventions,
            resamples=options.bootstrap,
            seed=options.seed,
            progress=bar.update,
        )
    bounds = dict(zip(drawn.models, zip(drawn.lower, drawn.upper, strict=True), strict=True))
    for row in board["rows"]:
        lower, upper = bounds[row["slug"]]
        row["bootstrap_lower"] = round(float(lower), 2)
        row["bootstrap_upper"] = round(float(upper), 2)


def _write_csv(rows: list[dict[str, Any]], out: TextIO) -> None:
    writer = csv.DictWriter(out, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(row | {"marks": "; ".join(row["marks"])} for row in rows)


def _print_board(board: dict[str, Any]) -> None:
    rows, resampled = board["rows"], "bootstrap_lower" in board["rows"][0]
    title = ["rank", "ranks", "model", "rating", "interval", "first", "votes", ""]
    if resampled:
        title.insert(5, "bootstrap")
    lines = []
    for row in rows:
        cells = [
            str(row["rank"]),
            f"{row['rank_low']}-{row['rank_high']}",
            row["slug"],
            f"{row['rating']:.1f}",
            f"{row['lower']:.1f} to {row['upper']:.1f}",
            f"{row['first']:.1%}",
            f"{row['votes']:,}",
            ", ".join(row["marks"]),
        ]
        if resampled:
            cells.insert(5, f"{row['bootstrap_lower']:.1f} to {row['bootstrap_upper']:.1f}")
        lines.append(cells)
    print_table(title, lines, left={"model", ""})
    print()
    confidence = board["conventions"]["confidence"]
    print(f"{board['votes']:,} votes; {confidence:.0%} intervals, {_by(board)}.")
    for line in _notes(board):
        print(printable(line))


def _by(board: dict[str, Any]) -> str:
    if clusters := board.get("clusters"):
        return f"clustered by {clusters['of']} ({clusters['number']:,})"
    return "by vote, as if each were another voter's"


def _notes(board: dict[str, Any]) -> list[str]:
    notes = board.get("notes", {})
    lines = [
        f"Style {c['name']}: {c['coefficient']:+.3f} log-odds "
        f"({c['lower']:+.3f} to {c['upper']:+.3f})"
        for c in board.get("style", [])
    ]
    if tied := notes.get("ties"):
        lines.append(
            f"Equals tie with chance {tied['at_par']:.1%} (Davidson, nu {tied['nu']:.3f})."
        )
    if (found := notes.get("fragility")) and found["votes"] is not None:
        lines.append(
            f"Fragility: without {found['votes']:,} of the votes ({found['share']:.4%}), "
            f"{found['second']} would be above {found['first']}."
        )
    elif found:
        lines.append(f"Fragility: {found['reason']}")
    return lines
