"""What the commands print, and their status codes."""

import sys

from ratings.terminal import printable

AGREES, UNUSABLE = 0, 2
LINE = "\n"


def print_table(title: list[str], lines: list[list[str]], *, left: set[str]) -> None:
    lines = [[printable(cell) for cell in line] for line in lines]
    widths = [max(map(len, column)) for column in zip(title, *lines, strict=True)]
    for line in (title, *lines):
        cells = (
            cell.ljust(width) if name in left else cell.rjust(width)
            for cell, width, name in zip(line, widths, title, strict=True)
        )
        print("  ".join(cells).rstrip())


def note(text: str) -> None:
    """Say what was done, beside the result."""
    print(printable(text), file=sys.stderr)


def say(text: str) -> None:
    """Tell a person at a terminal what is under way."""
    if sys.stderr.isatty():
        note(text)
