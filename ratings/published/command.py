"""The commands about what a site has published: verify, compare-exports."""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from shlex import quote
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from ratings import published
from ratings.published.fetching import Progress
from ratings.snapshots import Check
from ratings.terminal import printable, program

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

AGREES, DIFFERS = 0, 1
SHOWN = 20  # differences of a check that are printed


def add_to(commands: "Commands", say: Progress) -> None:
    """Add the commands to a parser.

    Args:
        say: tells what is under way.
    """
    verify = commands.add_parser("verify", help="recompute what a site has published")
    verify.add_argument(
        "target",
        metavar="URL-OR-PATH",
        help="a site, one of its exports, the folder of one, or the file of one snapshot",
    )
    verify.add_argument("--key", metavar="FINGERPRINT", help="a key that the site must have")
    verify.add_argument(
        "--known", type=Path, metavar="FILE", help="a snapshot that must still be in the chain"
    )
    verify.add_argument("--keep", type=Path, metavar="FOLDER", help="keep what is fetched here")
    verify.set_defaults(run=_verify, say=say)

    compare = commands.add_parser(
        "compare-exports", help="find votes that are gone from a later export of a site"
    )
    compare.add_argument("before", metavar="BEFORE", help="a folder or address of an export")
    compare.add_argument("after", metavar="AFTER", help="of a later one of the same site")
    compare.set_defaults(run=_compare, say=say)


@contextmanager
def _folder(target: str, say: Progress, keep: Path | None = None) -> Iterator[Path]:
    """The folder of an export, which is fetched if it is an address."""
    if not target.startswith(("http://", "https://")):
        yield Path(target)
        return
    with TemporaryDirectory() as temporary:
        folder = keep or Path(temporary)
        published.fetch(target, folder, say)
        yield folder


def _verify(options: argparse.Namespace) -> int:
    path = Path(options.target)
    if path.is_file():
        return _verify_file(path, options)
    with _folder(options.target, options.say, options.keep) as folder:
        if not folder.is_dir():
            raise ValueError(f"{options.target}: there is no such file or folder.")
        checks = published.verify(folder, pinned=options.key, known=options.known)
        key = published.key_of(folder)
    status = _print(checks)
    if key and not options.key:
        print(f"\nSigned by the key {printable(key)}")
        print("Note it today. If the site rewrites its history with another key, this finds it:")
        print(f"  {program()} verify {quote(options.target)} --key {quote(printable(key))}\n")
    print("What is published differs from this." if status else "Recomputed: all agrees.")
    return status


def _verify_file(path: Path, options: argparse.Namespace) -> int:
    if options.key or options.known:
        raise ValueError("A single snapshot does not say who signed it; verify its export.")
    document = published.load(path)
    try:
        checks, unchecked = published.verify_alone(document)
    except (TypeError, LookupError, AttributeError, ArithmeticError) as error:
        raise ValueError(f"{path}: this is nothing to verify ({error!r})") from None
    status = _print(checks)
    print("\nNot checked, for this is a single file:")
    for line in unchecked:
        print(f"  {printable(line)}")
    print("Verify the site or its export to check these as well.\n")
    print("What is published differs from this." if status else "Recomputed: all agrees.")
    return status


def _compare(options: argparse.Namespace) -> int:
    with (
        _folder(options.before, options.say) as before,
        _folder(options.after, options.say) as after,
    ):
        found = published.compare(before, after)
    status = _print(found.checks)
    print(f"\nVotes: {found.votes[0]:,} before, {found.votes[1]:,} after.")
    for standing in sorted(found.standings[0] | found.standings[1]):
        old, new = (side[standing] for side in found.standings)
        print(f"  {printable(standing)}: {old:,} before, {new:,} after")
    if found.moved:
        print("\nVotes left a standing, as moderators and tests may have them do:")
        for line in _first(found.moved):
            print(f"  {printable(line)}")
    print()
    print(
        "Votes are gone, added in the past, or changed."
        if status
        else "No vote of the earlier export is gone."
    )
    return status


def _print(checks: Sequence[Check]) -> int:
    """Print the checks, and give the status of the command."""
    width = max(12, *(len(printable(check.name)) for check in checks))
    for check in checks:
        name = printable(check.name)
        print(f"{name:{width}} {'differs' if check.differences else 'agrees'}")
        for difference in _first(check.differences):
            print(f"    {printable(difference)}")
    return DIFFERS if any(check.differences for check in checks) else AGREES


def _first(lines: Sequence[str]) -> list[str]:
    more = len(lines) - SHOWN
    return [*lines[:SHOWN], f"and {more:,} more"] if more > 0 else list(lines)
