"""Decide a case, undo a decision, approve one as a second moderator."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from arena.integrity.models import Signal
from arena.moderation.audit import log
from arena.moderation.cases.review import Refused, check_claim, locked_for
from arena.moderation.decisions.board_effect import stakes
from arena.moderation.decisions.effects import take_effect
from arena.moderation.decisions.scope import decisions_for, networks_of, restored, touched, within
from arena.moderation.evidence.votes import CaseVote, votes_of
from arena.moderation.live import announce
from arena.moderation.models import Appeal, Approval, AuditEntry, Case, DecidedVote, Decision
from arena.moderation.quality.scores import come_again
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
    case = locked_for(case_id, author)
    if case.state not in {Case.State.OPEN, Case.State.SNOOZED}:
        raise Refused(f"Case {case.pk} is not open: it is {case.get_state_display()}.")
    if kind not in decisions_for(case):
        raise Refused(f"Case {case.pk} is of another kind.")
    if kind == Decision.Kind.HIDE and not case.may_be_hidden:
        raise Refused("This conversation is not public: there is nothing to hide.")
    if kind == Decision.Kind.GROUP and case.voters.count() < 2:
        raise Refused("A group has at least two voters.")
    check_claim(case, author)
    votes = touched(kind, within(votes_of(case), scope or {}))
    decision = record_decision(
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
        come_again(case.simulation, decision.created_at)
    return decision


@transaction.atomic
def undo(decision_id: int, author: Member, *, reason: str) -> Decision:
    """Put the votes of a decision back to what they were; the case is open again.

    Votes whose standing has changed since stay as they are.

    Raises:
        Refused: it is not in force, it is an undoing itself, or an appeal against it waits.
    """
    found = Decision.objects.select_related("case", "approval").get(pk=decision_id)
    case = locked_for(found.case_id, author)
    if case.told_simulated:
        raise Refused("This case was of the quality check: there is nothing to undo.")
    if not found.is_reversible:
        raise Refused("This decision is not in force.")
    if case.state in {Case.State.APPEALED, Case.State.SECOND}:
        raise Refused(f"Case {case.pk} is not open: it is {case.get_state_display()}.")
    if DecidedVote.objects.filter(decision=found, after=None).exists():
        raise Refused("This decision is still being done.")
    votes = restored(found, votes_of(case))
    decision = record_decision(case, Decision.Kind.UNDO, author, votes, reason=reason, undoes=found)
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
    case = locked_for(case_id, author)
    if days not in BAN_DAYS:
        raise Refused(f"A ban is for {', '.join(map(str, BAN_DAYS))} days.")
    if case.kind == Signal.Kind.NEWCOMERS:
        raise Refused("Honest visitors are among these accounts: their networks are not banned.")
    networks = networks_of(case)
    if not networks:
        raise Refused("No battle of these voters was opened today or yesterday.")
    check_claim(case, author)
    decision = record_decision(
        case, Decision.Kind.BAN, author, [], reason=reason, scope={"days": days}
    )
    if case.simulation_id is None:
        bans.ban(networks, decision.created_at + timedelta(days=days), decision.pk)
    log_decision(case, decision)
    return decision


def deciders(decision: Decision) -> set[int]:
    """Who made a decision, or agreed to it as the second."""
    approval = getattr(decision, "approval", None)
    return {decision.author_id, *([approval.author_id] if approval else [])}


@transaction.atomic
def second(decision_id: int, author: Member, *, grant: bool, reason: str) -> Approval:
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
        case.state = _state_after_refusal(decision)
    case.save(update_fields=["state", "updated_at"])
    announce()
    action = AuditEntry.Action.APPROVED if grant else AuditEntry.Action.REFUSED
    log(action, actor=author, case=case, decision=decision.pk, reason=reason)
    return approval


def record_decision(
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
    influence = max(stakes(kind, votes), at_stake)
    reviewed = case.voters.exclude(evidence=None).values_list("pk", "evidence__reviewed_log_e")
    decision = Decision.objects.create(
        case=case,
        kind=kind,
        reason=reason,
        message=message,
        scope=scope or {},
        author=author,
        influence=influence,
        needs_second=is_real and influence > settings.ARENA_SECOND_MODERATOR_POINTS,
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


def _state_after_refusal(decision: Decision) -> Case.State:
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
        **({"quality_check": True} if case.told_simulated else {}),
    )
