"""Check battles: their truth is known, and before the vote they look like any other."""

import secrets
import uuid

from django.conf import settings

from arena.battles.models import Battle, Canary, Side

_random = secrets.SystemRandom()


def is_due() -> bool:
    """Whether the next battle is to be a check, by the published rate."""
    one_in: int = settings.ARENA_CHECK_ONE_IN
    return one_in > 0 and _random.randrange(one_in) == 0


def make_canary(battle: Battle) -> Canary:
    """Draw what the check is: every other one has damage, on either side alike."""
    if _random.random() < 1 / 2:
        return Canary.objects.create(battle=battle, kind=Canary.Kind.SAME)
    side = _random.choice(list(Side))
    return Canary.objects.create(battle=battle, kind=Canary.Kind.DAMAGED, damaged=side)


def is_damaged(battle: Battle, side: str) -> bool:
    """Whether the answer of this side is to be damaged."""
    return battle.is_check and Canary.objects.filter(battle=battle, damaged=side).exists()


def note_no_damage(battle_id: uuid.UUID) -> None:
    """An answer was too short to be damaged: the sides are as they came."""
    Canary.objects.filter(battle=battle_id).update(kind=Canary.Kind.SAME, damaged="")
