"""Takes out of an answer, as it streams, what trivially tells which model wrote it.

Reasoning traces, stop tokens and other control tokens, citation markup of vendors, byte-order
marks and token counts go; error texts and thoughts that were not marked as such end the answer.
House formatting habits are part of the answer and stay, and so does whatever stands in code.

Where a tell may begin, text is held back until it is clear: at most MAX_TELL characters, or
MAX_TAIL for what is a tell only at the very end. Every decision is taken with that much
look-ahead or with the end of the text, so the result does not depend on how the text was cut
into chunks. Time is linear in the length of the text.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

import regex

from arena.contestants.provider import ErrorKind, ProviderError

MAX_TELL = 200  # characters; no pattern of a tell matches more
MAX_TAIL = 4_000
MAX_CLOSER = 80  # characters; no end of a thought is longer
MAX_RUN = 64  # of backticks or tildes


class Tell(StrEnum):
    """A kind of what is taken out."""

    REASONING = "reasoning"
    TOKEN = "token"  # noqa: S105 - a control token, such as <|im_end|>
    CITATION = "citation"
    INVISIBLE = "invisible"
    COUNT = "count"
    ERROR = "error"


THOUGHT_TAGS = "(?i:think|thinking|thought|thoughts|reasoning|seed:think|antthinking|scratchpad)"

# How a thought begins → how it ends, where %s is the name that its tag had.
THOUGHTS = {
    rf"<{THOUGHT_TAGS}(?:\s[^<>\n]{{0,60}})?>": r"(?i:</%s\s{0,3}>)",
    r"\[THINK\]": r"\[/THINK\]",
    r"◁think▷": r"◁/think▷",
    r"<\|START_THINKING\|>": r"<\|END_THINKING\|>",
    r"<\|begin_of_thought\|>": r"<\|end_of_thought\|>",
    r"<\|inner_prefix\|>": r"<\|inner_suffix\|>",
    r"<unused94>": r"<unused95>",
    r"<\|channel>thought": r"<channel\|>",
    # Harmony (gpt-oss): whatever is not the final channel.
    r"<\|channel\|>(?!\s{0,2}final)\s{0,2}[a-z]": (
        r"<\|channel\|>\s{0,2}final(?:\s{0,2}<\|constrain\|>)?[^<>\n]{0,20}<\|message\|>"
    ),
    r"<grok:render[^<>]{0,150}>": r"</grok:render>",
}
ORPHANS = (
    rf"</{THOUGHT_TAGS}\s{{0,3}}>|\[/THINK\]|◁/think▷|<\|END_THINKING\|>"
    r"|<\|end_of_thought\|>|<\|inner_suffix\|>|<unused95>"
)
TOKENS = (
    r"<\|(?:im_start|start_header_id|start)\|>(?:assistant|user|system|model)?"
    r"|<\|channel\|>\s{0,2}final(?:\s{0,2}<\|constrain\|>)?[^<>\n]{0,20}(?:<\|message\|>)?"
    r"|<\|(?!(?:channel|START_THINKING|begin_of_thought|inner_prefix|END_THINKING|end_of_thought"
    r"|inner_suffix|im_start|start_header_id|start)\|)[A-Za-z0-9_▁][A-Za-z0-9_▁./:=-]{0,40}\|>"
    r"|<\uff5c[^\uff5c<>\n]{1,40}\uff5c>"
    r"|<start_of_turn>(?:model|user)?|<end_of_turn>|<turn\|>|<\|turn>(?:model|user)?|<channel\|>"
    r"|<(?:eos|bos|pad|unk|sop|eop|eod|EOT|eos_token|end_of_utterance|fim_suffix)>"
    r"|<(?:unused(?!9[45]>)|extra_id_|reserved_)\d{1,4}>|<0x[0-9A-F]{2}>"
    r"|\[/?INST\]|<</?SYS>>|\[gMASK\]|\[/?TOOL_CALLS\]|\[DONE\]|\[end of text\]"
    r"|<\|[A-Za-z_]{2,40}\|?\Z"  # cut by the end of the answer
)
CITATIONS = (
    r"【[^【】\n]{0,80}†[^【】\n]{0,80}】|【(?:turn|cite|oaicite)[^【】\n]{0,80}】"
    r"|\[\^\d{1,3}\^\](?:\[\d{1,3}\])?"
    r"|</?(?:cite|citation|co: ?[\d,]{1,20})(?:\s[^<>\n]{0,100})?>"
    r"|\[cite(?:_start|_end|: ?[\d, ]{1,60})?\]|\[span_\d{1,3}\]\((?:start|end)_span\)"
    r"|:contentReference\[oaicite:\d{1,3}\](?:\{index=\d{1,3}\})?|\[oaicite:\d{1,3}\]"
    r"|\[doc\d{1,2}\]"
    r"|(?:(?:file)?cite)?turn\d{1,3}(?:search|view|news|image|file|fetch|product|forecast"
    r"|finance|sports|academia|reddit|youtube|maps|business|recipe|time|click|open)\d{1,3}"
    r"|\ue200[^\ue200\ue201\n]{0,180}\ue201"
)
INVISIBLE = "[\ufeff\ue200-\ue206]"

# A tag that the text talks about rather than uses.
NAMED = r"[ ](?:tags?|blocks?|elements?|tokens?|sections?|markers?)\b"
QUOTED = r"[\"'\u201d\u2019»)`,]|[ ](?:and|or|is|are)\b"


def _tells(mention: str) -> "regex.Pattern[str]":
    return regex.compile(
        rf"(?P<reasoning>{'|'.join(THOUGHTS)})(?!{mention})"
        rf"|(?P<orphan>{ORPHANS})(?!{mention})"
        rf"|(?P<token>{TOKENS})|(?P<sentence></?s>)"
        rf"|(?P<citation>{CITATIONS})|(?P<invisible>{INVISIBLE})"
    )


TELLS = _tells(f"{NAMED}|{QUOTED}")
TELLS_AT_HEAD = _tells(NAMED)  # of a line, where a thought begins
TELLS_IN_CODE = regex.compile(rf"(?P<token>{TOKENS})|(?P<invisible>\ufeff)")

# What is a tell at the very start of an answer only. A chat template's role may leak, and
# harmony whose control tokens were stripped has its channel joined to the words.
TELLS_AT_START = regex.compile(
    r"(?P<harmony>analysis(?=[A-Z\"']))|(?P<token>assistant[ ]{0,2}\n|<s>(?=[\s\[]))"
)
HARMONY_END = re.compile("assistantfinal")

# What is a tell as a line of its own, if nothing but tells follows.
_COUNT_WORDS = r"(?:total|prompt|completion|input|output|generated|used|usage|count)"
TELLS_AS_LAST_LINE = regex.compile(
    rf"""[ \t>*_(\[-]{{0,6}}(?:
      (?P<count>
        (?i:(?:{_COUNT_WORDS}[ _-]){{0,2}}tokens?(?:[ _-]{_COUNT_WORDS}){{0,2}})
        [*_"]{{0,3}}[ ]?[:=][*_ ]{{0,4}}\d[\w ,.:;()/|*="\]-]{{0,60}}
      | \d{{1,7}}[ ]tokens?\b[\w ,.:;()/|*=\]-]{{0,40}}(?:tok(?:en)?s?/s|tokens?[ ]per[ ]second)
        [\w ,.:;()/|*=\]-]{{0,20}}
      | (?i:usage)[ ]?[:=][ ]?\{{[^\n]{{0,120}}
      )(?=[ \t\r]{{0,4}}(?:\n|\Z))
    | (?P<error>
        \{{\s{{0,8}}"error"\s{{0,4}}: | \{{\s{{0,8}}"object"\s{{0,4}}:\s{{0,4}}"error"
      | data:\s{{0,2}}\{{\s{{0,8}}"error"
      | Error[ ]code:[ ][45]\d\d[ ]-[ ]
      | (?:litellm|openai|anthropic|httpx|aiohttp)\.[A-Za-z_.]{{1,40}}(?:Error|Exception|Timeout)\b
      | (?i:\[(?:upstream|provider|gateway|proxy|server|stream|api|model)[ _-]error\b)
      | (?i:upstream[ ](?:connect[ ]error|request[ ]timeout)|no[ ]healthy[ ]upstream)
      | (?:RuntimeError:[ ])?CUDA[ ](?:out[ ]of[ ]memory|error:)
      | torch\.(?:cuda\.)?OutOfMemoryError
      )
    )""",
    regex.VERBOSE,
)

_NOT_PLAIN = re.compile(r"[\n`~<\[【◁:\ufeff\ue200-\ue206]|t(?=u|\Z)|c(?=i|\Z)|f(?=i|\Z)")
_NOT_PLAIN_IN_CODE = re.compile(r"[\n`~<\ufeff]")
_RUN = re.compile(rf"`{{1,{MAX_RUN}}}|~{{1,{MAX_RUN}}}")
_BEFORE_A_FENCE = frozenset(" \t>-*+.)0123456789")
_ANY_ORPHAN = re.compile(ORPHANS)
_CLOSERS = [(re.compile(opener), closer) for opener, closer in THOUGHTS.items()]


def _closer_of(opener: str) -> "re.Pattern[str]":
    for pattern, closer in _CLOSERS:
        if pattern.fullmatch(opener):
            return re.compile(closer.replace("%s", opener.strip("<>").split()[0]))
    raise AssertionError("Whatever opens a thought is listed with what closes it.")


@dataclass(slots=True)
class _Tail:
    """Text that is a tell if the answer ends with it."""

    kind: Tell
    parts: list[str] = field(default_factory=list)
    size: int = 0
    line_ended: bool = False
    paragraph_ended: bool = False

    def takes(self, text: str, *, tell: bool) -> bool:
        """Add more of a tell, or what follows it; False if with that it is no tail after all."""
        if self.size + len(text) > MAX_TAIL:
            return False
        if text == "\n":
            self.paragraph_ended = self.line_ended
            self.line_ended = True
        elif tell or not text.isspace():
            # An error may go on for lines; whatever else is a tell ends with its match.
            if not tell and (self.kind is not Tell.ERROR or self.paragraph_ended):
                return False
            self.line_ended = self.paragraph_ended = False
        self.parts.append(text)
        self.size += len(text)
        return True


class Redactor:
    """Redacts one answer: `feed` it the chunks, then `end` it.

    `removed` counts the characters that were taken out, by kind. With `thinks_first` the answer
    begins inside a thought, of which only the closing tag comes.

    Both methods return text that may be shown, and raise ProviderError where the text is no
    answer: a thought was shown before its closing tag told what it was (THINKS_ALOUD), or the
    text ends with an error message (REJECTED).
    """

    def __init__(self, *, thinks_first: bool = False) -> None:
        self.removed: Counter[Tell] = Counter()
        self._buffer = ""
        self._out: list[str] = []
        self._at_start = True  # nothing but space was shown so far
        self._line_start = True
        self._head = True  # of a line: nothing but space and list or quote markers so far
        self._fence = ""  # the run of backticks or tildes that opened a block of code
        self._fence_line = False  # still on the line that opened it
        self._fence_closing = False
        self._code = 0  # length of the run of backticks that opened a span of code
        self._closer = _ANY_ORPHAN if thinks_first else None  # what ends the current thought
        self._had_thought = thinks_first
        self._after_thought = False
        self._struck = False  # an <s> is open: </s> is HTML
        self._tail: _Tail | None = None

    def feed(self, text: str) -> str:
        """Take in more text; returns what is clear by now."""
        self._buffer += text
        return self._scan(final=False)

    def end(self) -> str:
        """Take the end of the text; returns what had been held back."""
        text = self._scan(final=True)
        if self._tail is not None:
            if self._tail.kind is Tell.ERROR:
                raise ProviderError(
                    ErrorKind.REJECTED, f"The text ends with an error: {''.join(self._tail.parts)}"
                )
            self.removed[self._tail.kind] += self._tail.size
        return text

    def _scan(self, *, final: bool) -> str:
        at = 0
        while at < len(self._buffer):
            after = self._step(at, final=final)
            if after is None:
                break  # it takes more text to tell
            at = after
        self._buffer = self._buffer[at:]
        text = "".join(self._out)
        self._out.clear()
        return text

    def _step(self, at: int, *, final: bool) -> int | None:
        """Deal with what begins at `at`; returns where to go on, or None if that is unclear yet."""
        first = self._buffer[at]
        if self._closer is not None:
            return self._in_thought(at, self._closer, final=final)
        if self._after_thought and first.isspace():
            return self._remove(Tell.REASONING, at, at + 1)
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
            return self._show(at, at + 1)  # what comes next may be a tell only here
        plain = (_NOT_PLAIN_IN_CODE if in_code else _NOT_PLAIN).search(self._buffer, at + 1)
        return self._show(at, plain.start() if plain else len(self._buffer))

    # --- the parts of a text -------------------------------------------------------------------

    def _in_thought(self, at: int, closer: "re.Pattern[str]", *, final: bool) -> int | None:
        if match := closer.search(self._buffer, at):
            self._closer = None
            self._after_thought = self._at_start
            return self._remove(Tell.REASONING, at, match.end())
        end = len(self._buffer) if final else len(self._buffer) - MAX_CLOSER
        return self._remove(Tell.REASONING, at, end) if end > at else None

    def _newline(self, at: int) -> int:
        if self._fence_closing:
            self._fence = ""
        self._fence_closing = self._fence_line = False
        self._code = 0
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
        """Take out the tell that begins at `at`; `at` itself if none does."""
        patterns = [TELLS_AT_START] if self._at_start else []
        patterns.append(TELLS_AT_HEAD if self._head else TELLS)
        if self._line_start:
            patterns.append(TELLS_AS_LAST_LINE)
        for pattern in patterns:
            match = pattern.match(self._buffer, at, partial=not final)
            if match is None:
                continue
            if not final and len(self._buffer) - at < MAX_TELL:
                return None
            if not match.partial:
                return self._take_out(match)
        return at

    def _take_out(self, match: "regex.Match[str]") -> int:
        text, at, end = match[0], match.start(), match.end()
        kind = str(match.lastgroup)
        if kind == "sentence":
            if text == "<s>" or self._struck:
                self._struck = text == "<s>"
                return self._show(at, end)
            kind = Tell.TOKEN
        if kind == "count" and self._at_start:
            return self._show(at, end)  # it is all that the answer says
        if kind in {"count", "error"}:
            return self._show(at, end, Tell(kind))
        if kind == "orphan":
            self._end_of_unmarked_thought(text)
        elif kind in {"reasoning", "harmony"}:
            self._closer = HARMONY_END if kind == "harmony" else _closer_of(text)
            self._had_thought = True
        is_thought = kind in {"orphan", "reasoning", "harmony"}
        return self._remove(Tell.REASONING if is_thought else Tell(kind), at, end)

    def _end_of_unmarked_thought(self, tag: str) -> None:
        if not (self._at_start or self._had_thought):
            raise ProviderError(
                ErrorKind.THINKS_ALOUD, f"A thought ended of which no beginning was told: {tag}"
            )
        self._after_thought = self._at_start

    def _tell_in_code(self, at: int, *, final: bool) -> int | None:
        """Code stays as it is, but for the control tokens that follow its end."""
        match = TELLS_IN_CODE.match(self._buffer, at, partial=not final)
        if match is None:
            return at
        if not final and len(self._buffer) - at < MAX_TELL:
            return None
        return at if match.partial else self._show(at, match.end(), Tell.TOKEN)

    # --- what becomes of a part ----------------------------------------------------------------

    def _remove(self, kind: Tell, at: int, end: int) -> int:
        self.removed[kind] += end - at
        return end

    def _show(self, at: int, end: int, tail: Tell | None = None) -> int:
        """Let a part pass, or hold it back for as long as it may belong to a tail."""
        text = self._buffer[at:end]
        self._line_start = False
        if self._head:
            self._head = _BEFORE_A_FENCE.issuperset(text)
        if not text.isspace():
            self._at_start = False
        if (
            self._tail is not None
            and tail in {None, self._tail.kind}
            and self._tail.takes(text, tell=tail is not None)
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
