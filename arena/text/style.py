"""What an answer looks like, for style control: its length and its Markdown.

The features are those of LMArena's style control (August 2024): headers, list items and bold
passages outside of code blocks, and the length of the whole answer in tokens. Models split text
into tokens each in their own way, so tokens are counted by one rule for all (`token_count`).
The measure is one fixed function of the text.
"""

import re
from typing import NamedTuple

from arena.text.classification import token_count
from arena.text.markdown import prose as prose_of

# Every pattern is bounded, hence linear.
_HEADER = re.compile(r"^#{1,6}[ \t]", re.MULTILINE)
_LISTED = re.compile(r"^[ \t]{0,40}(?:\d{1,9}[.)]|[-*+])[ \t]", re.MULTILINE)
_BOLD = re.compile(r"\*\*[^*\n]{1,500}\*\*|__[^_\n]{1,500}__")


class AnswerStyle(NamedTuple):
    """Counts, in the order of `ratings.engine.GRID.names`."""

    tokens: int
    headers: int
    lists: int
    bold: int


def measure(text: str) -> AnswerStyle:
    """The style of an answer."""
    prose = prose_of(text)
    return AnswerStyle(
        tokens=token_count(text),
        headers=len(_HEADER.findall(prose)),
        lists=len(_LISTED.findall(prose)),
        bold=len(_BOLD.findall(prose)),
    )
