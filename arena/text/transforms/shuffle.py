"""Shuffles the words of an answer, sentence by sentence, for gold questions."""

import random
import re

from arena.text.transforms.protocol import Span

_SENTENCE = re.compile(r".*?(?:[.!?:;](?=\s)|\n|[。！？])\s*", re.DOTALL)  # noqa: RUF001 - Chinese
_WORDS = re.compile(r"(\s+)")
FEWEST_WORDS = 4  # of a sentence, so that another order shows


class WordShuffler:
    """Returns an answer sentence by sentence, as it comes, with the words of each shuffled.

    The same seed does the same to the same text, however it is cut into pieces.
    """

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)  # noqa: S311 - not a secret
        self._held = ""
        self._returned_chars = 0
        self.changes = 0
        """How many sentences it changed."""
        self.visible_changes = 0
        self.invisible_span: Span | None = None  # readers see all of its changes
        self.visible_span: Span | None = None
        """Where the first changed sentence stands in the returned text."""

    def feed(self, text: str) -> str:
        """The sentences that are complete with this text."""
        self._held += text
        # The end of a sentence shows once the next one has begun.
        whole = [found.group() for found in _SENTENCE.finditer(self._held)]
        if whole and sum(map(len, whole)) == len(self._held):
            whole.pop()
        self._held = self._held[sum(map(len, whole)) :]
        return "".join(map(self._returned, whole))

    def end(self) -> str:
        """What was held back for more to come."""
        held, self._held = self._held, ""
        return self._returned(held)

    def _returned(self, sentence: str) -> str:
        changes, start = self.changes, self._returned_chars
        shuffled = self._shuffled(sentence)
        self._returned_chars += len(shuffled)
        if self.changes > changes and self.visible_span is None:
            self.visible_span = Span(start, start + len(shuffled.rstrip()))
        return shuffled

    def _shuffled(self, sentence: str) -> str:
        parts = _WORDS.split(sentence)
        words = [part for part in parts[::2] if part]
        if len(words) < FEWEST_WORDS:
            return sentence
        order = self._random.sample(words, len(words))
        self.changes += order != words
        self.visible_changes = self.changes
        shuffled = iter(order)
        return "".join(
            next(shuffled) if number % 2 == 0 and part else part
            for number, part in enumerate(parts)
        )
