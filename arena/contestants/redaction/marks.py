"""Decides whether a mark is a control mark or a word of the text.

The marks of a chat template are at an edge: the start or end of the answer, or alone on a line.
In the middle of a line they are words of the text ("Start your prompt with <think> first"), unless
they stick to the end of a word or a sentence, as no writer places them.
"""

# ruff: noqa: RUF001 - punctuation of every script

import re
from dataclasses import dataclass

from arena.contestants.redaction.patterns import ORPHANS, TOKENS, closer_of

CONTEXT = 120  # characters before a mark that matter
MAX_INDENT = 3  # of a line; more makes it a block of code (CommonMark, section 4.4)

_ONLY_MARKS = re.compile(rf"(?:\s|{TOKENS}|{ORPHANS}|</?s>)*+")
_LATIN = "0-9A-Za-z\u00c0-\u024f\u0370-\u03ff\u0400-\u04ff"  # scripts that part words by spaces
_STICKS = re.compile(rf"[{_LATIN}.!?…。！？”’»)\]}}]\Z")
_AMBIGUOUS = frozenset("\"'`*_~|")  # opens or closes: it opens if the same follows the mark
_FINISHED = re.compile(r"[.!?…。！？”’»)\]}\"'`*_~|>]\s*\Z")

# What comes before a mark that is a part of the sentence.
_LEADS_IN = re.compile(
    r"[(\[{“‘«‹「『《]\Z"
    r"|[:,;=—–→：，、；]\s*\Z"
    r"|[是为為用使如以像叫即入出]\Z"
    r"|(?<![^\W_])(?i:an?|the|is|are|was|were|be|by|with|in|of|to|from|as|and|or|like|such as"
    r"|e\.g\.|i\.e\.|cf\.|us(?:e|es|ing|ed)|writ(?:e|es|ing)|type|adds?|put|insert|append|emits?|outputs?|prints?"
    r"|called|named|tags?|tokens?|markers?|strings?|symbols?|delimiters?|between|inside|within"
    r"|after|before|via|see|than|your|this|these|includ(?:e|es|ing)|contains?|says?|means?"
    r"|est|et|ou|avec|und|oder|mit|ist|es|y|o|con|por|de|del|du|il|une?|el|la|le|der|die|das"
    r")\s+\Z"
)

# What comes after a mark that is a part of the sentence.
_NAMED = (
    r"[ ](?i:tags?|blocks?|elements?|tokens?|sections?|markers?|marks?|delimiters?|symbols?)\b"
    r"|(?:标签|标记|標籤|標記|符号|符號|和|与|與|或|是|用于|用來|用来|表示|タグ|トークン|は|が|を|と|で"
    r"|の|태그|토큰|는|은|를|을|와|과)"
)
_VERBS = (
    r"(?:is|are|was|were|marks?|begins?|starts?|ends?|opens?|closes?|means?|denotes?|signals?"
    r"|tells?|indicates?|stands?|wraps?|separates?|tells?)"
)
_OBJECTS = (
    r"(?:an?|the|used|special|not|what|how|where|when|for|by|just|only|one|called|put|placed"
    r"|emitted|inserted|its|your|[a-z]+ing|it)"
)
_ELIDED = r"\s?(?:\.\.\.|…)"
_SURELY_SPOKEN_OF = re.compile(
    rf"{_NAMED}|{_ELIDED}|[ ](?:and|or)[ ][<\[`\"“◁]|[ ]{_VERBS}[ ]{_OBJECTS}\b"
)
_SPOKEN_OF = re.compile(
    rf"{_NAMED}|{_ELIDED}|[\"'”’»)`,:;/]|[ ](?:and|or|{_VERBS}|can|should|must|will|goes|comes)\b"
)
# A thought in mid-answer begins with a line's end or a sentence, not with these.
_NO_THOUGHT = re.compile(rf"{_SURELY_SPOKEN_OF.pattern}|[ ]?[,.;:)\]/\[{{(]|[ ][a-z]")


@dataclass(frozen=True, slots=True)
class Place:
    """The text around a mark.

    Args:
        before: the text shown before it, at least its last CONTEXT characters.
        after: the text that follows it, as far as is looked ahead.
        ended: whether `after` reaches the end of the answer.
        starts: nothing but space was shown before it.
        after_mark: the mark before it was taken out, and nothing was shown since.
        in_example: a mark was left in this paragraph, as a word of the text.
    """

    before: str
    after: str
    ended: bool
    starts: bool
    after_mark: bool
    in_example: bool

    @property
    def begins_line(self) -> bool:
        _, newline, line = self.before.rpartition("\n")
        bare = not line.strip(" ") and len(line) <= MAX_INDENT
        return bare and bool(newline or self.starts)

    @property
    def ends_line(self) -> bool:
        line, newline, _ = self.after.partition("\n")
        return bool(newline or self.ended) and bool(_ONLY_MARKS.fullmatch(line))

    @property
    def ends_answer(self) -> bool:
        return self.ended and bool(_ONLY_MARKS.fullmatch(self.after))

    @property
    def is_led_in(self) -> bool:
        return bool(_LEADS_IN.search(self.before))

    @property
    def sticks(self) -> bool:
        """It sticks to a word or a sentence, as what a tokenizer joins does."""
        last = self.before[-1:]
        if last in _AMBIGUOUS:
            return not self.after.startswith(last)
        return bool(_STICKS.search(self.before))

    @property
    def follows_sentence(self) -> bool:
        """What was said before it is complete: by its end, or by a blank line."""
        if self.is_led_in:
            return False
        spaces = self.before[len(self.before.rstrip()) :]
        return spaces.count("\n") > 1 or bool(_FINISHED.search(self.before))


def token_acts(token: str, place: Place) -> bool:
    """Whether a control token, such as <|im_end|> or [INST], acts as one."""
    if token in {"[DONE]", "[end of text]"}:  # people write these; they end an answer or nothing
        return place.ends_answer and (place.begins_line or token != "[DONE]")  # noqa: S105
    if place.ends_answer:
        return place.begins_line or not place.is_led_in
    if place.starts or place.after_mark:
        return not _SPOKEN_OF.match(place.after)
    if place.in_example:
        return False
    if place.begins_line and place.ends_line:
        return not place.is_led_in
    return place.sticks and not _SPOKEN_OF.match(place.after)


def opener_acts(opener: str, place: Place) -> bool:
    """Whether a mark such as <think> begins a thought."""
    if place.starts or place.after_mark:
        return not _SURELY_SPOKEN_OF.match(place.after)
    if not place.follows_sentence or _NO_THOUGHT.match(place.after):
        return False
    if place.begins_line:
        return True
    # In mid-line only if its end sticks to the next word, as in "Sky. <think>x</think>Blue."
    closer = closer_of(opener).search(place.after.partition("\n")[0])
    return bool(closer and re.match(f"[{_LATIN}]", place.after[closer.end() :]))


def orphan_acts(place: Place) -> bool:
    """Whether a mark such as </think>, whose beginning did not come, ends a thought."""
    if place.begins_line and place.ends_line:
        return True
    if place.starts or place.after_mark or place.begins_line:
        return not _SPOKEN_OF.match(place.after)
    if place.ends_line:
        return not place.is_led_in
    between_sentences = place.follows_sentence and place.after.lstrip()[:1].isupper()
    return (place.sticks or between_sentences) and not _SPOKEN_OF.match(place.after)
