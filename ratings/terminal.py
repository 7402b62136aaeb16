"""Make text from files and sites safe to print on a terminal; the name of the command."""

import sys
import unicodedata
from pathlib import Path

SCRIPT = "blind-arena-ratings"

_JOINERS = "\u200c\u200d"  # parts of words and of emoji
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_CONTROLS = frozenset(("Cc", "Cs", "Zl", "Zp"))


def is_control(character: str) -> bool:
    """Whether a character controls the terminal, breaks the line or turns its direction."""
    return character in _BIDI_CONTROLS or unicodedata.category(character) in _CONTROLS


def printable(text: str, *, keep: str = "") -> str:
    """Replace each character that is not printable by its escape, such as \\x1b.

    Args:
        keep: characters that stay as they are, such as a line feed.
    """
    if text.isprintable():
        return text
    return "".join(
        character
        if character.isprintable() or character in keep or character in _JOINERS
        else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def quoted(value: object, most: int = 80) -> str:
    """A value to quote in a message: printable, and cut after `most` characters."""
    text = repr(value)
    return printable(text if len(text) <= most else text[:most] + "…'")


def program() -> str:
    """How the user calls the command: by the script of the wheel, or as a module."""
    return SCRIPT if Path(sys.argv[0]).stem == SCRIPT else "python -m ratings"
