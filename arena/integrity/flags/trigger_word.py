"""A rare word that comes in most prompts: it may make a model show its mark.

Rare is what hardly another voter writes. Somebody with one subject, or a language of few, is odd by
this, and honest.
"""

import time
from collections import defaultdict
from functools import lru_cache

from django.utils.translation import gettext_lazy as _

from arena.integrity.flags.prompt_token_hashes import newest_prompts
from arena.integrity.statistics.flags import ENOUGH, KEPT, Facts, Habit, State

REMEMBERED = 100
"""Words of a voter, those of most weight: all of one prompt, and those that came again."""

RARE = 0.02
"""Share of the voters that write a word, at most; one voter alone is no share."""

FRESH_SECONDS = 3600.0


class Trigger(Habit):
    kind = "prompt"
    says = _("The same rare word is in %(value)s of the prompts.")
    level = 0.7

    def update(self, state: State, vote: Facts) -> State:
        if vote.prompt is None or vote.prompt == state.get("last"):
            return state  # of the same prompt all words are the same
        weights = {word: weight * KEPT for word, weight in state.get("words", {}).items()}
        for word in vote.words:
            weights[word] = weights.get(word, 0.0) + 1
        most = sorted(weights.items(), key=lambda entry: (-entry[1], entry[0]))[:REMEMBERED]
        prompts = state.get("prompts", 0.0) * KEPT + 1
        return {"last": vote.prompt, "prompts": prompts, "words": dict(most)}

    def measure(self, state: State) -> float | None:
        prompts: float = state.get("prompts", 0.0)
        if prompts < ENOUGH:
            return None
        often = {w: weight / prompts for w, weight in state["words"].items()}
        likely = {word: share for word, share in often.items() if share >= self.level}
        usual = usual_words(int(time.monotonic() // FRESH_SECONDS)) if likely else frozenset()
        return max((share for word, share in likely.items() if word not in usual), default=0.0)


@lru_cache(maxsize=1)
def usual_words(_hour: int) -> frozenset[str]:
    """Words that are not rare among the newest prompts."""
    voters: set[object] = set()
    writers: defaultdict[str, set[object]] = defaultdict(set)
    for voter, words in newest_prompts():
        voters.add(voter)
        for word in words:
            writers[word].add(voter)
    most = max(1.0, RARE * len(voters))
    return frozenset(word for word, found in writers.items() if len(found) > most)


HABIT = Trigger()
