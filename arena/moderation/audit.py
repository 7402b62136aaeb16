"""The log of what moderators did and read: writing it, and checking that nobody altered it.

A line's canonical form is the JSON array of its number, the digest of the line before it, its time
(ISO 8601, UTC, microseconds), actor, action, case and detail, with one space after each comma. Its
digest is the SHA-256 of that, in UTF-8. The database computes it (a trigger of `AuditEntry`); here
it is computed once more, from what is kept.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from arena.moderation.models import AuditEntry, Case
from arena.voters.models import Member


def log(
    action: AuditEntry.Action,
    *,
    actor: Member | None = None,
    case: Case | None = None,
    **detail: Any,
) -> None:
    """Append a line, as the last thing of the transaction that it tells of.

    Until that transaction ends nobody else can append one.
    """
    text = json.dumps(detail, sort_keys=True, ensure_ascii=False)
    AuditEntry.objects.create(action=action, actor=actor, case=case, detail=text)


@dataclass(frozen=True, slots=True)
class Head:
    """The last line of a log; whoever keeps it can tell later whether the log still holds it."""

    number: int
    digest: str

    def __str__(self) -> str:
        return f"{self.number}:{self.digest}"


def head() -> Head:
    """The last line; number 0 if there is none."""
    last = AuditEntry.objects.values_list("number", "digest").first()
    return Head(*(last or (0, "")))


def digest_of(entry: AuditEntry) -> str:
    """The digest that a line must have by what it says."""
    line = [
        *(entry.number, entry.previous, entry.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")),
        *(entry.actor_id, entry.action, entry.case_id, entry.detail),
    ]
    return hashlib.sha256(json.dumps(line, ensure_ascii=False).encode()).hexdigest()


def faults(known: Head | None = None) -> Iterator[str]:
    """What is wrong with the log: lines that were altered, put in or taken out.

    Args:
        known: a head that the log had once. Without one, a log that was written anew as a whole,
            or cut off at its end, looks whole.
    """
    before = Head(0, "")
    found = known is None or known.number == 0
    for entry in AuditEntry.objects.order_by("number").iterator(chunk_size=2000):
        if entry.number != before.number + 1:
            yield f"line {entry.number} follows line {before.number}"
        if entry.previous != before.digest:
            yield f"line {entry.number} does not name the digest of the line before it"
        if entry.digest != digest_of(entry):
            yield f"line {entry.number} was altered"
        before = Head(entry.number, entry.digest)
        found = found or before == known
    if not found:
        yield f"line {known} is no longer there"
