"""What battles need to know about a voter from the app that checks voters, which is above them.

`arena.integrity` registers its functions when the apps are loaded. Without it nobody is suspected.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol


class SuspectedTarget(Protocol):
    def __call__(self, voter_id: uuid.UUID) -> int | None:
        """The contestant that a voter seems to favour or harm, by what is known so far."""


class RingMembers(Protocol):
    def __call__(self, voter_id: uuid.UUID) -> Collection[uuid.UUID]:
        """Other voters who were found to act together with a voter."""


def _nobody_suspected(voter_id: uuid.UUID) -> int | None:
    return None


def _no_ring(voter_id: uuid.UUID) -> Collection[uuid.UUID]:
    return ()


@dataclass(slots=True)
class VoterChecks:
    suspected_target: SuspectedTarget = _nobody_suspected
    ring_members: RingMembers = _no_ring


voter_checks = VoterChecks()
