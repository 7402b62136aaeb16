"""Decide cases, undo a decision, approve one as a second moderator."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any, NamedTuple

from django.db import transaction

from arena.moderation.audit import log
from arena.moderation.cases.review import Refused, lock_for, require_claim
from arena.moderation.cases.simulated import schedule_next_case
from arena.moderation.decisions.effects import take_effect
from arena.moderation.decisions.kinds import (
    RULES,
    can_be_undone,
    kinds_about,
    refusal,
    require_permission,
    state_in_force,
    subject_of,
)
from arena.moderation.decisions.saving import (
    close_case,
    impact_for,
    log_decision,
    require_reason,
    save_decision,
)
from arena.moderation.decisions.scope import affected_votes, in_scope, networks_of, restorable_votes
from arena.moderation.evidence.votes import CaseVote, votes_of
from arena.moderation.live import announce
from arena.moderation.models import Approval, AuditEntry, Case, DecidedVote, Decision
from arena.moderation.roles import APPROVE
from arena.voters import bans
from arena.voters.models import Member

BAN_DAYS = (1, 7, 30)


class Decided(NamedTuple):
    """The decisions that were made in some cases, and why there is none in the others."""

    decisions: list[Decision]
    refusals: list[Refused]


def decide(
    case_id: int,
    kind: Decision.Kind,
    author: Member,
    *,
    reason: str,
    message: str = "",
    scope: dict[str, Any] | None = None,
) -> Decision:
    """Decide one case; see `decide_cases`.

    Raises:
        Refused: the author has not claimed the case, it waits for another decision, no reason is
            given, or such a decision cannot be made in it.
        PermissionDenied: the author may not make such decisions.
        ValueError: the scope names no dates.
    """
    made = decide_cases([case_id], kind, author, reason=reason, message=message, scope=scope)
    if made.refusals:
        raise made.refusals[0]
    return made.decisions[0]


@transaction.atomic
def decide_cases(
    case_ids: Collection[int],
    kind: Decision.Kind,
    author: Member,
    *,
    reason: str,
    message: str = "",
    scope: dict[str, Any] | None = None,
) -> Decided:
    """Make the same decision in some cases, about all votes or those in its scope.

    Their impact on the ratings is that of all of them together, so all of them need a second
    moderator if one does.

    Raises:
        Refused: no reason is given, or such a decision is made in one case at a time.
        PermissionDenied: the author may not make such decisions.
        ValueError: the scope names no dates.
    """
    require_permission(author, RULES[kind].permission)
    require_reason(reason)
    numbers = sorted(set(case_ids))
    if len(numbers) > 1 and not RULES[kind].in_batch:
        raise Refused("Such a decision is made in one case at a time.")
    ready: list[tuple[Case, list[CaseVote]]] = []
    refusals = []
    for number in numbers:
        try:
            case = _lock_to_decide(number, kind, author)
        except Refused as refused:
            refusals.append(refused)
        else:
            ready.append((case, affected_votes(kind, in_scope(votes_of(case), scope or {}))))
    real = [vote for case, votes in ready if case.simulation_id is None for vote in votes]
    together = impact_for(kind, author, real)
    decisions = []
    for case, votes in ready:
        influence = together if case.simulation_id is None else impact_for(kind, author, votes)
        decision = save_decision(
            case,
            kind,
            author,
            votes,
            influence=influence,
            reason=reason,
            message=message,
            scope=scope,
        )
        close_case(case, decision)
        if case.simulation is not None:
            schedule_next_case(case.simulation, decision.created_at)
        decisions.append(decision)
    for decision in decisions:
        log_decision(decision.case, decision)
    return Decided(decisions, refusals)


def _lock_to_decide(case_id: int, kind: Decision.Kind, author: Member) -> Case:
    """The case, locked, if this member can make such a decision in it now."""
    case = lock_for(case_id, author)
    if case.state not in {Case.State.OPEN, Case.State.SNOOZED}:
        raise Refused(f"Case {case.pk} is not open: it is {case.get_state_display()}.")
    if kind not in kinds_about(subject_of(case)):
        raise Refused(f"Case {case.pk} is of another kind.")
    if why_not := refusal(kind, case):
        raise Refused(why_not)
    require_claim(case, author)
    return case


@transaction.atomic
def undo(decision_id: int, author: Member, *, reason: str) -> Decision:
    """Give the votes of a decision their earlier standings, and open the case again.

    Votes whose standing somebody has changed since keep it.

    Raises:
        Refused: it is not in force, it cannot be undone, or an appeal against it waits.
        PermissionDenied: the author may not undo decisions.
    """
    kind = Decision.Kind.UNDO
    require_permission(author, RULES[kind].permission)
    found = Decision.objects.select_related("case", "approval").get(pk=decision_id)
    case = lock_for(found.case_id, author)
    if case.is_revealed_simulation:
        raise Refused("This case was an exercise: there is nothing to undo.")
    if not can_be_undone(found):
        raise Refused("This decision is not in force.")
    if case.state in {Case.State.APPEALED, Case.State.SECOND}:
        raise Refused(f"Case {case.pk} is not open: it is {case.get_state_display()}.")
    if DecidedVote.objects.filter(decision=found, after=None).exists():
        raise Refused("This decision is still being applied.")
    votes = restorable_votes(found, votes_of(case))
    influence = impact_for(kind, author, votes, undoes=found)
    decision = save_decision(
        case, kind, author, votes, influence=influence, reason=reason, undoes=found
    )
    close_case(case, decision)
    log_decision(case, decision)
    return decision


@transaction.atomic
def ban_networks(case_id: int, author: Member, *, days: int, reason: str) -> Decision:
    """Ban the networks of a case's voters from opening battles for some days.

    The case stays open, and its reviewer keeps it. The ban reaches the networks that the voters
    used today and yesterday; the pseudonyms of earlier ones have no key any more.

    Raises:
        Refused: the author has not claimed the case, no reason is given, or there is no such
            network.
        PermissionDenied: the author may not ban networks.
    """
    kind = Decision.Kind.BAN
    require_permission(author, RULES[kind].permission)
    case = lock_for(case_id, author)
    if days not in BAN_DAYS:
        raise Refused(f"A ban is for {', '.join(map(str, BAN_DAYS))} days.")
    if why_not := refusal(kind, case):
        raise Refused(why_not)
    networks = networks_of(case)
    if not networks:
        raise Refused("No battle of these voters was opened today or yesterday.")
    require_claim(case, author)
    decision = save_decision(
        case, kind, author, [], influence=0.0, reason=reason, scope={"days": days}
    )
    if case.simulation_id is None:
        bans.ban(networks, decision.created_at + timedelta(days=days), decision.pk)
    log_decision(case, decision)
    return decision


@transaction.atomic
def approve_decision(decision_id: int, author: Member, *, grant: bool, reason: str) -> Approval:
    """Approve or refuse a decision that needs a second moderator.

    Raises:
        Refused: it needs none, has one, or it is the moderator's own decision.
        PermissionDenied: the author may not approve decisions.
    """
    decision = Decision.objects.select_related("approval").get(pk=decision_id)
    case = Case.objects.select_for_update().get(pk=decision.case_id)
    if not decision.needs_second or hasattr(decision, "approval"):
        raise Refused("This decision waits for nobody.")
    if decision.author_id == author.pk:
        raise Refused("This is your own decision: it needs another moderator.")
    require_permission(author, APPROVE)
    require_reason(reason)
    approval = Approval.objects.create(
        decision=decision, granted=grant, reason=reason, author=author
    )
    if grant:
        case.state = state_in_force(decision)
        take_effect(decision)
    else:
        case.state = _state_after_refusal(decision)
    case.save(update_fields=["state", "updated_at"])
    announce()
    action = AuditEntry.Action.APPROVED if grant else AuditEntry.Action.REFUSED
    log(action, actor=author, case=case, decision=decision.pk, reason=reason)
    return approval


def _state_after_refusal(decision: Decision) -> Case.State:
    """The state of a case after a second moderator refused a decision: that before the decision."""
    if decision.appeal_id:
        return Case.State.APPEALED
    if decision.undoes and state_in_force(decision.undoes) == Case.State.DECIDED:
        return Case.State.DECIDED
    return Case.State.OPEN
