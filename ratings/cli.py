"""The command line: fit, compare, simulate, verify, compare-exports."""

import argparse
import csv
import io
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from tqdm import tqdm

from ratings import engine
from ratings.engine import simulate
from ratings.published import command, load
from ratings.terminal import printable, program
from ratings.votefile import Votes, read_votes, write_votes

AGREES, UNUSABLE = 0, 2
LINE = "\n"
CHUNK = 1_000_000  # votes simulated between two moves of the progress bar


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; gives 0, 1 if `verify` finds a difference, 2 if the input is unusable."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # of a terminal that may not know every letter
            stream.reconfigure(errors="backslashreplace")
    options = _parser().parse_args(argv)
    try:
        status: int = options.run(options)
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        sys.stderr.close()
        return AGREES
    except (OSError, ValueError) as error:
        print(f"error: {printable(str(error), keep=LINE)}", file=sys.stderr)
        return UNUSABLE
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program(), description="Ratings from pairwise votes, with their uncertainty."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    fit = commands.add_parser("fit", help="rate the models in a file of votes")
    fit.add_argument(
        "votes",
        type=Path,
        metavar="FILE",
        help="votes as CSV, TSV, Parquet, NDJSON or JSON, compressed or not; - is standard input",
    )
    fit.add_argument(
        "--ties",
        choices=["half", "davidson"],
        default="half",
        help="a tie is half a win for each side (default), or modelled by Davidson's model",
    )
    fit.add_argument(
        "--style",
        metavar="NAMES",
        nargs="?",
        const=",".join(engine.style.FEATURES),
        help="hold style equal; features by name, separated by commas (default %(const)s): "
        "column X, or the counts X_a and X_b",
    )
    fit.add_argument("--bootstrap", metavar="N", type=_positive, help="intervals of N resamples")
    fit.add_argument("--seed", type=int, default=0, help="of the bootstrap (default 0)")
    fit.add_argument("--anchor", metavar="MODEL", help="the model rated at the centre")
    fit.add_argument("--centre", type=float, default=1000.0, help="default 1000")
    fit.add_argument("--confidence", type=float, default=0.95, help="default 0.95")
    fit.add_argument("--hessian-ridge", type=float, default=0.0, help="arena-rank has 1e-5")
    fit.add_argument(
        "--by-vote",
        action="store_true",
        help="intervals as if each vote were another voter's, though the file says whose it is",
    )
    fit.add_argument(
        "--as-cast", action="store_true", help="count each vote as 1, whatever weight the file says"
    )
    fit.add_argument("--skip-bad", action="store_true", help="leave bad rows out")
    form = fit.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="a snapshot, for compare and verify")
    form.add_argument("--csv", action="store_true", help="one line per model")
    fit.set_defaults(run=_fit)

    compare = commands.add_parser("compare", help="what changed between two leaderboards")
    compare.add_argument("before", type=Path, help="JSON of fit, or a published snapshot")
    compare.add_argument("after", type=Path)
    compare.add_argument("--json", action="store_true")
    compare.set_defaults(run=_compare)

    make = commands.add_parser("simulate", help="write votes from a known truth")
    make.add_argument("out", type=Path, help="CSV, Parquet or NDJSON")
    make.add_argument("--models", type=_positive, default=20)
    make.add_argument("--votes", type=_positive, default=10_000)
    make.add_argument("--spread", type=float, default=150.0, help="standard deviation, points")
    make.add_argument("--ties", type=float, default=0.25, help="share of ties between equals")
    make.add_argument("--seed", type=int, default=0)
    make.add_argument("--truth", type=Path, help="write the true ratings here, as JSON")
    make.set_defaults(run=_simulate)

    command.add_to(commands, _say)
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _fit(options: argparse.Namespace) -> int:
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
    _say("reading ...")
    votes = read_votes(options.votes, style=style, skip_bad=options.skip_bad)
    size = f"{len(votes.a):,} votes of {len(votes.models):,} models"
    _note(f"read {votes.understood}; {size}")
    for note in votes.notes:
        _note(f"note: {note}")
    if votes.skipped:
        _note(f"{votes.skipped:,} bad rows were left out")
    _say("fitting ...")
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
            "rows": engine.snapshot_rows(fitted.leaderboard),
        }
    table = votes.table()
    if ties == "half":
        return engine.snapshot(table, conventions, _clusters(votes, conventions))
    tied = engine.fit_ties(table, conventions)
    return {
        "votes": len(votes.a),
        "conventions": conventions.as_dict() | {"ties": "davidson", "both_bad": "davidson"},
        "rows": engine.snapshot_rows(tied.leaderboard),
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
    _print_table(title, lines, left={"model", ""})
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


def _print_table(title: list[str], lines: list[list[str]], *, left: set[str]) -> None:
    lines = [[printable(cell) for cell in line] for line in lines]
    widths = [max(map(len, column)) for column in zip(title, *lines, strict=True)]
    for line in (title, *lines):
        cells = (
            cell.ljust(width) if name in left else cell.rjust(width)
            for cell, width, name in zip(line, widths, title, strict=True)
        )
        print("  ".join(cells).rstrip())


def _compare(options: argparse.Namespace) -> int:
    before, after = (_rows_of(path) for path in (options.before, options.after))
    changes = [_change(before.get(slug), row) for slug, row in after.items()]
    gone = [slug for slug in before if slug not in after]
    if options.json:
        json.dump({"models": changes, "gone": gone}, sys.stdout, indent=1)
        print()
        return AGREES
    _print_table(
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


def _simulate(options: argparse.Namespace) -> int:
    if options.models < 2:
        raise ValueError("Votes need two models.")
    rng = np.random.default_rng(options.seed)
    points = engine.bradley_terry.points_per_logit(engine.Conventions())
    truth = simulate.spread_strengths(options.models, options.spread / points, rng)
    width = len(str(options.models - 1))
    models = [f"model-{number:0{width}d}" for number in range(options.models)]
    parts = []
    with tqdm(total=options.votes, unit=" votes", unit_scale=True, disable=None) as bar:
        for start in range(0, options.votes, CHUNK):
            a, b = simulate.uniform_pairs(options.models, min(CHUNK, options.votes - start), rng)
            parts.append(
                (a, b, simulate.draw_outcomes(truth[a] - truth[b], rng, ties=options.ties))
            )
            bar.update(len(a))
    a, b, outcome = (np.concatenate(column) for column in zip(*parts, strict=True))
    write_votes(options.out, models, a, b, outcome.astype(np.intp))
    if options.truth:
        ratings = {
            model: round(1000 + points * strength, 2)
            for model, strength in zip(models, truth.tolist(), strict=True)
        }
        options.truth.write_text(json.dumps(ratings, indent=1) + "\n")
    return AGREES


def _note(text: str) -> None:
    """Say what was done, beside the result."""
    print(printable(text), file=sys.stderr)


def _say(text: str) -> None:
    """Tell a person at a terminal what is under way."""
    if sys.stderr.isatty():
        _note(text)
