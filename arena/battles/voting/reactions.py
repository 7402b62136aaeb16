"""What voters say beside their vote: why they voted so, and what moderators should look at."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TypedDict

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from arena.battles.access import BattleUnknown
from arena.battles.models import OPPOSITES, Battle, Reaction, Report, Trait, Vote


class ReactionRefused(Exception):
    """There is nothing to react to, or it is too late; the message says which."""


class Contradiction(Exception):
    """One side is said to be a thing and its opposite."""


# ---- writes ----


@transaction.atomic
def react(
    voter_id: uuid.UUID,
    battle_id: uuid.UUID,
    traits: Mapping[str, Sequence[Trait]],
    comment: str,
) -> Reaction:
    """Keep what a voter says of the sides (by name) after the vote, in place of what they said.

    Raises:
        BattleUnknown: there is no such battle for this voter.
        ReactionRefused: it was not voted on yet, or so long ago that reactions are closed.
        Contradiction: of a side, a trait and its opposite are said.
    """
    battle = _own(voter_id, battle_id)
    vote = Vote.objects.filter(battle=battle).first()
    if vote is None:
        raise ReactionRefused("Vote first, then say why.")
    hours = settings.ARENA.reaction_hours
    if vote.cast_at < timezone.now() - timedelta(hours=hours):
        raise ReactionRefused(f"Reactions are closed {hours} hours after the vote.")
    for said in traits.values():
        for one, other in OPPOSITES:
            if {one, other} <= set(said):
                raise Contradiction(f"An answer is not both: {one.label}, {other.label}.")
    reaction, _ = Reaction.objects.update_or_create(
        vote=vote,
        defaults={
            "traits_a": sorted({str(trait) for trait in traits["a"]}),
            "traits_b": sorted({str(trait) for trait in traits["b"]}),
            "comment": comment.strip(),
        },
    )
    return reaction


@transaction.atomic
def report(
    voter_id: uuid.UUID, battle_id: uuid.UUID, reason: Report.Reason, *, side: str, comment: str
) -> Report:
    """Have moderators look at an answer of a voter's own battle, or with no side at all of it.

    Raises:
        BattleUnknown: there is no such battle for this voter.
        ReactionRefused: its answers are still being shown.
    """
    battle = _own(voter_id, battle_id)
    if battle.public_state == Battle.State.GENERATING:
        raise ReactionRefused("Both answers must be complete before one can be reported.")
    return Report.objects.create(
        battle=battle,
        voter_id=battle.voter_id,
        side=side,
        reason=reason,
        comment=comment.strip(),
    )


def _own(voter_id: uuid.UUID, battle_id: uuid.UUID) -> Battle:
    # Locked, so that no reaction comes after an erasure.
    battle = (
        Battle.objects.select_for_update(of=("self",))
        .of_person(voter_id)
        .filter(pk=battle_id, erased_at=None)
        .first()
    )
    if battle is None:
        raise BattleUnknown("There is no such battle.")
    return battle


# ---- reads ----


class ReportView(TypedDict):
    battle: str
    side: str  # empty: the whole conversation
    reason: str
    comment: str
    created_at: str


def reports_of(voter_id: uuid.UUID) -> list[ReportView]:
    """What a voter, and the guests merged into it, reported; newest first."""
    return [
        {
            "battle": str(report.battle_id),
            "side": report.side,
            "reason": report.reason,
            "comment": report.comment,
            "created_at": report.created_at.isoformat(),
        }
        for report in Report.objects.of_person(voter_id)
    ]
