"""Save a decision, and the state of its case after it."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings

from arena.integrity.models import Signal
from arena.moderation.audit import log
from arena.moderation.cases.review import Refused
from arena.moderation.decisions.effects import take_effect
from arena.moderation.decisions.impact import max_rating_impact
from arena.moderation.evidence.votes import CaseVote
from arena.moderation.live import announce
from arena.moderation.models import Appeal, AuditEntry, Case, DecidedVote, Decision
from arena.voters.models import Member


def deciders(decision: Decision) -> set[int]:
    """Who made a decision, or agreed to it as the second."""
    approval = getattr(decision, "approval", None)
    return {decision.author_id, *([approval.author_id] if approval else [])}


def save_decision(
    case: Case,
    kind: Decision.Kind,
    author: Member,
    votes: Sequence[CaseVote],
    *,
    reason: str,
    message: str = "",
    scope: dict[str, Any] | None = None,
    undoes: Decision | None = None,
    appeal: Appeal | None = None,
    at_stake: float = 0.0,
) -> Decision:
    if not reason.strip():
        raise Refused("Give a reason.")
    is_real = case.simulation_id is None
    influence = max(max_rating_impact(kind, votes), at_stake)
    reviewed = case.voters.exclude(evidence=None).values_list("pk", "evidence__reviewed_log_e")
    decision = Decision.objects.create(
        case=case,
        kind=kind,
        reason=reason,
        message=message,
        scope=scope or {},
        author=author,
        influence=influence,
        needs_second=is_real and influence > settings.ARENA.second_moderator_points,
        reviewed_before={str(pk): level for pk, level in reviewed},
        undoes=undoes,
        appeal=appeal,
    )
    DecidedVote.objects.bulk_create(
        [
            DecidedVote(decision=decision, vote_id=vote.pk, before_id=vote.standing_id)
            for vote in votes
            if is_real
        ],
        batch_size=1000,
    )
    if is_real and not decision.needs_second:
        take_effect(decision)
    return decision


def state_after(decision: Decision) -> Case.State:
    return Case.State.SECOND if decision.needs_second else settled_state(decision)


def settled_state(decision: Decision) -> Case.State:
    """The state of a case once a decision is in force."""
    if decision.case.simulation_id is not None:
        return Case.State.DECIDED
    of_appeal = decision.undoes is not None and decision.undoes.appeal_id is not None
    if decision.case.kind == Signal.Kind.NEWCOMERS:  # the other accounts are another matter
        if decision.kind == Decision.Kind.DISMISS and decision.scope:
            return Case.State.OPEN
        if decision.kind == Decision.Kind.GRANT:
            return Case.State.DECIDED
    return {
        Decision.Kind.DISMISS: Case.State.SNOOZED,
        Decision.Kind.GRANT: Case.State.SNOOZED,
        Decision.Kind.HOLD: Case.State.SNOOZED,
        Decision.Kind.UNDO: Case.State.APPEALED if of_appeal else Case.State.OPEN,
    }.get(Decision.Kind(decision.kind), Case.State.DECIDED)


def state_after_refusal(decision: Decision) -> Case.State:
    """The state of a case once a second moderator refused a decision: as it was before."""
    if decision.appeal_id:
        return Case.State.APPEALED
    if decision.undoes and settled_state(decision.undoes) == Case.State.DECIDED:
        return Case.State.DECIDED
    return Case.State.OPEN


def close_case(case: Case, decision: Decision) -> None:
    case.assignee = None
    case.save(update_fields=["state", "assignee", "updated_at"])
    announce()
    log_decision(case, decision)


def log_decision(case: Case, decision: Decision) -> None:
    log(
        AuditEntry.Action.DECIDED,
        actor=decision.author,
        case=case,
        decision=decision.pk,
        kind=decision.kind,
        reason=decision.reason,
        votes=decision.votes.count(),
        needs_second=decision.needs_second,
        **({"quality_check": True} if case.is_revealed_simulation else {}),
    )
