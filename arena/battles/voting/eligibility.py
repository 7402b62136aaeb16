"""Decide whether a vote may count when it is cast."""

from collections.abc import Sequence

from arena.battles.models import Answer, AnswerEnding, Battle, VoteStanding
from arena.battles.prompts import leaks


def initial_exclusion(
    battle: Battle, answers: Sequence[Answer], *, were_named: bool
) -> VoteStanding.Code | None:
    """Why the vote of a battle cannot count from the beginning, if it cannot.

    Args:
        answers: of the conversation.
    """
    if not battle.is_blind:
        return VoteStanding.Code.NOT_BLIND
    if battle.is_gold:
        return VoteStanding.Code.GOLD
    if battle.by_program:
        return VoteStanding.Code.PROGRAM
    named = VoteStanding.Code.NAMED_BEFORE if were_named else None
    leak: str | None = vars(battle.turns.all()[0])["leak"]
    if identified := leaks.code_of(leak) or named:
        return identified
    if any(answer.ending == AnswerEnding.BROKEN_OFF for answer in answers):
        return VoteStanding.Code.BROKEN_OFF
    return VoteStanding.Code.MODERATED if battle.voter.suspended_at else None
