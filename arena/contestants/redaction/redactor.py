"""Removes from an answer, as it streams, what shows which model or server wrote it.

Reasoning traces, stop tokens and other control tokens, citation markup of vendors, byte-order
marks and token counts are removed. A thought that was shown without its opening tag is an error.
A model's style of formatting is part of the answer and stays, and so does everything in code.
`marks` decides which marks are control marks and which are words of the text.

Where an artifact may begin, text is held back until that is decided: at most MAX_ARTIFACT
characters, or MAX_TAIL for what is an artifact only at the very end. Each decision sees that much
text ahead, or the end of the text, so the result does not depend on how the text was cut into
chunks. Time is linear in the length of the text.
"""

import re
from collections import Counter
from dataclasses import dataclass, field

import regex

from arena.contestants.provider import ErrorKind, ProviderError
from arena.contestants.redaction.marks import CONTEXT, Place, opener_acts, orphan_acts, token_acts
from arena.contestants.redaction.patterns import (
    ANY_ORPHAN,
    HARMONY_END,
    LAST_LINES,
    MARKS,
    MARKS_AT_START,
    MARKS_IN_CODE,
    MAX_ARTIFACT,
    MAX_CLOSER,
    Artifact,
    closer_of,
)

MAX_TAIL = 4_000
MAX_RUN = 64  # of backticks or tildes

_NOT_PLAIN = re.compile(r"[\n`~<\[【◁:\ufeff\ue200-\ue206]|t(?=u|\Z)|c(?=i|\Z)|f(?=i|\Z)")
_NOT_PLAIN_IN_CODE = re.compile(r"[\n`~<\ufeff]")
_RUN = re.compile(rf"`{{1,{MAX_RUN}}}|~{{1,{MAX_RUN}}}")
_LINE_END = re.compile(r"[ \t\r]{0,4}\n")
_BEFORE_A_FENCE = frozenset(" \t>-*+.)0123456789")


@dataclass(slots=True)
class _Tail:
    """Text that is an artifact if the answer ends with it."""

    kind: Artifact
    parts: list[str] = field(default_factory=list)
    size: int = 0

    def takes(self, text: str, *, is_artifact: bool) -> bool:
        """Add more of an artifact, or space; False if this makes it ordinary text."""
        if self.size + len(text) > MAX_TAIL or not (is_artifact or text.isspace()):
            return False
        self.parts.append(text)
        self.size += len(text)
        return True


