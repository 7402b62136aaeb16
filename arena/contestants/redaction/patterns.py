"""Patterns of artifacts: text that shows which model or server wrote an answer."""

import re
from enum import StrEnum

import regex

MAX_ARTIFACT = 200  # characters; no pattern of an artifact matches more
MAX_CLOSER = 80  # characters; no end of a thought is longer


class Artifact(StrEnum):
    """A kind of text that is removed."""

    REASONING = "reasoning"
    TOKEN = "token"  # noqa: S105 - a control token, such as <|im_end|>
    CITATION = "citation"
    INVISIBLE = "invisible"
    COUNT = "count"


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
    r"<\|channel\|>(?!\s{0,2}final)\s{0,2}[a-z]{1,20}": (
        r"<\|channel\|>\s{0,2}final(?:\s{0,2}<\|constrain\|>)?[^<>\n]{0,20}<\|message\|>"
    ),
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
# `<cite>` and `[cite]` without more are HTML and placeholders that people write.
_SOURCE = r"\s(?:index|source|sources|id|ids|doc|docs|ref|document|document_id|url)=[^<>\n]{0,100}"
CITATIONS = (
    r"【[^【】\n]{0,80}†[^【】\n]{0,80}】|【(?:turn|cite|oaicite)[^【】\n]{0,80}】"
    r"|\[\^\d{1,3}\^\](?:\[\d{1,3}\])?"
    r"|</?co: ?[\d,]{1,20}>"
    r"|\[cite(?:_start|_end|: ?[\d, ]{1,60})\]|\[span_\d{1,3}\]\((?:start|end)_span\)"
    r"|:contentReference\[oaicite:\d{1,3}\](?:\{index=\d{1,3}\})?|\[oaicite:\d{1,3}\]"
    r"|\[doc\d{1,2}\](?=\s{0,2}(?:[.,;:!?)\n]|\[doc\d{1,2}\]|\Z))"
    r"|(?:(?:file)?cite)?turn\d{1,3}(?:search|view|news|image|file|fetch|product|forecast"
    r"|finance|sports|academia|reddit|youtube|maps|business|recipe|time|click|open)\d{1,3}"
    r"|\ue200[^\ue200\ue201\n]{0,180}\ue201"
    r"|<grok:render\s[^<>]{1,80}>[^<>]{0,10}(?:<argument[^<>]{0,30}>[^<>]{0,20}</argument>"
    r"[^<>]{0,5})?</grok:render>"
)
INVISIBLE = "[\ufeff\ue200-\ue206]"

MARKS = regex.compile(
    rf"(?P<reasoning>{'|'.join(THOUGHTS)})|(?P<orphan>{ORPHANS})"
    rf"|(?P<token>{TOKENS})|(?P<sentence></?s>)"
    rf"|(?P<cite><(?:cite|citation){_SOURCE}>)|(?P<cited></(?:cite|citation)>)"
    rf"|(?P<citation>{CITATIONS})|(?P<invisible>{INVISIBLE})"
)
MARKS_IN_CODE = regex.compile(rf"(?P<token>{TOKENS})|(?P<invisible>\ufeff)")

# Artifacts only at the very start of an answer. A chat template's role may leak, and
# harmony whose control tokens were stripped has its channel joined to the words.
MARKS_AT_START = regex.compile(
    r"(?P<harmony>analysis(?=(?:User|We|The|This|They|It|I|Need|Just|Let|Simple|Provide|Answer"
    r"|Explain|Question|Okay|So)(?:'\w{1,2})?[ ]\w|\"))"
    r"|(?P<token>assistant[ ]{0,2}\n|<s>(?=[\s\[]))"
)
HARMONY_END = re.compile("assistantfinal")

# Artifacts that fill the last lines of an answer.
_COUNT_WORDS = r"(?:total|prompt|completion|input|output|generated|used|usage|count)"
LAST_LINES = regex.compile(
    rf"""(?P<count>[ \t>*_(\[-]{{0,6}}(?:
        (?i:(?:{_COUNT_WORDS}[ _-]){{0,2}}tokens?(?:[ _-]{_COUNT_WORDS}){{0,2}})
        [*_"]{{0,3}}[ ]?[:=][*_ ]{{0,4}}\d[\w ,.:;()/|*="\]-]{{0,60}}
      | \d{{1,7}}[ ]tokens?\b[\w ,.:;()/|*=\]-]{{0,40}}(?:tok(?:en)?s?/s|tokens?[ ]per[ ]second)
        [\w ,.:;()/|*=\]-]{{0,20}}
      | (?i:usage)[ ]?[:=][ ]?\{{[^\n]{{0,120}}
      )(?=[ \t\r]{{0,4}}(?:\n|\Z)))""",
    regex.VERBOSE,
)

ANY_ORPHAN = re.compile(ORPHANS)
_CLOSERS = [(re.compile(opener), closer) for opener, closer in THOUGHTS.items()]


def closer_of(opener: str) -> "re.Pattern[str]":
    """What ends the thought that an opener begins."""
    for pattern, closer in _CLOSERS:
        if pattern.fullmatch(opener):
            return re.compile(closer.replace("%s", opener.strip("<>").split()[0]))
    raise AssertionError("Whatever opens a thought is listed with what closes it.")
