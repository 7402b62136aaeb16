"""Decide a case, undo a decision, approve one as a second moderator."""

from datetime import timedelta
from typing import Any

from django.db import transaction

from arena.integrity.models import Signal
from arena.moderation.audit import log
from arena.moderation.cases.review import Refused, lock_for, require_claim
from arena.moderation.cases.simulated import schedule_next_case
from arena.moderation.decisions.effects import take_effect
from arena.moderation.decisions.saving import (
    close_case,
    log_decision,
    save_decision,
    settled_state,
    state_after,
    state_after_refusal,
)
from arena.moderation.decisions.scope import (
    affected_votes,
    decisions_for,
    networks_of,
    restored,
    within,
)
from arena.moderation.evidence.votes import votes_of
from arena.moderation.live import announce
from arena.moderation.models import Approval, AuditEntry, Case, DecidedVote, Decision
from arena.voters import bans
from arena.voters.models import Member

BAN_DAYS = (1, 7, 30)


@transaction.atomic
def decide(
    case_id: int,
    kind: Decision.Kind,
    author: Member,
    *,
    reason: str,
    message: str = "",
    scope: dict[str, Any] | None = None,
    at_stake: float = 0.0,
) -> Decision:
    """Dismiss a case, keep its votes held, or exclude them: all, of a period, or a selection; in
    a case of content, dismiss it or hide the conversation.

    `at_stake` are the points that hang on this and on what is decided along with it.

    Raises:
        Refused: the author has not claimed the case, it waits for another decision, no reason is
            given, or there is nothing that such a decision could change.
        ValueError: the scope names no dates.
    """
    case = lock_for(case_id, author)
    if case.state not in {Case.State.OPEN, Case.State.SNOOZED}:
        raise Refused(f"Case {case.pk} is not open: it is {case.get_state_display()}.")
    if kind not in decisions_for(case):
        raise Refused(f"Case {case.pk} is of another kind.")
    if kind == Decision.Kind.HIDE and not case.may_be_hidden:
        raise Refused("This conversation is not public: there is nothing to hide.")
    if kind == Decision.Kind.GROUP and case.voters.count() < 2:
        raise Refused("A group has at least two voters.")
    require_claim(case, author)
    votes = affected_votes(kind, within(votes_of(case), scope or {}))
    decision = save_decision(
        case,
        kind,
        author,
        votes,
        reason=reason,
        message=message,
        scope=scope,
        at_stake=at_stake,
    )
    case.state = state_after(decision)
    close_case(case, decision)
    if case.simulation is not None:
        schedule_next_case(case.simulation, decision.created_at)
    return decision


@transaction.atomic
def undo(decision_id: int, author: Member, *, reason: str) -> Decision:
    """Put the votes of a decision back to what they were; the case is open again.

    Votes whose standing has changed since stay as they are.

    Raises:
        Refused: it is not in force, it is an undoing itself, or an appeal against it waits.
    """
    found = Decision.objects.select_related("case", "approval").get(pk=decision_id)
    case = lock_for(found.case_id, author)
    if case.is_revealed_simulation:
        raise Refused("This case was of the quality check: there is nothing to undo.")
    if not found.is_reversible:
        raise Refused("This decision is not in force.")
    if case.state in {Case.State.APPEALED, Case.State.SECOND}:
        raise Refused(f"Case {case.pk} is not open: it is {case.get_state_display()}.")
    if DecidedVote.objects.filter(decision=found, after=None).exists():
        raise Refused("This decision is still being done.")
    votes = restored(found, votes_of(case))
    decision = save_decision(case, Decision.Kind.UNDO, author, votes, reason=reason, undoes=found)
    if decision.needs_second:
        case.state = Case.State.SECOND
    elif found.kind != Decision.Kind.BAN:  # which decided nothing of the case
        case.state = settled_state(decision)
    close_case(case, decision)
    return decision


@transaction.atomic
def ban_networks(case_id: int, author: Member, *, days: int, reason: str) -> Decision:
    """Let the networks of a case's voters open no battles for some days. The case stays open.

    It reaches the networks that they came from today and yesterday; earlier ones nobody can name.

    Raises:
        Refused: the author has not claimed the case, no reason is given, or there is no such
            network.
    """
    case = lock_for(case_id, author)
    if days not in BAN_DAYS:
        raise Refused(f"A ban is for {', '.join(map(str, BAN_DAYS))} days.")
    if case.kind == Signal.Kind.NEWCOMERS:
        raise Refused("Honest visitors are among these accounts: their networks are not banned.")
    networks = networks_of(case)
    if not networks:
        raise Refused("No battle of these voters was opened today or yesterday.")
    require_claim(case, author)
    decision = save_decision(
        case, Decision.Kind.BAN, author, [], reason=reason, scope={"days": days}
    )
    if case.simulation_id is None:
        bans.ban(networks, decision.created_at + timedelta(days=days), decision.pk)
    log_decision(case, decision)
    return decision


@transaction.atomic
def approve_decision(decision_id: int, author: Member, *, grant: bool, reason: str) -> Approval:
    """A second moderator's word on a decision that needs one.

    Raises:
        Refused: it needs none, has one, or it is the moderator's own decision.
    """
    decision = Decision.objects.select_related("approval").get(pk=decision_id)
    case = Case.objects.select_for_update().get(pk=decision.case_id)
    if not decision.needs_second or hasattr(decision, "approval"):
        raise Refused("This decision waits for nobody.")
    if decision.author_id == author.pk:
        raise Refused("This is your own decision: it needs another moderator.")
    if not reason.strip():
        raise Refused("Give a reason.")
    approval = Approval.objects.create(
        decision=decision, granted=grant, reason=reason, author=author
    )
    if grant:
        case.state = settled_state(decision)
        take_effect(decision)
    else:
        case.state = state_after_refusal(decision)
    case.save(update_fields=["state", "updated_at"])
    announce()
    action = AuditEntry.Action.APPROVED if grant else AuditEntry.Action.REFUSED
    log(action, actor=author, case=case, decision=decision.pk, reason=reason)
    return approval
