"""The command line: fit, compare, simulate, verify, compare-exports."""

import argparse
import io
import sys
from collections.abc import Sequence
from pathlib import Path

from ratings.cli.compare import run_compare
from ratings.cli.fit import run_fit
from ratings.cli.output import AGREES, LINE, UNUSABLE, say
from ratings.cli.simulate import run_simulate
from ratings.engine.style import FEATURES
from ratings.published import command
from ratings.terminal import printable, program


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
        const=",".join(FEATURES),
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
    fit.set_defaults(run=run_fit)

    compare = commands.add_parser("compare", help="what changed between two leaderboards")
    compare.add_argument("before", type=Path, help="JSON of fit, or a published snapshot")
    compare.add_argument("after", type=Path)
    compare.add_argument("--json", action="store_true")
    compare.set_defaults(run=run_compare)

    make = commands.add_parser("simulate", help="write votes from a known truth")
    make.add_argument("out", type=Path, help="CSV, Parquet or NDJSON")
    make.add_argument("--models", type=_positive, default=20)
    make.add_argument("--votes", type=_positive, default=10_000)
    make.add_argument("--spread", type=float, default=150.0, help="standard deviation, points")
    make.add_argument("--ties", type=float, default=0.25, help="share of ties between equals")
    make.add_argument("--seed", type=int, default=0)
    make.add_argument("--truth", type=Path, help="write the true ratings here, as JSON")
    make.set_defaults(run=run_simulate)

    command.add_to(commands, say)
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number
