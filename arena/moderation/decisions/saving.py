"""Save a decision with the votes that it changes, and close its case."""

from collections.abc import Iterable, Sequence
from typing import Any

from arena.moderation.audit import log
from arena.moderation.cases.review import Refused
from arena.moderation.decisions.effects import take_effect
from arena.moderation.decisions.impact import max_rating_impact, needs_second
from arena.moderation.decisions.kinds import state_in_force
from arena.moderation.evidence.votes import CaseVote
from arena.moderation.live import announce
from arena.moderation.models import Appeal, AuditEntry, Case, DecidedVote, Decision
from arena.voters.models import Member


def require_reason(reason: str) -> None:
    """Raise unless a reason is given.

    Raises:
        Refused: there is none.
    """
    if not reason.strip():
        raise Refused("Give a reason.")


def impact_for(
    kind: Decision.Kind,
    author: Member,
    votes: Iterable[CaseVote],
    undoes: Decision | None = None,
) -> float:
    """The impact of a decision; until the transaction ends its author makes no other one.

    So decisions that are sent at the same time are measured one after the other.
    """
    Member.objects.select_for_update(no_key=True).get(pk=author.pk)
    return max_rating_impact(kind, votes, author, undoes)


def save_decision(
    case: Case,
    kind: Decision.Kind,
    author: Member,
    votes: Sequence[CaseVote],
    *,
    influence: float,
    reason: str,
    message: str = "",
    scope: dict[str, Any] | None = None,
    undoes: Decision | None = None,
    appeal: Appeal | None = None,
) -> Decision:
    """Save a decision. It takes effect unless it needs a second moderator or the case is simulated.

    Args:
        influence: its impact on the ratings, of `impact_for`.
    """
    require_reason(reason)
    is_real = case.simulation_id is None
    reviewed = case.voters.exclude(evidence=None).values_list("pk", "evidence__acknowledged_log_e")
    decision = Decision.objects.create(
        case=case,
        kind=kind,
        reason=reason,
        message=message,
        scope=scope or {},
        author=author,
        influence=influence,
        needs_second=is_real and needs_second(influence),
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


def close_case(case: Case, decision: Decision) -> None:
    """Give a case the state after a decision, and nobody as its reviewer."""
    case.state = Case.State.SECOND if decision.needs_second else state_in_force(decision)
    case.assignee = None
    case.save(update_fields=["state", "assignee", "updated_at"])
    announce()


def log_decision(case: Case, decision: Decision) -> None:
    """Append a decision to the audit log, as the last thing of its transaction."""
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
