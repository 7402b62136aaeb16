"""Cast the vote of a battle."""

import uuid
from collections.abc import Collection
from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple, TypedDict

from django.db import transaction
from django.db.models import Prefetch, prefetch_related_objects
from django.utils import timezone

from arena.battles.access import locked_battle, locked_cluster_of
from arena.battles.models import (
    Answer,
    Attention,
    Battle,
    Turn,
    Vote,
    VoteStanding,
)
from arena.battles.prompts import leaks
from arena.battles.prompts import named as named_prompts
from arena.battles.reading.conversations import publish
from arena.battles.reading.vote_reports import VoteReport, first_report
from arena.battles.signals import gold_question_answered, vote_counted
from arena.battles.voting.eligibility import initial_exclusion
from arena.battles.voting.standing import INITIAL_REASON, update_counts
from arena.common.inserts import insert_together
from arena.leaderboards.models import Outcome


class VoteRefused(Exception):
    """The battle does not take this vote; the message says why."""


class Cast(NamedTuple):
    """A battle with its vote, and what its voter sees of it.

    The battle has all that a reader of it needs. No report: the same vote was cast before.
    """

    battle: Battle
    report: VoteReport | None

    @property
    def is_new(self) -> bool:
        return self.report is not None


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
) -> Cast:
    """Record the one vote of a battle and count it, unless the battle was not blind or the voter
    is suspended.

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
) -> Cast:
    cluster = locked_cluster_of(battle_id)
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
            return Cast(battle, None)
    vote = Vote.objects.create(
        battle=battle,
        voter_id=battle.voter_id,
        outcome=outcome,
        cast_at=timezone.now(),
    )
    battle.state = Battle.State.VOTED
    battle.save(update_fields=["state"])
    _read_conversation(battle)
    answers = [
        answer
        for turn in battle.turns.all()
        if not turn.excluded_reason
        for answer in turn.answers.all()
    ]
    code = initial_exclusion(battle, answers, were_named=were_named)
    standing = VoteStanding(
        vote=vote, standing=VoteStanding.Standing.COUNTED, reason=INITIAL_REASON
    )
    if code:
        standing.standing, standing.code = VoteStanding.Standing.EXCLUDED, code
        standing.reason = str(code.label)
    insert_together([_attention(vote, reported), standing])
    if battle.is_gold:
        gold_question_answered.send(Vote, vote=vote)
    # Nothing was said of the vote yet, nor was the conversation published.
    vote._state.fields_cache["reaction"] = battle._state.fields_cache["conversation"] = None
    if not code:
        update_counts(vote, answers=answers, cluster=cluster, is_new=True)
        publish(battle)
    if battle.is_gold or not code:
        transaction.on_commit(partial(vote_counted.send, Vote, voter_id=vote.voter_id), robust=True)
    return Cast(battle, first_report(vote, standing))


def _read_conversation(battle: Battle) -> None:
    """Fetch all turns with their images and answers, and what leaked; who reads them needs them."""
    turns = Turn.objects.select_related("image").annotate(leak=leaks.first_kind("battle"))
    answers = Prefetch("turns__answers", Answer.objects.order_by("side"))
    prefetch_related_objects([battle], Prefetch("turns", turns), answers)


def _attention(vote: Vote, reported: ReportedAttention | None) -> Attention:
    battle = vote.battle
    opened_at = battle.shown_at or battle.finished_at or battle.created_at
    values: dict[str, Any] = dict(reported) if reported else {}
    return Attention(
        vote=vote,
        server_battle_ms=_milliseconds(vote.cast_at - battle.created_at),
        server_decided_ms=_milliseconds(vote.cast_at - opened_at),
        **values,
    )


def _milliseconds(elapsed: timedelta) -> int:
    return max(0, int(1000 * elapsed.total_seconds()))  # another process's clock may be ahead
