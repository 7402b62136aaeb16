"""Check battles: their truth is known, and before the vote they look like any other."""

import secrets
import uuid
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Q

from arena.battles.manners import manners_of
from arena.battles.models import Answer, Battle, Canary, Manner, Side
from arena.battles.signals import decoy_wanted
from arena.battles.text.damage import WordShuffler
from arena.battles.text.manner import Dresser
from arena.contestants.selectors import drawable_contestants
from arena.voters.models import Voter
from arena.voters.risk import is_marked

_random = secrets.SystemRandom()

Changer = WordShuffler | Dresser
"""What changes an answer as it comes."""


WEARABLE = ~Q(opening="", closing="", bullet="", head="", title="")
"""Of manners that another's answer can wear."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a check is to be, and the contestant on both of its sides."""

    contestant: int
    kind: Canary.Kind
    side: str = ""
    target: int | None = None


def drawn_if_due(voter: Voter, pair: tuple[int, int]) -> Drawn | None:
    """What the voter's next battle is to be, if it is to be a check.

    As long as there are checks, one is drawn in any case: the time it takes tells nothing.
    """
    if settings.ARENA_CHECK_ONE_IN <= 0:
        return None
    check = draw(voter, pair)
    return check if is_due(voter) else None


def is_due(voter: Voter) -> bool:
    """Whether the voter's next battle is to be a check, by the published rates."""
    one_in: int = settings.ARENA_CHECK_ONE_IN
    if one_in > 0 and is_marked(voter):
        one_in = settings.ARENA_CHECK_ONE_IN_AT_RISK
    return one_in > 0 and _random.randrange(one_in) == 0


def draw(voter: Voter, pair: tuple[int, int]) -> Drawn:
    """Draw what a check is: each kind that can be made, and then each side, alike.

    Of a marked voter who seems to seek a contestant every check is a decoy, for these tell whether
    that is so. What is drawn depends on what came before the battle alone, and so what its vote
    will tell stays a fair bet.

    Args:
        pair: contestants drawn for the battle. The first one is on both sides, or the other one
            if the first is whose manner a decoy is to wear.
    """
    kinds = [Canary.Kind.SAME, Canary.Kind.DAMAGED, Canary.Kind.DECOY]
    target = _sought(voter)
    if target is not None and is_marked(voter):
        kinds = [Canary.Kind.DECOY]
    elif target is None:
        target = _any_with_a_manner(but=pair[0])
    kind = _random.choice(kinds if target is not None else kinds[:2])
    if kind == Canary.Kind.SAME:
        return Drawn(pair[0], kind)
    side = _random.choice(list(Side))
    if kind == Canary.Kind.DAMAGED:
        return Drawn(pair[0], kind, side)
    return Drawn(pair[1] if target == pair[0] else pair[0], kind, side, target)


def _sought(voter: Voter) -> int | None:
    """The contestant that the voter seems to seek, if there is one and it has a manner."""
    suspects: list[Any] = [found for _, found in decoy_wanted.send(Voter, voter_id=voter.pk)]
    known = Manner.objects.filter(WEARABLE, contestant__in=suspects).first()
    return None if known is None else known.contestant_id


def _any_with_a_manner(*, but: int) -> int | None:
    """A contestant that might be drawn and has a manner, if there is another one."""
    wearable = Manner.objects.filter(WEARABLE)
    others = drawable_contestants().filter(manner__in=wearable).exclude(pk=but)
    ids = list(others.values_list("pk", flat=True))
    return _random.choice(ids) if ids else None


def make_canary(battle: Battle, check: Drawn) -> Canary:
    """Record what a check battle is."""
    return Canary.objects.create(
        battle=battle, kind=check.kind, side=check.side, target_id=check.target
    )


def changer_of(answer: Answer) -> Changer | None:
    """What is to change an answer, if it is that of a check that is changed."""
    turn = answer.turn
    if not turn.battle.is_check:
        return None
    canary = Canary.objects.filter(battle=turn.battle_id, side=answer.side).first()
    if canary is None:
        return None
    if canary.target_id is None:
        return WordShuffler(str(turn.battle_id))
    wears, own = manners_of(canary.target_id, turn.battle.contestant_a_id, language=turn.language)
    return Dresser(wears, own)


def spoil(battle: Battle) -> None:
    """Have a check tell nothing whose answers are stopped, broken off, or written anew.

    What is voted on in the end may not be what was changed. New answers are changed as before.
    """
    if battle.is_check:
        Canary.objects.filter(battle=battle).exclude(side="").update(kind=Canary.Kind.SPOILT)


def note_changed(battle_id: uuid.UUID, side: str, changer: Changer) -> None:
    """Say what a check is, now that an answer that was to be changed is written.

    If there was nothing to change in any of them, the sides are as they came.
    """
    canary = Canary.objects.filter(battle=battle_id, side=side)
    canary = canary.exclude(kind=Canary.Kind.SPOILT)
    if isinstance(changer, Dresser) and changer.seen:
        canary.update(kind=Canary.Kind.DECOY)
        return
    before = Answer.objects.filter(
        turn__battle=battle_id, turn__dropped="", side=side, state=Answer.State.COMPLETE
    )
    if before.exists():
        return
    if not changer.changes:
        canary.update(kind=Canary.Kind.SAME, side="", target=None)
    elif isinstance(changer, Dresser):
        canary.update(kind=Canary.Kind.MARKED)
