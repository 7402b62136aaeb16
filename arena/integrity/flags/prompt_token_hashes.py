"""Keyed hashes of the words of prompts: they show which words repeat, and store no text."""

import uuid
from collections.abc import Iterator
from hashlib import blake2b

from django.conf import settings

from arena.battles.models import Turn
from arena.text.lexicon import fold, words

MOST = 30
"""Words that are hashed from the beginning of a prompt, and from its end."""

NEWEST = 2000


def hashes(prompt: str) -> frozenset[str]:
    """The hashes of the different words of a prompt."""
    key = settings.SECRET_KEY.encode()[:64]
    found = [word for word in words(fold(prompt)) if word.isalnum()]
    return frozenset(
        blake2b(word.encode(), key=key, digest_size=6).hexdigest()
        for word in (*found[:MOST], *found[-MOST:])
    )


def newest_prompts() -> Iterator[tuple[uuid.UUID, frozenset[str]]]:
    """Voter and word hashes of each of the newest prompts."""
    rows = Turn.objects.order_by("-pk").values_list("battle__voter", "prompt")
    for voter, prompt in rows[:NEWEST]:
        yield voter, hashes(prompt)
