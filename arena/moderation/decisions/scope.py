"""The votes, networks and accounts that a decision is about."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from arena.battles.models import Vote, VoteStanding
from arena.battles.reading.links import networks_seen
from arena.moderation.decisions.kinds import RULES, Effect, rule_of
from arena.moderation.evidence.votes import CaseVote
from arena.moderation.models import Case, Decision


def in_scope(votes: Iterable[CaseVote], scope: dict[str, Any]) -> list[CaseVote]:
    """The votes in a decision's scope: all, of a period (dates, both included), or a selection.

    Raises:
        ValueError: the scope names no dates.
    """
    since = date.fromisoformat(scope["since"]) if scope.get("since") else date.min
    until = date.fromisoformat(scope["until"]) if scope.get("until") else date.max
    chosen = set(scope.get("votes", ()))
    return [
        vote
        for vote in votes
        if since <= vote.cast_at.date() <= until and (not chosen or vote.pk in chosen)
    ]


def affected_votes(kind: Decision.Kind, votes: Iterable[CaseVote]) -> list[CaseVote]:
    """The votes whose standing such a decision changes."""
    changed = RULES[kind].from_standings
    return [vote for vote in votes if vote.is_reviewable and vote.standing in changed]


def restorable_votes(decision: Decision, votes: Iterable[CaseVote]) -> list[CaseVote]:
    """The votes that still have the standing that a decision gave them, and those cast since that
    were excluded because it suspended the voter."""
    left = dict(decision.votes.exclude(after=None).values_list("vote", "after"))
    came: set[int] = set()
    if rule_of(decision).effect == Effect.SUSPEND_VOTERS:
        later = Vote.objects.filter(voter__in=decision.case.voters.all(), standings__author=None)
        moderated = later.filter(standings__code=VoteStanding.Code.MODERATED)
        came.update(moderated.values_list("standings", flat=True))
    return [
        vote for vote in votes if left.get(vote.pk) == vote.standing_id or vote.standing_id in came
    ]


def networks_of(case: Case) -> set[str]:
    """The pseudonyms that the networks of a case's voters had today and yesterday."""
    since = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    if case.simulation_id is not None:
        return {"simulated"} if case.opened_at >= since else set()
    return networks_seen(case.voters.all(), since)
