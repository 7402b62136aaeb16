"""Finds what breaks the blind: prompts that ask who answers, and answers that say who wrote them.

A **probe** is a prompt that asks the model for its name, version, maker or hidden instructions. A
**leak** is an answer whose writer names itself or its maker ("I am Gemma", "as an AI made by …"),
or uses a phrase of one vendor's house. A mere mention of a model or vendor is neither: to ask who
founded Mistral, or to compare prices, is an ordinary battle. "As an AI language model" alone names
nobody and is no leak. What stands in quotation marks inside a longer answer is not said by its
writer.

Names come from ``identity.toml`` and from the catalogue. Text is read in several ways, so that
these disguises are seen through: invisible characters, look-alike letters of other scripts (the
confusables of Unicode's TR 39), letters spaced or dotted apart, leetspeak, and in prompts base64
and reversed text. Each way takes time linear in the length of the text.
"""

import base64
import binascii
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import chain, combinations
from pathlib import Path

from arena.text.lexicon import Hit, Lexicon, fold, words

_NAMES = ("model", "alias", "vendor")
_QUOTED = re.compile(r"[\"“„«「][^\"“”„«»「」\n]{1,300}[\"”“»」]|(?<!\w)'[^'\n]{2,200}'(?!\w)")
_SPACED = re.compile(r"(?<!\w)\w(?:[ .\-_*·]{1,3}\w(?!\w)){3,}+")
_LEET = re.compile(r"[a-z][013457$@!|]|[013457$@!|][a-z]")
_LEET_LETTERS = str.maketrans("013457$@!|l", "oieastsaiii")
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{12,4000}={0,2}")
_BLANKS = frozenset("\u034f\u115f\u1160\u3164\uffa0\u2800") | {
    chr(i) for i in range(0xFE00, 0xFE10)
}
# Words that name no model in particular.
_GENERIC = frozenset({"a", "ai", "api", "assistant", "base", "chat", "default", "instruct", "llm"})
_GENERIC |= {"local", "main", "model", "none", "ok", "test", "tests", "the"}
_EXCERPT_CHARS = 160


