"""Tells whether a prompt was seen before: near copies by MinHash and locality-sensitive hashing.

A prompt's **features** are its words and the runs of four characters of its folded text. Two
prompts are **near copies** if the Jaccard similarity of their features is at least `REPEAT_AT` and
neither has a number or a longer word where the other has a different one: "a poem about winter" is
no copy of "a poem about summer", nor is a sum with other figures. The same request in quite other
words, or in another language, is not found.

Near copies are found among many by the bands of their MinHash signatures (Broder 1997, "On the
resemblance and containment of documents"; Leskovec, Rajaraman and Ullman, "Mining of Massive
Datasets", section 3.4): prompts of similarity s share at least one of b bands of r values with
probability 1 - (1 - s^r)^b, here 96% at 0.68, 99.8% at 0.75, 6% at 0.35 and 0.2% at 0.2.
"""

from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING

from arena.text.lexicon import fold, words

if TYPE_CHECKING:
    from datasketch import MinHash

REPEAT_AT = 0.68
BANDS, ROWS = 32, 6
_RUN = 4
_COMPARED_WORDS = 8  # more words than this differ between long prompts only, whose overlap decides


def features(prompt: str) -> frozenset[str]:
    """The words of `prompt` and the runs of four characters of its folded text."""
    tokens = _words(prompt)
    text = f" {' '.join(tokens)} "
    runs = {text[start : start + _RUN] for start in range(max(1, len(text) - _RUN + 1))}
    return frozenset(runs.union(f"#{token}" for token in tokens))


def bands(prompt: str) -> list[int]:
    """The `BANDS` signed 64-bit hashes of which two near copies share at least one."""
    signature = _empty_signature().copy()
    signature.update_batch(sorted(feature.encode() for feature in features(prompt)))
    values = signature.digest().astype("<u4").reshape(BANDS, ROWS)
    return [
        int.from_bytes(
            blake2b(bytes([number]) + row.tobytes(), digest_size=8).digest(), "big", signed=True
        )
        for number, row in enumerate(values)
    ]


def similarity(prompt: str, other: str) -> float:
    """How alike two prompts are, from 0 to 1; 0 if a word or number stands in another's place."""
    ours, theirs = features(prompt), features(other)
    jaccard = len(ours & theirs) / len(ours | theirs)
    if jaccard >= REPEAT_AT and _replaces(_words(prompt), _words(other)):
        return 0.0
    return jaccard


@cache
def _empty_signature() -> "MinHash":
    # Imported late: it brings NumPy along. Seed and scheme are part of what is stored.
    from datasketch import MinHash  # noqa: PLC0415

    return MinHash(num_perm=BANDS * ROWS, seed=1, scheme="affine32")


def _words(prompt: str) -> list[str]:
    """The words of `prompt`, or its characters if it has none."""
    return [word for word in words(fold(prompt)) if word != "."] or prompt.split()


def _replaces(ours: Iterable[str], theirs: Iterable[str]) -> bool:
    only_ours, only_theirs = set(ours) - set(theirs), set(theirs) - set(ours)
    numbers, other_numbers = (
        {word for word in only if word[0].isdigit()} for only in (only_ours, only_theirs)
    )
    if numbers and other_numbers:
        return True
    long_ours, long_theirs = (
        [word for word in only if len(word) >= 4 or not word.isascii()]
        for only in (only_ours, only_theirs)
    )
    if max(len(long_ours), len(long_theirs)) > _COMPARED_WORDS:
        return False
    return _has_stranger(long_ours, long_theirs) and _has_stranger(long_theirs, long_ours)


def _has_stranger(some: list[str], others: list[str]) -> bool:
    """Whether one of `some` is spelt like none of `others`."""
    return any(not any(_spelt_alike(word, other) for other in others) for word in some)


def _spelt_alike(word: str, other: str) -> bool:
    if min(len(word), len(other)) < 4:
        return False
    ratio = SequenceMatcher(None, word[:40], other[:40], autojunk=False).ratio()
    return word[:4] == other[:4] or ratio >= 0.8
