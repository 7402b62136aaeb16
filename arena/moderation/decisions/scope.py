"""What a decision of some kind covers in a case."""

import uuid
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from arena.battles.models import Origin, Vote, VoteStanding
from arena.integrity.models import Signal
from arena.moderation.evidence.votes import COUNTED, EXCLUDED, HELD, CaseVote
from arena.moderation.models import Case, Decision
from arena.voters.models import Voter


def within(votes: Iterable[CaseVote], scope: dict[str, Any]) -> list[CaseVote]:
    """Those of a decision's scope: all, of a period (dates, both included), or a selection.

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


OF_VOTES = (
    Decision.Kind.DISMISS,
    Decision.Kind.HOLD,
    Decision.Kind.EXCLUDE,
    Decision.Kind.GROUP,
    Decision.Kind.SUSPEND,
)
OF_NEWCOMERS = (Decision.Kind.DISMISS, Decision.Kind.HOLD, Decision.Kind.EXCLUDE)
"""No voter of them is named: honest ones are among them."""

OF_CONTENT = (Decision.Kind.DISMISS, Decision.Kind.HIDE)


def decisions_for(case: Case) -> tuple[Decision.Kind, ...]:
    """What can be decided in such a case."""
    if case.kind == Signal.Kind.NEWCOMERS:
        return OF_NEWCOMERS
    return OF_CONTENT if case.battle_id else OF_VOTES


def affected_votes(kind: str, votes: Iterable[CaseVote]) -> list[CaseVote]:
    """The votes whose standing such a decision changes."""
    from_standings = {
        Decision.Kind.DISMISS: {HELD},
        Decision.Kind.HOLD: {COUNTED},
        Decision.Kind.EXCLUDE: {COUNTED, HELD},
        Decision.Kind.GROUP: {COUNTED, HELD},
        Decision.Kind.SUSPEND: {COUNTED, HELD},
    }.get(Decision.Kind(kind), set())
    return [vote for vote in votes if vote.is_reviewable and vote.standing in from_standings]


def restored(decision: Decision, votes: Iterable[CaseVote]) -> list[CaseVote]:
    """The votes that still stand as a decision left them, or as they came in by its suspension."""
    left = dict(decision.votes.exclude(after=None).values_list("vote", "after"))
    came: set[int] = set()
    if decision.kind == Decision.Kind.SUSPEND:
        later = Vote.objects.filter(voter__in=decision.case.voters.all(), standings__author=None)
        moderated = later.filter(standings__code=VoteStanding.Code.MODERATED)
        came.update(moderated.values_list("standings", flat=True))
    return [
        vote for vote in votes if left.get(vote.pk) == vote.standing_id or vote.standing_id in came
    ]


NOW = {
    Decision.Kind.DISMISS: COUNTED,
    Decision.Kind.HOLD: HELD,
    Decision.Kind.EXCLUDE: EXCLUDED,
    Decision.Kind.GROUP: EXCLUDED,
    Decision.Kind.SUSPEND: EXCLUDED,
    Decision.Kind.GRANT: COUNTED,
    Decision.Kind.UNDO: COUNTED,
}
"""The standing that a decision gives to votes that it does not put back to an earlier one."""


def networks_of(case: Case) -> set[str]:
    """The names that the networks of a case's voters have today, and had yesterday."""
    since = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    if case.simulation_id is not None:
        return {"simulated"} if case.opened_at >= since else set()
    origins = Origin.objects.filter(battle__voter__in=case.voters.all(), created_at__gte=since)
    return set(origins.exclude(network="").values_list("network", flat=True))


def accounts_of(voter_id: uuid.UUID) -> set[uuid.UUID]:
    """A voter and the guests joined to them."""
    own = Voter.objects.filter(Q(pk=voter_id) | Q(joined=voter_id))
    return set(own.values_list("pk", flat=True))
