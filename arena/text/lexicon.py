"""Finds the cues of a word list in a text, in time linear in the text's length.

A **cue** is a short phrase of elements separated by spaces:

- ``equation`` matches that word; ``equation*`` also every word that begins with it;
- ``@write`` matches any word of the class ``write`` (a list of words and stems);
- ``~`` allows up to `GAP` other words here, within the sentence.

Text and cues are folded alike: compatibility forms and case are levelled, accents dropped. Han and
kana, which are written without spaces, count as one word a character, so that ``你是谁`` is a cue
of three words. There is no backtracking beyond the few words of a gap, so no input is slow.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

GAP = 6
_STEM_FROM, _STEM_TO = 1, 24
_END = "."
_SCRIPT_WITHOUT_SPACES = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_TOKEN = re.compile(
    rf"\d+(?:[.,]\d+)*|[{_SCRIPT_WITHOUT_SPACES}]|[^\W\d_{_SCRIPT_WITHOUT_SPACES}][^\W_{_SCRIPT_WITHOUT_SPACES}]*"
    r"|[.!?;\n。\uff01\uff1f]"
)
# Two ligatures that stand for whole Arabic sentences, of eighteen and eight characters.
_WHOLE_SENTENCES = re.compile("[\ufdfa\ufdfb]")
_ENDS = frozenset(".!?;\n。\uff01\uff1f")


def fold(text: str) -> str:
    """`text` in lower case, compatibility forms resolved, without accents or invisible marks."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", _WHOLE_SENTENCES.sub(" ", text)).casefold()
    return "".join(
        char
        for char in decomposed
        if not unicodedata.combining(char) and unicodedata.category(char) != "Cf"
    )


def words(text: str) -> list[str]:
    """The words of an already folded `text`; the end of a sentence or line is the word ``.``."""
    return [_END if token in _ENDS else token for token in _TOKEN.findall(text)]


@dataclass(frozen=True, slots=True)
class Hit:
    """One cue found: its group, its text, and the words `start` to `end` (exclusive)."""

    group: str
    cue: str
    start: int
    end: int


class Lexicon:
    """Groups of cues, compiled for `find`.

    `groups` maps a group's name to its cues; `classes` maps a class's name to its words and stems.
    Raises ValueError for a cue that is empty, begins with ``~`` or names an unknown class.
    """

    def __init__(
        self, groups: Mapping[str, Iterable[str]], classes: Mapping[str, Iterable[str]]
    ) -> None:
        self._keys: dict[str, set[str]] = {}
        self._phrases: dict[str, list[tuple[str, str, list[str]]]] = {}
        for name, members in classes.items():
            for member in members:
                self._keys.setdefault(fold(member), set()).add(f"@{name}")
        for group, cues in groups.items():
            for cue in cues:
                elements = self._elements(cue)
                if not elements or elements[0] == "~":
                    raise ValueError(f"{group}: the cue {cue!r} begins with no word")
                for element in elements:
                    if element.startswith("@"):
                        if element[1:] not in classes:
                            raise ValueError(f"{group}: the cue {cue!r} names an unknown class")
                    elif element != "~":
                        self._keys.setdefault(element, set()).add(element)
                self._phrases.setdefault(elements[0], []).append((group, cue, elements[1:]))

    @staticmethod
    def _elements(cue: str) -> list[str]:
        elements: list[str] = []
        for part in cue.split():
            if part == "~" or part.startswith("@"):
                elements.append(part)
            elif part.endswith("*"):
                *whole, stem = words(fold(part[:-1]))
                elements += [*whole, f"{stem}*"]
            else:
                elements += words(fold(part))
        return elements

    def _keys_of(self, word: str) -> set[str]:
        keys = set(self._keys.get(word, ()))
        for length in range(_STEM_FROM, min(len(word), _STEM_TO) + 1):
            keys |= self._keys.get(f"{word[:length]}*", set())
        return keys

    def find(self, tokens: Sequence[str]) -> list[Hit]:
        """Every cue in `tokens` (from `words`), in order of its start; cues may overlap."""
        known: dict[str, set[str]] = {}
        keys = [
            known[token] if token in known else known.setdefault(token, self._keys_of(token))
            for token in tokens
        ]
        hits = []
        for start, here in enumerate(keys):
            for key in here:
                for group, cue, rest in self._phrases.get(key, ()):
                    end = self._match(keys, tokens, rest, start + 1)
                    if end:
                        hits.append(Hit(group, cue, start, end))
        return hits

    def _match(
        self, keys: Sequence[set[str]], tokens: Sequence[str], rest: Sequence[str], at: int
    ) -> int:
        """Where `rest` ends when it begins at word `at`, or 0."""
        position = at
        gap = 0
        for element in rest:
            if element == "~":
                gap = GAP
                continue
            last = min(position + gap, len(keys) - 1)
            while position <= last and element not in keys[position]:
                if tokens[position] == _END:
                    return 0
                position += 1
            if position > last:
                return 0
            position += 1
            gap = 0
        return position
