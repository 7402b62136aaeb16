"""What a voter asks. Measures for `oddity`; they hold nobody's votes.

To rig, one has to know the model: by asking it who it is, by a prompt whose answers are known
(used again and again, or by several accounts), or by a word that makes it show its mark.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

import numpy as np
from numpy.typing import NDArray

from arena.integrity.core.preference import Indices

ENOUGH = 5
"""Fewer prompts tell nothing."""

RARE = 0.01
"""A word is rare if at most this share of all prompts has it."""


def prompting(
    prompt: Indices,
    sharers: Indices,
    probes: NDArray[np.bool_],
    words: Sequence[AbstractSet[str]],
    frequency: Mapping[str, float],
) -> dict[str, float]:
    """Measures of one voter, odd when high; NaN where there are too few prompts.

    - repeated: share of the prompts that the voter asked before, and not just before: asking again
      at once is what the curious do.
    - shared: share of the prompts that other voters asked too.
    - probing: share of the prompts that ask a model who it is.
    - trigger: the greatest share of the prompts that has one and the same rare word.

    Args:
        prompt: what is the same (or nearly) has the same number, shape (prompts,).
        sharers: other voters who asked each prompt; 0 for one that is known to be popular.
        words: of each prompt.
        frequency: share of all prompts that has a word; a word that is missing has none.
    """
    if len(prompt) < ENOUGH:
        return dict.fromkeys(("repeated", "shared", "probing", "trigger"), np.nan)
    asked = prompt[np.diff(prompt, prepend=-1) != 0]
    return {
        "repeated": 1 - len(np.unique(asked)) / len(asked),
        "shared": float(np.mean(sharers > 0)),
        "probing": float(np.mean(probes)),
        "trigger": max((share for _, share in triggers(words, frequency)), default=0.0),
    }


def triggers(
    words: Sequence[AbstractSet[str]], frequency: Mapping[str, float], *, least: float = 0.5
) -> list[tuple[str, float]]:
    """Rare words that at least this share of a voter's prompts has, with the share, most first."""
    counts: dict[str, int] = {}
    for of_prompt in words:
        for word in of_prompt:
            if frequency.get(word, 0.0) <= RARE:
                counts[word] = counts.get(word, 0) + 1
    shares = [(word, count / len(words)) for word, count in counts.items()]
    return sorted(
        ((word, share) for word, share in shares if share >= least), key=lambda e: (-e[1], e[0])
    )
