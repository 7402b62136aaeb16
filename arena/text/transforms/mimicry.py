"""Style mimicry: one model's answer, as it comes, in the style of another model."""

import re
from collections.abc import Iterator
from itertools import takewhile

from arena.text.markdown import LINE_START, VerbatimScanner
from arena.text.transforms.protocol import Span
from arena.text.transforms.style_profile import HEAD, ITEM, RULE, STOPS, TITLE, Profile

MIN_OPENED_CHARS = 40
"""An opening is put before a first line of prose of this length: a single word is an answer that
was asked for."""

_ENDS_SENTENCE = re.compile(rf"[{STOPS})*`]$")
_BLOCK = re.compile(r"[ \t]{0,40}(?:#{1,6}[ \t]|[|>]|[-*•][ \t]|\d{1,3}[.)][ \t]|\*\*)")


class StyleMimic:
    """Returns an answer as it comes, with the habits of `target` in place of `original`'s.

    Code and mathematics stay as they are. The result does not depend on how the text is cut. The
    beginning of a line is held back until it shows what the line is, and so is what may be a
    closing.
    """

    def __init__(self, target: Profile, original: Profile) -> None:
        self._target = target
        self._original = original
        self._line = ""  # the beginning of a line that does not show yet what it is
        self._copies_line = False  # the rest of this line stays as it is
        self._held = ""  # what may be the closing
        self._began = False
        self._stripped = ""  # an opening, put back if it was the whole answer
        self._scanner = VerbatimScanner()
        self._bullets: set[str] = set()
        self.changes = 0
        """How many things it changed."""
        self.visible_changes = 0
        """How many of them readers see: all but the marks of list items."""
        self.visible_span: Span | None = None
        """Where the first change that readers see stands in the returned text."""
        self.invisible_span: Span | None = None
        """Where the first change that they do not see stands."""
        self._returned = 0  # characters returned so far

    def feed(self, text: str) -> str:
        """What can be shown once this text has come."""
        for piece in _pieces(text):
            self._take(piece)
        shown = self._held[:-LINE_START]
        self._held = self._held[len(shown) :]
        self._returned += len(shown)
        return shown

    def end(self) -> str:
        """What was held back for more to come."""
        line, self._line = self._line, ""
        if not self._copies_line:
            self._hold_restyled(line)
        held, self._held = self._held, ""
        if not self._began:
            self.changes = self.visible_changes = 0
            self.visible_span = self.invisible_span = None
            return self._stripped
        if self.changes and len(self._bullets) > 1:
            self.visible_changes += 1  # two lists may have become one
        if self._scanner.is_open:
            return held
        visible, closed = self.visible_changes, self._with_closing(held)
        if self.visible_changes > visible and self.visible_span is None:
            alike = takewhile(lambda pair: pair[0] == pair[1], zip(held, closed, strict=False))
            kept = sum(1 for _ in alike)
            self.visible_span = Span(self._returned + kept, self._returned + len(closed))
        return closed

    def _take(self, piece: str) -> None:
        """Take a piece of one line, or its end."""
        if piece == "\n":
            line, self._line = self._line, ""
            if not self._copies_line:
                self._hold_restyled(line)
            self._copies_line = False
            self._held += piece if self._began else ""
        elif self._copies_line:
            self._held += piece
        else:
            self._line += piece if self._began or self._line else piece.lstrip()
            if len(self._line) > LINE_START:
                self._hold_restyled(self._line)
                self._line, self._copies_line = "", True

    def _hold_restyled(self, line: str) -> None:
        """Hold a line, or the beginning of a long one, restyled; note where it changed."""
        changes, visible = self.changes, self.visible_changes
        start = self._returned + len(self._held)
        self._held += self._restyled(line)
        span = Span(start, self._returned + len(self._held))
        merged = self.changes and len(self._bullets) > 1  # two lists may have become one
        if self.visible_changes > visible or merged:
            self.visible_span = self.visible_span or span
        elif self.changes > changes:
            self.invisible_span = self.invisible_span or span

    def _restyled(self, line: str) -> str:
        """A line, or the beginning of a long one, in the target's style."""
        opening = ""
        if not self._began and line and not self._stripped:
            opening, line = self._with_opening(line)
            if opening:
                start = self._returned + len(self._held)
                self.visible_span = Span(start, start + len(opening.rstrip()))
        self._began = self._began or bool(opening or line)
        return opening + self._with_marks(line)

    def _with_opening(self, line: str) -> tuple[str, str]:
        """The target's opening, and the rest of the first line."""
        target = self._target
        kept = {target.opening, *target.openings}
        for known in sorted({*self._original.openings, *kept} - {""}, key=len, reverse=True):
            word = known.rstrip(STOPS)
            if line.startswith(known) and line[len(known) : len(known) + 1].strip() == "":
                if known in kept:
                    return "", line
                rest = line[len(known) :]
            elif line.startswith(f"{word}, "):
                if known in kept:
                    return "", line
                rest = line[len(word) + 1 :]
                rest = rest[:2].upper() + rest[2:]
            else:
                continue
            self._count(visible=True)
            if target.opening:
                return target.opening, rest
            self._stripped = known
            return "", rest.lstrip()
        if not target.opening or not _may_follow_opening(line):
            return "", line
        self._count(visible=True)
        return target.opening + ("\n\n" if _BLOCK.match(line) else " "), line

    def _with_marks(self, line: str) -> str:
        """A line with the target's marks."""
        if self._scanner.read(line) or RULE.match(line):
            return line
        marked = line
        if item := ITEM.match(line):
            if not self._scanner.begins_item:
                return line  # part of a paragraph, which shows the mark as it is
            text, bullet = line[item.end() :], item[2]
            if bullet in "-*" and text.strip(" -*"):  # else three of them might be a rule
                self._bullets.add(bullet)
                bullet = self._target.bullet or bullet
            with_head = self._with_head(text)
            marked = item[1] + bullet + item[3] + with_head
            self._count(marked != line, visible=with_head != text)
        elif line.strip():
            marked = self._with_title(line)
            self._count(marked != line, visible=marked != line)
        return marked

    def _count(self, changed: bool = True, *, visible: bool) -> None:
        self.changes += changed
        self.visible_changes += visible

    def _with_head(self, text: str) -> str:
        """The text of a list item, with its head as the target marks it."""
        head = HEAD.match(text)
        if not head or not self._target.head:
            return text
        return self._target.head.format(head["b"] or head["p"]) + text[head.end() :]

    def _with_title(self, line: str) -> str:
        """A line that may be a title, as the target marks it."""
        title = TITLE.match(line)
        if not title or not self._target.title:
            return line
        if self._target.title == "**":
            return f"**{title['n'].replace('**', '')}**" if title["n"] else line
        return f"{self._target.title} {title['b']}" if title["b"] else line

    def _with_closing(self, text: str) -> str:
        """The end of the answer, with the target's closing."""
        target = self._target
        kept = {target.closing, *target.closings} - {""}
        body = text.rstrip()
        if any(body.endswith(closing) for closing in kept):
            return text
        for known in sorted(self._original.closings, key=len, reverse=True):
            rest = body.removesuffix(known)
            if rest != body and rest[-1:].isspace():
                body = rest.rstrip()
                self._count(visible=True)
                break
        if target.closing and _ENDS_SENTENCE.search(body):
            self._count(visible=True)
            return f"{body}\n\n{target.closing}"
        return text if body == text.rstrip() else body


def _may_follow_opening(line: str) -> bool:
    """Whether a first line is prose, a title or a list: no code, no data, no bare answer."""
    if VerbatimScanner().read(line) or line[0] in "{[<|":
        return False
    return bool(_BLOCK.match(line)) or len(line) >= MIN_OPENED_CHARS or line.rstrip().endswith(":")


def _pieces(text: str) -> Iterator[str]:
    """A text cut before and after each end of a line."""
    for number, piece in enumerate(text.split("\n")):
        if number:
            yield "\n"
        if piece:
            yield piece
