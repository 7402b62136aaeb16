"""Words of prompts in keyed digests: enough to see which come again, and no text of a voter."""

import uuid
from collections.abc import Iterator
from hashlib import blake2b

from django.conf import settings

from arena.battles.models import Turn
from arena.text.lexicon import fold, words

MOST = 30
"""Words that are looked at from the beginning of a prompt, and as many from its end."""

NEWEST = 2000


def digests(prompt: str) -> frozenset[str]:
    """The different words of a prompt."""
    key = settings.SECRET_KEY.encode()[:64]
    found = [word for word in words(fold(prompt)) if word.isalnum()]
    return frozenset(
        blake2b(word.encode(), key=key, digest_size=6).hexdigest()
        for word in (*found[:MOST], *found[-MOST:])
    )


def newest_prompts() -> Iterator[tuple[uuid.UUID, frozenset[str]]]:
    """The voters and the words of the newest prompts of all."""
    rows = Turn.objects.order_by("-pk").values_list("battle__voter", "prompt")
    for voter, prompt in rows[:NEWEST]:
        yield voter, digests(prompt)
