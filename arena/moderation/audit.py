"""The audit log of what moderators did and read: append to it, and verify its hash chain.

A line's canonical form is the JSON array of its number, the digest of the line before it, its time
(ISO 8601, UTC, microseconds), actor, action, case and detail, with one space after each comma. Its
digest is the SHA-256 of that, in UTF-8. A trigger of `AuditEntry` computes it;
this module recomputes it from the stored columns.
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
    """Append a line about the current transaction; call it last in the transaction.

    No other transaction can append a line until this one ends.
    """
    text = json.dumps(detail, sort_keys=True, ensure_ascii=False)
    AuditEntry.objects.create(action=action, actor=actor, case=case, detail=text)


@dataclass(frozen=True, slots=True)
class Head:
    """The last line of a log. Who keeps it can verify later that the log still contains it."""

    number: int
    digest: str

    def __str__(self) -> str:
        return f"{self.number}:{self.digest}"


def head() -> Head:
    """The last line; number 0 if there is none."""
    last = AuditEntry.objects.values_list("number", "digest").first()
    return Head(*(last or (0, "")))


def digest_of(entry: AuditEntry) -> str:
    """The digest that a line must have."""
    line = [
        *(entry.number, entry.previous, entry.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")),
        *(entry.actor_id, entry.action, entry.case_id, entry.detail),
    ]
    return hashlib.sha256(json.dumps(line, ensure_ascii=False).encode()).hexdigest()


def faults(known: Head | None = None) -> Iterator[str]:
    """The faults of the log: lines that were altered, inserted or removed.

    Args:
        known: an earlier head of the log. Without one, neither a log that was rewritten completely
            nor one that was cut off at its end shows a fault.
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
