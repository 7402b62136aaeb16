"""What a worker holds while it writes an answer."""

import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q

from arena.battles.models import Battle
from arena.battles.models.querysets import kept
from arena.contestants.calls.budget import OpenCall
from arena.contestants.provider import Message
from arena.text.transforms.protocol import TextTransform

MAX_ATTEMPTS = 3  # how many workers may die over one answer
LEASE = timedelta(seconds=12)  # a worker that shows no sign of life for this long is dead

# An answer that a battle waits for: not one of a turn that was excluded meanwhile.
NEEDS_ANSWER = Q(turn__battle__state=Battle.State.GENERATING) & kept("turn__")


@dataclass(frozen=True, slots=True)
class Claim:
    """One worker's right to write one answer, until its lease runs out."""

    answer_id: int
    battle_id: uuid.UUID
    turn: int
    side: str
    attempt: int
    call: OpenCall
    messages: list[Message]
    transform: TextTransform | None
