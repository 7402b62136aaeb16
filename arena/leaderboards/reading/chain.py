"""The hash chain and its keys as they are published."""

from collections.abc import Iterator
from typing import Any

from arena.leaderboards.models import ChainEntry, SigningKey
from ratings import proof


def chain(*, after: int = 0) -> Iterator[dict[str, Any]]:
    """The entries with numbers above `after`, in order."""
    entries = ChainEntry.objects.filter(number__gt=after).select_related("key").order_by("number")
    return map(entry_document, entries.iterator(chunk_size=2000))


def entry_document(entry: ChainEntry) -> dict[str, Any]:
    """An entry of the chain as it is published."""
    statement = proof.chain_entry(
        number=entry.number,
        previous=entry.previous,
        kind=entry.kind,
        subject=entry.subject,
        key=entry.key.key,
    )
    return statement | {proof.SIGNATURE: entry.signature}


def keys_document() -> dict[str, Any]:
    """The keys that signed the chain, oldest first."""
    columns = ("key", "public", "after", "signature")
    return {"format": proof.KEYS, "keys": list(SigningKey.objects.values(*columns))}
