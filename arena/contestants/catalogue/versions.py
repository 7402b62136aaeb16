"""The versions of a contestant: each change of its claim or its endpoints begins a new one."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from arena.contestants.models import Contestant


@dataclass(frozen=True, slots=True)
class Version:
    """What a contestant claimed to be from a moment on.

    Args:
        number: counted from 1, its first entry into the draw.
        since: when it began.
        changed: what began it: codes of `EndpointChange`, and `claim:PART`; empty for the first.
        claim: the parts of the claim that were stated, by name.
    """

    number: int
    since: datetime
    changed: tuple[str, ...]
    claim: Mapping[str, Any]


def versions_of(contestant: Contestant) -> list[Version]:
    """Every version of a contestant, the newest first; none before it first competed.

    What is changed in one transaction is one version. Claims are worked out from the present one
    backwards, so nothing is stored twice.
    """
    entries = [entry.changed_at for entry in contestant.state_changes.all()]
    if not entries:
        return []
    first = min(entries)
    codes: dict[datetime, list[str]] = defaultdict(list)
    codes[first] = []
    for endpoint_change in reversed(contestant.endpoint_changes.all()):
        codes[endpoint_change.changed_at] += endpoint_change.changed
    before: dict[datetime, dict[str, Any]] = defaultdict(dict)
    for change in contestant.claim_changes.all():  # the newest first: the oldest value stays
        codes[change.changed_at] += [f"claim:{part}" for part in change.changed]
        before[change.changed_at] |= {part: old for part, (old, _) in change.changed.items()}
    claim = dict(contestant.claim.stated) if hasattr(contestant, "claim") else {}
    versions = []
    for number, since in reversed(list(enumerate(sorted(codes), start=1))):
        changed = () if since == first else tuple(dict.fromkeys(codes[since]))
        versions.append(Version(number, since, changed, dict(claim)))
        claim |= before[since]
        claim = {part: value for part, value in claim.items() if value is not None}
    return versions
