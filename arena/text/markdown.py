"""Code and mathematics in Markdown: which lines of a text must stay as they are.

`CodeScanner` reads line by line, so it also works on a text that is still being written. It follows
CommonMark 0.31: fenced code (section 4.5), indented code (4.4), block quotes (5.1), list items
(5.2) and lazy continuation lines. HTML is no markup here, as in the pages of the site.

A line is judged by its first `LINE_START` characters, so scanning takes linear time.
"""

import re
from collections.abc import Iterator
from enum import Enum

LINE_START = 120
"""Characters at the beginning of a line that decide what the line is."""

_QUOTE = 0  # a block quote among the open containers; a list item stands as its indentation
_CODE_INDENT = 4

_LINE_END = re.compile(r"[\r\n]")
_FENCE = re.compile(r"(?P<mark>`{3,}(?=[^`]*$)|~{3,})(?P<info>.*)")
_ITEM = re.compile(r"(?P<mark>[-*+]|(?P<number>\d{1,9})[.)])(?P<space> +|$)")
_RULE = re.compile(r"([-*_])(?: *\1){2,} *$")
_HEADING = re.compile(r"#{1,6}(?: |$)")
_MATHEMATICS = re.compile(
    r"\s*(?P<mark>\$\$(?!.*\$\$)|\\\[(?!.*\\\])|\\begin\{[a-zA-Z]{1,12}\*?\}(?!.*\\end\{))"
)
_UNDERLINE = re.compile(r"(?:=+|-+) *$")  # of a heading, below a paragraph


class LineKind(Enum):
    """What a line of Markdown is."""

    PROSE = "prose"
    FENCED = "fenced"
    """A line of fenced code, or a fence."""
    INDENTED = "indented"
    """A line that is code by its indentation."""


class CodeScanner:
    """Tells for each line of a text, in order, whether it is code."""

    def __init__(self) -> None:
        self._containers: list[int] = []  # outermost first: `_QUOTE`, or an item's indentation
        self._fence = ""  # the mark that opened the code
        self._in_paragraph = False
        self._item_is_empty = False  # the last line began a list item and held nothing else
        self.opens_fence = False
        """Whether the last line is an opening fence."""
        self.info = ""
        """What stands behind the mark of the last opening fence, such as the language."""
        self.begins_item = False
        """Whether the last line began a list item."""

    @property
    def in_fence(self) -> bool:
        """Whether fenced code is open after the lines read so far."""
        return bool(self._fence)

    def read(self, line: str) -> LineKind:
        """Read the next line, given without its end."""
        text = line[:LINE_START].expandtabs(_CODE_INDENT).rstrip()
        self.begins_item = self.opens_fence = False
        at, matched = self._matched(text)
        if self._fence:
            if matched == len(self._containers):
                if _indent(text, at) < _CODE_INDENT and self._closes(text[at:].strip()):
                    self._fence = ""
                return LineKind.FENCED
            self._fence = ""  # the block quote or list item around the code has ended
        if at >= len(text):
            if self._item_is_empty and matched:
                matched -= 1  # an item may begin with one blank line, but not with two
            del self._containers[matched:]
            self._in_paragraph = self._item_is_empty = False
            return LineKind.PROSE
        self._item_is_empty = False
        return self._read_block(text, at, matched)

    def _matched(self, text: str) -> tuple[int, int]:
        """Where the text begins inside of the open containers that go on, and how many these are.

        A blank line continues list items, but no block quote.
        """
        at = 0
        for number, container in enumerate(self._containers):
            indent = _indent(text, at)
            if container == _QUOTE:
                if indent >= _CODE_INDENT or not text.startswith(">", at + indent):
                    return at, number
                at = _behind_quote_mark(text, at + indent)
            elif at >= len(text):
                continue
            elif indent < container:
                return at, number
            else:
                at += container
        return at, len(self._containers)

    def _closes(self, mark: str) -> bool:
        return mark.startswith(self._fence) and not mark.strip(self._fence[0])

    def _read_block(self, text: str, at: int, matched: int) -> LineKind:
        """Read a line that is not blank, outside of fenced code."""
        may_continue_paragraph = self._in_paragraph
        while (indent := _indent(text, at)) < _CODE_INDENT:
            start = at + indent
            if text.startswith(">", start):
                at = _behind_quote_mark(text, start)
                container = _QUOTE
            elif width := self._item_width(text, start, matched, may_continue_paragraph):
                at = min(start + width, len(text))
                container = indent + width
                self.begins_item = True
            else:
                break
            self._containers[matched:] = [container]
            matched += 1
            may_continue_paragraph = False
        rest = text[at + indent :]
        if indent < _CODE_INDENT and (fence := _FENCE.match(rest)):
            del self._containers[matched:]
            self.opens_fence = True
            self._fence, self.info = fence["mark"], fence["info"].strip()
            self._in_paragraph = False
            return LineKind.FENCED
        if not rest:
            self._in_paragraph = False
            self._item_is_empty = self._containers[-1] != _QUOTE
            return LineKind.PROSE
        if indent >= _CODE_INDENT and not may_continue_paragraph:
            del self._containers[matched:]
            self._in_paragraph = False
            return LineKind.INDENTED
        goes_on = may_continue_paragraph and matched == len(self._containers)
        ends = indent < _CODE_INDENT and bool(
            _HEADING.match(rest) or _RULE.match(rest) or (goes_on and _UNDERLINE.match(rest))
        )
        if ends or not may_continue_paragraph:
            del self._containers[matched:]
        self._in_paragraph = not ends
        return LineKind.PROSE

    def _item_width(self, text: str, start: int, matched: int, in_paragraph: bool) -> int:
        """How far the text of a list item is indented that begins here, from its mark; 0: none."""
        item = _ITEM.match(text, start)
        if item is None or _RULE.match(text[start:]):
            return 0
        is_empty = item.end() >= len(text)
        interrupts = in_paragraph and matched == len(self._containers)
        if interrupts and (is_empty or item["number"] not in {None, "1"}):
            return 0
        spaces = len(item["space"])
        return len(item["mark"]) + (spaces if not is_empty and spaces <= _CODE_INDENT else 1)