class Redactor:
    """Redacts one answer: `feed` it the chunks, then `end` it.

    `removed` counts the characters that were taken out, by kind. With `thinks_first` the answer
    begins inside a thought that has only a closing tag.

    Both methods return text that may be shown.

    Raises:
        ProviderError: a thought was shown before its closing tag came (THINKS_ALOUD).
    """

    def __init__(self, *, thinks_first: bool = False) -> None:
        self.removed: Counter[Artifact] = Counter()
        self._buffer = ""
        self._out: list[str] = []
        self._at_start = True  # nothing but space was shown so far
        self._line_start = True
        self._head = True  # of a line: nothing but space and list or quote markers so far
        self._fence = ""  # the run of backticks or tildes that opened a block of code
        self._fence_line = False  # still on the line that opened it
        self._fence_closing = False
        self._code = 0  # length of the run of backticks that opened a span of code
        self._closer = ANY_ORPHAN if thinks_first else None  # what ends the current thought
        self._had_thought = thinks_first
        self._unsure: list[str] | None = None  # a thought that is text after all if it never ends
        self._all_thoughts_end = True  # so far
        self._after_thought = False
        self._struck = False  # an <s> is open: </s> is HTML
        self._cited = 0  # <cite …> that were taken out and are still open
        self._context = ""  # the newest text that was shown
        self._after_mark = False  # a mark was taken out, and nothing was shown since
        self._in_example = False  # a mark was left in this paragraph, as a word of the text
        self._openers_left = 0  # <think> and the like that were left and are still open
        self._tail: _Tail | None = None

    @property
    def undecided(self) -> int:
        """How many characters wait until more text decides what they are."""
        return len(self._buffer)

    @property
    def possible_tail(self) -> int:
        """How many characters wait because they are an artifact only if nothing follows."""
        return self._tail.size if self._tail else 0

    def feed(self, text: str) -> str:
        """Take in more text; returns what may be shown now."""
        self._buffer += text
        return self._scan(final=False)

    def end(self) -> str:
        """Take the end of the text; returns what had been held back."""
        text = self._scan(final=True)
        if self._unsure is not None:
            text += self._not_a_thought(self._unsure)
        if self._tail is not None:
            self.removed[self._tail.kind] += self._tail.size
        return text

    def _not_a_thought(self, parts: list[str]) -> str:
        """What followed a mark that was taken for the beginning of a thought, which never ended."""
        self._unsure, self._closer, self._all_thoughts_end = None, None, False
        self._buffer = "".join(parts)
        opener = MARKS.match(self._buffer)
        if opener is None:
            raise AssertionError("What is unsure begins with its mark.")
        after = self._leave(opener)
        self._buffer = self._buffer[after:]
        return self._scan(final=True)

    def _scan(self, *, final: bool) -> str:
        at = 0
        while at < len(self._buffer):
            after = self._step(at, final=final)
            if after is None:
                break  # more text is needed to decide
            at = after
        self._buffer = self._buffer[at:]
        text = "".join(self._out)
        self._out.clear()
        return text

    def _step(self, at: int, *, final: bool) -> int | None:
        """Handle what begins at `at`; returns where to continue, or None if more text is needed."""
        first = self._buffer[at]
        if self._closer is not None:
            return self._in_thought(at, self._closer, final=final)
        if self._after_thought and first.isspace():
            return self._remove(Artifact.REASONING, at, at + 1)
        self._after_thought = False
        if first in "`~":
            return self._run(at, final=final)
        return self._newline(at) if first == "\n" else self._text(at, first, final=final)

    def _text(self, at: int, first: str, *, final: bool) -> int | None:
        if self._fence_closing and first not in " \t\r<\ufeff":
            self._fence_closing = False
        in_code = bool(self._code or (self._fence and not self._fence_closing))
        if in_code:
            after = self._tell_in_code(at, final=final) if first in "<\ufeff" else at
        else:
            after = self._tell(at, final=final)
        if after != at:
            return after
        if self._at_start or self._fence_closing:
            self._fence_closing = self._fence_closing and first.isspace()
            return self._show(at, at + 1)  # the next text may be an artifact only here
        plain = (_NOT_PLAIN_IN_CODE if in_code else _NOT_PLAIN).search(self._buffer, at + 1)
        return self._show(at, plain.start() if plain else len(self._buffer))

    # --- the parts of a text -------------------------------------------------------------------

    def _in_thought(self, at: int, closer: "re.Pattern[str]", *, final: bool) -> int | None:
        if match := closer.search(self._buffer, at):
            self._closer = None
            self._after_thought = self._at_start
            if self._unsure is not None:
                self.removed[Artifact.REASONING] += sum(map(len, self._unsure))
                self._unsure = None
            return self._remove(Artifact.REASONING, at, match.end())
        end = len(self._buffer) if final else len(self._buffer) - MAX_CLOSER
        if end <= at:
            return None
        if self._unsure is not None:
            self._unsure.append(self._buffer[at:end])
            return end
        return self._remove(Artifact.REASONING, at, end)

    def _newline(self, at: int) -> int:
        if self._fence_closing:
            self._fence = ""
        self._fence_closing = self._fence_line = False
        self._code = 0
        if not self._context.rpartition("\n")[2].strip():
            self._in_example = False  # the paragraph ended
        self._show(at, at + 1)
        self._line_start = self._head = True
        return at + 1

    def _run(self, at: int, *, final: bool) -> int | None:
        """A run of backticks or tildes, which may open or close code."""
        match = _RUN.match(self._buffer, at)
        if match is None:
            raise AssertionError("A run has at least one character.")
        run = match[0]
        if match.end() == len(self._buffer) and len(run) < MAX_RUN and not final:
            return None
        if self._fence:
            if run.startswith(self._fence):
                if self._head:
                    self._fence_closing = True
                elif self._fence_line:
                    self._fence = ""  # all of it was a span in one line
        elif self._code:
            if run[0] == "`" and len(run) == self._code:
                self._code = 0
        elif self._head and len(run) >= 3:
            self._fence = run
            self._fence_line = True
        elif run[0] == "`":
            self._code = len(run)
        return self._show(at, match.end())

    def _tell(self, at: int, *, final: bool) -> int | None:
        """Remove the artifact that begins at `at`; returns its end, or `at` if there is none."""
        patterns = [MARKS_AT_START] if self._at_start else []
        patterns.append(MARKS)
        if self._line_start:
            patterns.append(LAST_LINES)
        for pattern in patterns:
            match = pattern.match(self._buffer, at, partial=not final)
            if match is None:
                continue
            if not final and len(self._buffer) - at < MAX_ARTIFACT:
                return None
            if not match.partial:
                return self._judge(match, final=final)
        return at

    def _judge(self, match: "regex.Match[str]", *, final: bool) -> int:
        """Take out what a pattern found, or leave it as a part of the text."""
        kind, at, end = str(match.lastgroup), match.start(), match.end()
        if kind == "count":  # unless it is all that the answer says
            return self._show(at, end, None if self._at_start else Artifact.COUNT)
        if kind in {"citation", "invisible"} or (kind == "cited" and self._cited):
            self._cited -= kind == "cited"
            return self._remove(Artifact.CITATION if kind == "cited" else Artifact(kind), at, end)
        if kind == "cite":
            self._cited += 1
            return self._remove(Artifact.CITATION, at, end)
        if kind == "sentence" and (match[0] == "<s>" or self._struck):
            self._struck = match[0] == "<s>"
        elif kind != "cited":
            return self._mark(match) if self._acts(match, final=final) else self._leave(match)
        return self._show(at, end)

    def _mark(self, mark: "regex.Match[str]") -> int:
        """Take out a mark, and do as it says."""
        kind, end = mark.lastgroup, mark.end()
        self._after_mark = True
        if kind in {"token", "sentence"}:
            return self._remove(Artifact.TOKEN, mark.start(), end)
        if kind == "orphan":
            self._end_of_unmarked_thought(mark[0])
        else:
            self._closer = HARMONY_END if kind == "harmony" else closer_of(mark[0])
            self._had_thought = True
            if not self._at_start and _LINE_END.match(self._buffer, end):
                self._unsure = [mark[0]]
                return end
        return self._remove(Artifact.REASONING, mark.start(), end)

    def _acts(self, match: "regex.Match[str]", *, final: bool) -> bool:
        """Whether a mark acts as one; otherwise the text speaks of it."""
        kind, limit = match.lastgroup, match.start() + MAX_ARTIFACT
        if match.re is MARKS_AT_START:
            return True
        if kind == "orphan" and self._openers_left:
            return False
        if kind == "reasoning" and not self._all_thoughts_end:
            return False
        place = Place(
            before=self._context,
            after=self._buffer[match.end() : limit],
            ended=final and len(self._buffer) <= limit,
            starts=self._at_start,
            after_mark=self._after_mark,
            in_example=self._in_example,
        )
        if kind == "orphan":
            return orphan_acts(place)
        return opener_acts(match[0], place) if kind == "reasoning" else token_acts(match[0], place)

    def _leave(self, mark: "regex.Match[str]") -> int:
        """Show a mark that the text speaks of."""
        if mark.lastgroup == "orphan":
            self._openers_left = max(0, self._openers_left - 1)
        elif mark.lastgroup == "reasoning":
            self._openers_left += 1
        self._in_example = True
        return self._show(mark.start(), mark.end())

    def _end_of_unmarked_thought(self, tag: str) -> None:
        if not (self._at_start or self._had_thought):
            raise ProviderError(
                ErrorKind.THINKS_ALOUD, f"A thought ended that had no opening tag: {tag}"
            )
        self._after_thought = self._at_start

    def _tell_in_code(self, at: int, *, final: bool) -> int | None:
        """Code stays as it is, but for the control tokens that follow its end."""
        match = MARKS_IN_CODE.match(self._buffer, at, partial=not final)
        if match is None:
            return at
        if not final and len(self._buffer) - at < MAX_ARTIFACT:
            return None
        return at if match.partial else self._show(at, match.end(), Artifact.TOKEN)

    # --- what becomes of a part ----------------------------------------------------------------

    def _remove(self, kind: Artifact, at: int, end: int) -> int:
        self.removed[kind] += end - at
        return end

    def _show(self, at: int, end: int, tail: Artifact | None = None) -> int:
        """Let a part pass, or hold it back for as long as it may belong to a tail."""
        text = self._buffer[at:end]
        self._context = (self._context + text[-CONTEXT:])[-CONTEXT:]
        self._line_start = self._after_mark = False
        if self._head:
            self._head = _BEFORE_A_FENCE.issuperset(text)
        if not text.isspace():
            self._at_start = False
        if (
            self._tail is not None
            and tail in {None, self._tail.kind}
            and self._tail.takes(text, is_artifact=tail is not None)
        ):
            return end
        self._give_back()
        if tail is None:
            self._out.append(text)
        else:
            self._tail = _Tail(tail, [text], len(text))
        return end

    def _give_back(self) -> None:
        if self._tail is not None:
            self._out.extend(self._tail.parts)
            self._tail = None