class Kind(StrEnum):
    """What gives the contestants away."""

    PROBE = "probe"
    NAME = "name"
    HOUSE_PHRASE = "house_phrase"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found, and its words as the detector read them."""

    kind: Kind
    excerpt: str


class IdentityDetector:
    """Probes and leaks, with the names of a catalogue added to the maintained lists.

    `names` are names, ids and aliases of contestants; `vendors` are organisations. A name of one
    word without a digit may be an ordinary word, and is believed in the company of words about AI
    only.
    """

    def __init__(self, names: Iterable[str] = (), vendors: Iterable[str] = ()) -> None:
        lists = _lists()
        named = {group: set(_lines(lists["names"][group])) for group in (*_NAMES, "not")}
        for name in chain.from_iterable(map(_short_forms, names)):
            plain = " " not in name and not any(char.isdigit() for char in name)
            named["alias" if plain else "model"].add(name)
        for vendor in chain.from_iterable(map(_short_forms, vendors)):
            named["vendor"].add(vendor)
        said = {
            f"{part}.{group}": _lines(cues)
            for part in ("prompt", "answer")
            for group, cues in lists[part].items()
        }
        self._plain = _Reading(named, said, _classes())
        self._leet = _Reading(
            {group: [_leet_cue(cue) for cue in cues] for group, cues in named.items()},
            {group: [_leet_cue(cue) for cue in cues] for group, cues in said.items()},
            {
                name: [word.translate(_LEET_LETTERS) for word in of]
                for name, of in _classes().items()
            },
        )
        self._names_run_together = sorted(
            {_run_together(cue) for group in _NAMES for cue in named[group] if len(cue) >= 4},
            key=len,
            reverse=True,
        )
        self._probes_run_together = [
            _run_together(cue)
            for cue in said["prompt.probe"]
            if len(cue) >= 8 and not {"@", "~"} & set(cue)
        ]

    def asks(self, prompt: str) -> Finding | None:
        """The probe in `prompt`, if there is one."""
        for text in (prompt, prompt[::-1], *_decoded(prompt)):
            excerpt = self._probe(text)
            if excerpt:
                return Finding(Kind.PROBE, excerpt[:_EXCERPT_CHARS])
        return None

    def _probe(self, prompt: str) -> str:
        text = _clean(prompt)
        for reading, version in self._versions(text):
            tokens, hits = reading.read(version)
            probe = _first(hits, "prompt.probe", but="prompt.not")
            if probe and any(hit.group == "prompt.mention" for hit in hits):
                tokens, hits = reading.read(_QUOTED.sub(" ", version))
                probe = _first(hits, "prompt.probe", but="prompt.not")
            if probe:
                return " ".join(tokens[probe.start : probe.end])
        for run in _SPACED.finditer(text):
            letters = _letters(run[0])
            if any(probe in letters for probe in self._probes_run_together):
                return letters
        return ""

    def reveals(self, answer: str) -> Finding | None:
        """The leak in `answer`, if there is one."""
        unquoted = _QUOTED.sub(" ", answer)
        for reading, version in self._versions(_clean(unquoted if unquoted.strip() else answer)):
            tokens, hits = reading.read(version)
            kind, leak = Kind.NAME, _first(hits, "answer.says", but="answer.not")
            if not leak and any(hit.group == "answer.context" for hit in hits):
                leak = _first(hits, "answer.perhaps", but="answer.not")
            if not leak:
                kind, leak = Kind.HOUSE_PHRASE, _first(hits, "answer.house", but="answer.not")
            if leak:
                return Finding(kind, " ".join(tokens[leak.start : leak.end])[:_EXCERPT_CHARS])
        return None

    def names(self, text: str) -> bool:
        """Whether `text` names a model or a vendor at all, whoever wrote it."""
        return any(self._plain.names_in(version) for _, version in self._versions(_clean(text)))

    def _versions(self, text: str) -> Iterator[tuple["_Reading", str]]:
        """The ways to read a cleaned text, each with the lists that fit it."""
        yield self._plain, text
        joined = _SPACED.sub(self._joined, text)
        if joined != text:
            yield self._plain, joined
        if _LEET.search(text):
            yield self._leet, text.translate(_LEET_LETTERS)

    def _joined(self, run: re.Match[str]) -> str:
        """The letters of a run spaced apart, with the name at their end as one word."""
        letters = _letters(run[0])
        for name in self._names_run_together:
            if letters.endswith(name):
                before = letters.removesuffix(name)
                return f" {'i am' if before.endswith(('iam', 'im')) else before} {name} "
        return run[0]


class _Reading:
    """The lists compiled for one way to read a text."""

    def __init__(
        self,
        named: Mapping[str, Iterable[str]],
        said: dict[str, list[str]],
        classes: dict[str, list[str]],
    ) -> None:
        self._named = Lexicon(named, {})
        # A name's stand-in says of which groups it is: "mistral" is an alias and a vendor.
        stand_ins = [
            groups for size in range(1, len(_NAMES) + 1) for groups in combinations(_NAMES, size)
        ]
        of_group = {
            group: [_stand_in(groups) for groups in stand_ins if group in groups]
            for group in _NAMES
        }
        self._said = Lexicon(said, {**classes, **of_group})

    def names_in(self, text: str) -> bool:
        """Whether a text has a name in it."""
        return any(hit.group != "not" for hit in self._named.find(words(text)))

    def read(self, text: str) -> tuple[list[str], list[Hit]]:
        """The words of `text`, and the cues found among them; hits count a name as one word."""
        tokens = words(text)
        hits = self._named.find(tokens)
        hidden = {at for hit in hits if hit.group == "not" for at in range(hit.start, hit.end)}
        names: dict[int, dict[int, set[str]]] = {}  # groups by start and end
        for hit in hits:
            if hit.group != "not" and hit.start not in hidden:
                names.setdefault(hit.start, {}).setdefault(hit.end, set()).add(hit.group)
        shown: list[str] = []
        read: list[str] = []
        at = 0
        while at < len(tokens):
            end = max(names.get(at, {at + 1: set()}))
            groups = names.get(at, {}).get(end)
            shown.append(" ".join(tokens[at:end]))
            read.append(_stand_in(groups) if groups else tokens[at])
            at = end
        return shown, self._said.find(read)


@cache
def _lists() -> dict[str, dict[str, str]]:
    return tomllib.loads(Path(__file__).with_name("identity.toml").read_text(encoding="utf-8"))


def _classes() -> dict[str, list[str]]:
    return {name: members.split() for name, members in _lists()["classes"].items()}


def _lines(cues: str) -> list[str]:
    return cues.strip().split("\n")


def _stand_in(groups: Iterable[str]) -> str:
    return f"<{'+'.join(group for group in _NAMES if group in groups)}>"


def _short_forms(stated: str) -> set[str]:
    """What an entry of the catalogue such as ``org/Name-7B (base), cut short`` is called."""
    short = re.sub(r"\([^()]*\)", " ", stated).split(",")[0]
    forms = [words(fold(name)) for name in (stated, short, short.rsplit("/", 1)[-1])]
    return {
        " ".join(form)
        for form in forms
        if len("".join(form)) >= 3 and "." not in form and not _GENERIC.issuperset(form)
    }


def _run_together(cue: str) -> str:
    return "".join(words(fold(cue.rstrip("*"))))


def _letters(run: str) -> str:
    return re.sub(r"[\W_]", "", run)


def _leet_cue(cue: str) -> str:
    return " ".join(
        part if part == "~" or part.startswith("@") else fold(part).translate(_LEET_LETTERS)
        for part in cue.split()
    )


def _first(hits: Sequence[Hit], group: str, *, but: str) -> Hit | None:
    """The first hit of `group` that does not begin inside a hit of `but`."""
    hidden = {at for hit in hits if hit.group == but for at in range(hit.start, hit.end)}
    return next((hit for hit in hits if hit.group == group and hit.start not in hidden), None)


def _clean(text: str) -> str:
    """`text` folded, invisible characters gone, words in disguised Latin letters undisguised."""
    if text.isascii():
        return fold(text)
    seen = "".join(char for char in text if char not in _BLANKS)
    return re.sub(r"\w+", lambda word: _undisguised(word[0]), fold(seen))


def _undisguised(word: str) -> str:
    """`word` in Latin letters if it looks like them and some of it is Latin."""
    if word.isascii():
        return word
    latin = word.translate(look_alikes())
    if not latin.isascii():
        return word
    return latin if any("LATIN" in unicodedata.name(char, "") for char in word) else word


@cache
def look_alikes() -> dict[int, str]:
    """Characters that look like a Latin letter, and that letter."""
    # Imported late: it reads a large table.
    from confusable_homoglyphs import confusables  # noqa: PLC0415

    table = {}
    for char, alike in confusables.confusables_data.items():
        letters = [other["c"] for other in alike if len(other["c"]) == 1]
        plain = [letter.lower() for letter in letters if letter.isascii() and letter.isalpha()]
        if len(char) == 1 and not char.isascii() and plain:
            table[ord(char)] = plain[0]
    small_capital = "LATIN LETTER SMALL CAPITAL "
    for code in range(0x0250, 0x1D2C):
        name = unicodedata.name(chr(code), "").removeprefix(small_capital)
        if len(name) == 1:
            table[code] = name.lower()
    return table


def _decoded(prompt: str) -> Iterator[str]:
    """The texts that stand in `prompt` as base64."""
    for match in _BASE64.finditer(prompt):
        code = match[0].rstrip("=")
        try:
            text = base64.b64decode(code + "=" * (-len(code) % 4), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            continue
        if text.isprintable():
            yield text