class VerbatimScanner:
    """Tells for each line of a text, in order, whether it is code or displayed mathematics."""

    def __init__(self) -> None:
        self._code = CodeScanner()
        self._closer = ""  # what ends the mathematics that is open

    @property
    def is_open(self) -> bool:
        """Whether a block that needs an end is open after the lines read so far."""
        return self._code.in_fence or bool(self._closer)

    @property
    def begins_item(self) -> bool:
        """Whether the last line began a list item."""
        return self._code.begins_item

    def read(self, line: str) -> bool:
        """Read the next line, given without its end: whether it is code or mathematics."""
        kind = self._code.read(line)
        if kind is LineKind.FENCED:
            self._closer = ""
        if kind is not LineKind.PROSE:
            return True
        if self._closer:
            if self._closer in line[:LINE_START]:
                self._closer = ""
            return True
        if found := _MATHEMATICS.match(line[:LINE_START]):
            self._closer = _closer_of(found["mark"])
        return bool(self._closer)


def _closer_of(mark: str) -> str:
    return {"$$": "$$", "\\[": "\\]"}.get(mark) or mark.replace("begin", "end")


def _indent(text: str, at: int) -> int:
    return len(text) - at - len(text[at:].lstrip(" ")) if at < len(text) else 0


def _behind_quote_mark(text: str, at: int) -> int:
    return at + 2 if text.startswith(" ", at + 1) else at + 1


def lines(text: str) -> Iterator[tuple[str, LineKind]]:
    """The lines of a text, without their ends, and what each is."""
    scanner = CodeScanner()
    for line in _LINE_END.split(text.replace("\r\n", "\n")):
        yield line, scanner.read(line)


def prose(text: str) -> str:
    """The text without its code; fenced code that is never closed goes to the end."""
    return "\n".join(line for line, kind in lines(text) if kind is LineKind.PROSE)


def outside_fences(text: str) -> str:
    """The text without its fenced code, for texts whose indentation need not mean code."""
    return "\n".join(line for line, kind in lines(text) if kind is not LineKind.FENCED)


def fence_infos(text: str) -> list[str]:
    """What stands behind the opening fences of a text, such as the languages of its code."""
    scanner, found = CodeScanner(), list[str]()
    for line in _LINE_END.split(text.replace("\r\n", "\n")):
        scanner.read(line)
        if scanner.opens_fence:
            found.append(scanner.info)
    return found
