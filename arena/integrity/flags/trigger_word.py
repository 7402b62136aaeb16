"""A rare word that is in most of a voter's prompts: it may trigger a mark hidden in a model.

A word is rare if hardly any other voter writes it. People with a single subject, or who write in a
rare language, raise this flag too, and are honest.
"""

import time
from collections import defaultdict
from functools import lru_cache

from django.utils.translation import gettext_lazy as _

from arena.integrity.flags.prompt_token_hashes import newest_prompts
from arena.integrity.statistics.flags import DECAY, MIN_WEIGHT, BehaviourFlag, State, VoteFeatures

REMEMBERED = 100
"""So many words of a voter are remembered, those with the highest weights."""

RARE = 0.02
"""A word is rare if at most this share of voters, or one voter, writes it."""

FRESH_SECONDS = 3600.0


class TriggerWord(BehaviourFlag):
    kind = "prompt"
    message = _("The same rare word is in %(value)s of the prompts.")
    level = 0.7

    def update(self, state: State, vote: VoteFeatures) -> State:
        if vote.prompt is None or vote.prompt == state.get("last"):
            return state  # the words are the same
        weights = {word: weight * DECAY for word, weight in state.get("words", {}).items()}
        for word in vote.words:
            weights[word] = weights.get(word, 0.0) + 1
        most = sorted(weights.items(), key=lambda entry: (-entry[1], entry[0]))[:REMEMBERED]
        prompts = state.get("prompts", 0.0) * DECAY + 1
        return {"last": vote.prompt, "prompts": prompts, "words": dict(most)}

    def measure(self, state: State) -> float | None:
        prompts: float = state.get("prompts", 0.0)
        if prompts < MIN_WEIGHT:
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


FLAG = TriggerWord()
