"""Cast the vote of a battle."""

import uuid
from collections.abc import Collection
from datetime import timedelta
from functools import partial
from typing import Any, TypedDict

from django.db import transaction
from django.utils import timezone

from arena.battles.access import locked_battle
from arena.battles.models import AnswerEnding, Attention, Battle, Vote, VoteStanding
from arena.battles.prompts import leaks
from arena.battles.prompts import named as named_prompts
from arena.battles.reading.conversations import publish
from arena.battles.signals import gold_question_answered, vote_counted
from arena.battles.voting.standing import INITIAL_REASON, count_vote, kept_answers
from arena.leaderboards.models import Outcome


class VoteRefused(Exception):
    """The battle does not take this vote; the message says why."""


class ReportedAttention(TypedDict):
    """What a voter's page says of how the answers were read; see `Attention`."""

    input: str
    visible_a_ms: int
    visible_b_ms: int
    end_seen_a: bool
    end_seen_b: bool
    hidden_ms: int
    decided_ms: int


def cast_vote(
    voter_id: uuid.UUID,
    battle_id: uuid.UUID,
    outcome: Outcome,
    reported: ReportedAttention | None = None,
    *,
    networks: Collection[str] = (),
) -> tuple[Battle, bool]:
    """Record the one vote of a battle and count it, unless the battle was not blind or the voter
    is suspended.

    Returns the battle and whether the vote is new.

    Casting the same vote again changes nothing and is no error. What the voter's page reported
    of how the answers were read is kept beside the vote, and is nothing that it depends on.

    Args:
        networks: names that the network which the vote comes from has had lately, of
            `arena.voters.origin.network.DayKeys.lately`.

    Raises:
        BattleUnknown: there is no such battle for this voter.
        VoteRefused: the battle is unfinished or failed, or was voted otherwise.
    """
    were_named = named_prompts.were_named(battle_id, networks)
    return _cast_vote(voter_id, battle_id, outcome, reported, were_named=were_named)


@transaction.atomic
def _cast_vote(
    voter_id: uuid.UUID,
    battle_id: uuid.UUID,
    outcome: Outcome,
    reported: ReportedAttention | None,
    *,
    were_named: bool,
) -> tuple[Battle, bool]:
    battle = locked_battle(voter_id, battle_id)
    if battle.mode == Battle.Mode.DIRECT:
        raise VoteRefused("There is nothing to vote on in a chat with one model.")
    match battle.public_state:
        case Battle.State.GENERATING:
            raise VoteRefused("Both answers must be complete before you vote.")
        case Battle.State.FAILED:
            raise VoteRefused("This battle failed and cannot be voted on.")
        case Battle.State.VOTED:
            if battle.vote.outcome != outcome:
                raise VoteRefused("You have already voted in this battle; a vote is final.")
            return battle, False
    vote = Vote.objects.create(
        battle=battle,
        voter_id=battle.voter_id,
        outcome=outcome,
        cast_at=timezone.now(),
    )
    _keep_attention(vote, reported)
    battle.state = Battle.State.VOTED
    battle.save(update_fields=["state"])
    if battle.is_gold:
        gold_question_answered.send(Vote, vote=vote)
        transaction.on_commit(partial(vote_counted.send, Vote, voter_id=vote.voter_id), robust=True)
    code = exclusion_code(battle, were_named=were_named)
    if code:
        VoteStanding.objects.create(
            vote=vote, standing=VoteStanding.Standing.EXCLUDED, code=code, reason=str(code.label)
        )
        return battle, True
    VoteStanding.objects.create(
        vote=vote, standing=VoteStanding.Standing.COUNTED, reason=INITIAL_REASON
    )
    count_vote(vote)
    publish(battle)
    transaction.on_commit(partial(vote_counted.send, Vote, voter_id=vote.voter_id), robust=True)
    return battle, True


def exclusion_code(battle: Battle, *, were_named: bool) -> VoteStanding.Code | None:
    """Why the vote of a battle cannot count from the beginning, if it cannot."""
    if not battle.is_blind:
        return VoteStanding.Code.NOT_BLIND
    if battle.is_gold:
        return VoteStanding.Code.GOLD
    if battle.by_program:
        return VoteStanding.Code.PROGRAM
    named = VoteStanding.Code.NAMED_BEFORE if were_named else None
    if told := leaks.code_of(battle) or named:
        return told
    if kept_answers(battle).filter(ending=AnswerEnding.BROKEN_OFF).exists():
        return VoteStanding.Code.BROKEN_OFF
    return VoteStanding.Code.MODERATED if battle.voter.suspended_at else None


def _keep_attention(vote: Vote, reported: ReportedAttention | None) -> None:
    battle = vote.battle
    opened_at = battle.shown_at or battle.finished_at or battle.created_at
    values: dict[str, Any] = dict(reported) if reported else {}
    Attention.objects.create(
        vote=vote,
        server_battle_ms=_milliseconds(vote.cast_at - battle.created_at),
        server_decided_ms=_milliseconds(vote.cast_at - opened_at),
        **values,
    )


def _milliseconds(elapsed: timedelta) -> int:
    return max(0, int(1000 * elapsed.total_seconds()))  # another process's clock may be ahead
