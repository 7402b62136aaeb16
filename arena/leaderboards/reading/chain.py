"""The hash chain and its keys as they are published."""

from collections.abc import Iterator
from typing import Any

from arena.leaderboards.models import Link, SigningKey
from ratings import proof


def chain(*, after: int = 0) -> Iterator[dict[str, Any]]:
    """The links with higher numbers, in order."""
    links = Link.objects.filter(number__gt=after).select_related("key").order_by("number")
    return map(link_document, links.iterator(chunk_size=2000))


def link_document(link: Link) -> dict[str, Any]:
    """A link of the chain as it is published."""
    statement = proof.link(
        number=link.number,
        previous=link.previous,
        kind=link.kind,
        subject=link.subject,
        key=link.key.key,
    )
    return statement | {proof.SIGNATURE: link.signature}


def keys_document() -> dict[str, Any]:
    """The keys that sign the chain, the first one first."""
    columns = ("key", "public", "after", "signature")
    return {"format": proof.KEYS, "keys": list(SigningKey.objects.values(*columns))}
