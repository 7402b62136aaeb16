"""Tells whether a prompt is a near copy of one that was put to a model whose name was known.

`arena.text.freshness` asks whether a prompt is new. Here somebody may *want* a copy not to
be found, so this is stricter. Prompts are compared by their **skeletons**: letters and digits
alone, folded, look-alike letters of other scripts in Latin. Spaces, punctuation, case, accents and
invisible characters change nothing. A prompt is a near copy of another if

- their skeletons are alike but for a tenth, or `freshness.similarity` is at least `REPEAT_AT`;
- or it stands in the other one, which may be of any length: the prompt was put as a part of more;
- or the other one stands in it and is at least half of it: something was put before or after.

Runs of `RUN` characters are what is counted. A paraphrase, a translation, an encoding (base64,
leetspeak), or much that differs around a common part on both sides, is not found.

Candidates among many are found by the **keys** of a prompt: the bands of its MinHash signature, for
near copies of much the same length, and the fingerprints of winnowing (Schleimer, Wilkerson and
Aiken 2003, "Winnowing: local algorithms for document fingerprinting", SIGMOD) for parts: any two
texts with `GUARANTEED` characters in a row in common share one.
"""

from hashlib import blake2b

from arena.text.freshness import REPEAT_AT, bands, similarity
from arena.text.identity import look_alikes
from arena.text.lexicon import fold
from arena.text.visible import BLANKS

RUN = 5
GRAM, WINDOW = 6, 4
GUARANTEED = GRAM + WINDOW - 1
SHORT_PART = GUARANTEED
"""Characters of the shortest skeleton that is looked for in others."""
LONG_PART = 24
"""The same among strangers' prompts, in many of which shorter ones stand by chance."""

ALIKE = 0.9
"""Share of the runs that a near copy keeps."""

COVERED = 0.5
"""Share of a prompt that another one must be which stands in it."""


_MULTIPLIER = 0x9E3779B97F4A7C15
_MIXERS = (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53)


def skeleton(prompt: str) -> str:
    """The letters and digits of a prompt, folded; of one without any, all that is no space."""
    folded = fold(prompt)
    if not folded.isascii():
        folded = folded.translate(look_alikes())
    bare = "".join(char for char in folded if char.isalnum() and char not in BLANKS)
    return bare or "".join(folded.split())


def digest(prompt: str) -> str:
    """Of prompts with the same skeleton the same: 32 hexadecimal digits."""
    return blake2b(skeleton(prompt).encode(), digest_size=16).hexdigest()


def sketch(prompt: str) -> list[int]:
    """The bands of a prompt's skeleton, of which two near copies share at least one."""
    return bands(skeleton(prompt))


def fingerprints(prompt: str) -> list[int]:
    """The fingerprints of a prompt in their order, each once; none of one that is too short.

    They are the least hash of every `WINDOW` hashes of `GRAM` characters, signed 64-bit numbers.
    """
    import numpy as np  # noqa: PLC0415 - only the paths of prompts need it

    text = skeleton(prompt)
    if len(text) < SHORT_PART:
        return []
    codes = np.frombuffer(text.encode("utf-32-le"), dtype="<u4").astype(np.uint64)
    grams = len(codes) - GRAM + 1
    hashes = np.zeros(grams, dtype=np.uint64)
    for place in range(GRAM):  # a polynomial modulo 2^64
        hashes = hashes * np.uint64(_MULTIPLIER) + codes[place : place + grams]
    for multiplier in _MIXERS:  # the finaliser of MurmurHash3, so that no letter is the least
        hashes = (hashes ^ (hashes >> np.uint64(33))) * np.uint64(multiplier)
    signed = (hashes ^ (hashes >> np.uint64(33))).view(np.int64)
    least = np.lib.stride_tricks.sliding_window_view(signed, WINDOW).min(axis=1)
    return list(dict.fromkeys(least.tolist()))


def is_near_copy(prompt: str, other: str, *, part: int = SHORT_PART) -> bool:
    """Whether who knows the answer to `other` knows about what is answered to `prompt`.

    Args:
        part: of so many characters at least is a skeleton that counts as part of another one.
    """
    ours, theirs = skeleton(prompt), skeleton(other)
    if ours == theirs:
        return True
    our_runs, their_runs = _runs(ours), _runs(theirs)
    shared = len(our_runs & their_runs)
    kept, covered = shared / len(our_runs), shared / len(their_runs)
    if kept >= ALIKE and (covered >= ALIKE or len(ours) >= part):
        return True
    if covered >= ALIKE and kept >= COVERED and len(theirs) >= part:
        return True
    return similarity(prompt, other) >= REPEAT_AT


def _runs(text: str) -> frozenset[str]:
    return frozenset(text[at : at + RUN] for at in range(max(1, len(text) - RUN + 1)))
