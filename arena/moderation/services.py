"""Writes of cases. Every decision is appended; votes follow by their standings alone.

What is decided in a case of the quality check is recorded as in any other, and does nothing.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Greatest, Least

from arena.battles.models import Report, VoteStanding
from arena.battles.reading import conversations
from arena.battles.voting.standing import change_standing
from arena.integrity.models import Signal
from arena.integrity.newcomers import let_newcomers_pass, review_newcomers_anew
from arena.integrity.services import let_pass, review_anew
from arena.moderation.audit import log
from arena.moderation.cases.weighing import weigh
from arena.moderation.live import announce
from arena.moderation.models import (
    Appeal,
    Approval,
    AuditEntry,
    Case,
    DecidedVote,
    Decision,
    SavedFilter,
    Simulation,
)
from arena.moderation.quality import come_again
from arena.moderation.selectors import (
    NOW,
    accounts_of,
    decisions_for,
    networks_of,
    of_same,
    restored,
    stakes,
    touched,
    within,
)
from arena.moderation.votes import COUNTED, CaseVote, signal_of, votes_of
from arena.voters import bans
from arena.voters.models import Member, Voter

DONE_AT_ONCE = 100  # each locks the counts of its pair until the batch is committed
BAN_DAYS = (1, 7, 30)


class Refused(Exception):
    """It cannot be done as the case stands; the message says why."""


@transaction.atomic
def open_case(signal_id: int) -> Case:
    """The case of a signal: a new one, or the one that its voters have under review.

    New evidence opens a snoozed case again.
    """
    signal = Signal.objects.select_for_update().get(pk=signal_id)
    known = signal.cases.first()
    if known is not None:
        return known
    voters = list(signal.voters.all())
    open_cases = Case.objects.select_for_update().exclude(state=Case.State.DECIDED)
    case = open_cases.filter(of_same(signal, voters), kind=signal.kind).first()
    action = AuditEntry.Action.GREW if case else AuditEntry.Action.OPENED
    if case is None:
        case = Case.objects.create(kind=signal.kind)
    elif case.state == Case.State.SNOOZED:
        case.state = Case.State.OPEN
    case.signals.add(signal)
    case.voters.add(*voters)
    case.contestant_id = signal.detail.get("contestant", case.contestant_id)
    case.log_e = max(case.log_e, signal.log_e or 0.0)
    weigh(case)
    case.save()
    announce()
    log(action, case=case, log_e=signal.log_e, influence=case.influence)
    return case


@transaction.atomic
def open_simulated(now: datetime) -> None:
    """Open the cases of the quality check that are due, as those of real voters are opened."""
    due = Simulation.objects.select_for_update(skip_locked=True).filter(due_at__lte=now)
    for simulation in due:
        case = Case.objects.create(
            kind=Signal.Kind.PREFERENCE,
            simulation=simulation,
            votes=simulation.shown[simulation.cases.count()],
        )
        voter = Voter.objects.create()
        case.voters.add(voter)
        first, signal = votes_of(case)[0], signal_of(case)
        came = first.cast_at - timedelta(milliseconds=first.decided_ms or 0)
        Voter.objects.filter(pk=voter.pk).update(created_at=came)
        if signal is not None:
            case.contestant_id = signal.detail.get("contestant")
            case.log_e = signal.log_e or 0.0
        weigh(case)
        case.save()
        simulation.due_at = None
        simulation.save(update_fields=["due_at"])
        announce()
        log(AuditEntry.Action.OPENED, case=case, log_e=case.log_e, influence=case.influence)


URGENCY = {
    Report.Reason.UNLAWFUL: 100.0,
    Report.Reason.PERSONAL: 100.0,
    Report.Reason.HATEFUL: 30.0,
    Report.Reason.SEXUAL: 30.0,
    Report.Reason.OTHER: 5.0,
}
"""Of a reported conversation, beside the priority of rigged votes."""


@transaction.atomic
def take_report(report: Report) -> Case:
    """Put a report of a conversation, or of a battle, before the moderators: one case for each.

    It wakes a case that was dismissed. Who reported is not told: it is no matter for the decision.
    """
    case, is_new = Case.objects.select_for_update().get_or_create(
        battle_id=report.battle_id, defaults={"kind": Case.CONTENT}
    )
    if case.state == Case.State.SNOOZED:
        case.state = Case.State.OPEN
    reasons = list(Report.objects.filter(battle=report.battle_id).values_list("reason", flat=True))
    case.priority = max(URGENCY[Report.Reason(reason)] for reason in reasons) + len(reasons)
    case.save()
    announce()
    log(
        AuditEntry.Action.OPENED if is_new else AuditEntry.Action.GREW,
        case=case,
        report=report.pk,
        reason=report.reason,
    )
    return case


@transaction.atomic
def claim(case_id: int, member: Member) -> Case:
    """Take a case for review, so that nobody else does.

    Raises:
        Refused: someone else has it.
    """
    case = _taken(case_id, member)
    if case.assignee_id != member.pk:
        case.assignee = member
        case.save(update_fields=["assignee", "updated_at"])
        announce()
        log(AuditEntry.Action.CLAIMED, actor=member, case=case)
    return case


@transaction.atomic
def release(case_id: int, member: Member) -> Case:
    """Give a case back to the queue.

    Raises:
        Refused: someone else has it.
    """
    case = _taken(case_id, member)
    if case.assignee_id is not None:
        case.assignee = None
        case.save(update_fields=["assignee", "updated_at"])
        announce()
        log(AuditEntry.Action.RELEASED, actor=member, case=case)
    return case


def check_claim(case: Case, member: Member) -> None:
    """Raise unless this member reviews the case.

    Raises:
        Refused: nobody does, or someone else.
    """
    if case.assignee is not None and case.assignee != member:
        raise Refused(f"Case {case.pk} is being reviewed by {case.assignee}.")
    if case.assignee is None:
        raise Refused(f"Claim case {case.pk} before you decide.")


def _taken(case_id: int, member: Member) -> Case:
    """The case, locked for this member, whether or not they have claimed it."""
    case = Case.objects.select_for_update(of=("self",)).select_related("assignee").get(pk=case_id)
    if case.assignee is not None and case.assignee != member:
        raise Refused(f"Case {case.pk} is being reviewed by {case.assignee}.")
    return case


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
    case = _taken(case_id, author)
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
    decision = _record(
        case,
        kind,
        author,
        votes,
        reason=reason,
        message=message,
        scope=scope,
        at_stake=at_stake,
    )
    case.state = _state_after(decision)
    _close(case, decision)
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
    case = _taken(found.case_id, author)
    if case.told_simulated:
        raise Refused("This case was of the quality check: there is nothing to undo.")
    if not found.is_reversible:
        raise Refused("This decision is not in force.")
    if case.state in {Case.State.APPEALED, Case.State.SECOND}:
        raise Refused(f"Case {case.pk} is not open: it is {case.get_state_display()}.")
    if DecidedVote.objects.filter(decision=found, after=None).exists():
        raise Refused("This decision is still being done.")
    votes = restored(found, votes_of(case))
    decision = _record(case, Decision.Kind.UNDO, author, votes, reason=reason, undoes=found)
    if decision.needs_second:
        case.state = Case.State.SECOND
    elif found.kind != Decision.Kind.BAN:  # which decided nothing of the case
        case.state = _settled(decision)
    _close(case, decision)
    return decision


@transaction.atomic
def ban_networks(case_id: int, author: Member, *, days: int, reason: str) -> Decision:
    """Let the networks of a case's voters open no battles for some days. The case stays open.

    It reaches the networks that they came from today and yesterday; earlier ones nobody can name.

    Raises:
        Refused: the author has not claimed the case, no reason is given, or there is no such
            network.
    """
    case = _taken(case_id, author)
    if days not in BAN_DAYS:
        raise Refused(f"A ban is for {', '.join(map(str, BAN_DAYS))} days.")
    if case.kind == Signal.Kind.NEWCOMERS:
        raise Refused("Honest visitors are among these accounts: their networks are not banned.")
    networks = networks_of(case)
    if not networks:
        raise Refused("No battle of these voters was opened today or yesterday.")
    check_claim(case, author)
    decision = _record(case, Decision.Kind.BAN, author, [], reason=reason, scope={"days": days})
    if case.simulation_id is None:
        bans.ban(networks, decision.created_at + timedelta(days=days), decision.pk)
    _log_decision(case, decision)
    return decision


@transaction.atomic
def appeal(voter_id: uuid.UUID, decision_id: int, text: str) -> Appeal:
    """A voter's appeal against a decision that excludes votes of theirs: once in a case.

    Raises:
        Refused: there is nothing to appeal against, they have appealed, or it says nothing.
    """
    decision = Decision.objects.select_related("approval").get(pk=decision_id)
    case = Case.objects.select_for_update().get(pk=decision.case_id)
    if not text.strip():
        raise Refused("Say why the decision is wrong.")
    if not decision.in_force or case.state != Case.State.DECIDED:
        raise Refused("This decision is not in force, or is being looked at already.")
    if case.appeals.filter(voter=voter_id).exists():
        raise Refused("You have appealed already; that is possible once.")
    made = Appeal.objects.create(case=case, voter_id=voter_id, decision=decision, text=text)
    case.state, case.assignee = Case.State.APPEALED, None
    case.save(update_fields=["state", "assignee", "updated_at"])
    announce()
    log(AuditEntry.Action.APPEALED, case=case, appeal=made.pk)
    return made


@transaction.atomic
def answer_appeal(
    appeal_id: int, author: Member, *, grant: bool, reason: str, message: str = ""
) -> Decision:
    """Grant an appeal, so that the excluded votes count again, or uphold the decision.

    Raises:
        Refused: it is answered, its author or approver decided the case before, or the author has
            not claimed the case.
    """
    found = Appeal.objects.select_related("decision__approval").get(pk=appeal_id)
    case = _taken(found.case_id, author)
    if found.answer:
        raise Refused("This appeal is answered.")
    if author.pk in deciders(found.decision):
        raise Refused("An appeal goes to another moderator than the one who decided.")
    check_claim(case, author)
    if DecidedVote.objects.filter(decision=found.decision, after=None).exists():
        raise Refused("This decision is still being done.")
    kind = Decision.Kind.GRANT if grant else Decision.Kind.UPHOLD
    votes = restored(found.decision, votes_of(case)) if grant else []
    if case.kind == Signal.Kind.NEWCOMERS:  # who appeals is honest; the others need not be
        own = accounts_of(found.voter_id)
        votes = [vote for vote in votes if vote.voter_id in own]
    decision = _record(case, kind, author, votes, reason=reason, message=message, appeal=found)
    case.state = _state_after(decision)
    _close(case, decision)
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
        case.state = _settled(decision)
        _take_effect(decision)
    else:
        case.state = _state_after_refusal(decision)
    case.save(update_fields=["state", "updated_at"])
    announce()
    action = AuditEntry.Action.APPROVED if grant else AuditEntry.Action.REFUSED
    log(action, actor=author, case=case, decision=decision.pk, reason=reason)
    return approval


def _record(
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
        _take_effect(decision)
    return decision


def _state_after(decision: Decision) -> Case.State:
    return Case.State.SECOND if decision.needs_second else _settled(decision)


def _settled(decision: Decision) -> Case.State:
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
    if decision.undoes and _settled(decision.undoes) == Case.State.DECIDED:
        return Case.State.DECIDED
    return Case.State.OPEN


def _close(case: Case, decision: Decision) -> None:
    case.assignee = None
    case.save(update_fields=["state", "assignee", "updated_at"])
    announce()
    _log_decision(case, decision)


def _log_decision(case: Case, decision: Decision) -> None:
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


def _take_effect(decision: Decision) -> None:
    """What a decision does besides votes, and the request to change these."""
    from arena.moderation.tasks import request_decision  # noqa: PLC0415 - tasks call services

    lets_pass = {Decision.Kind.DISMISS, Decision.Kind.GRANT}
    if decision.case.kind == Signal.Kind.NEWCOMERS:
        _let_newcomers_pass(decision)
    elif decision.kind in lets_pass:
        for voter in decision.case.voters.exclude(evidence=None):
            let_pass(voter.pk)
    elif decision.undoes and decision.undoes.kind in lets_pass:
        for voter_id, level in decision.undoes.reviewed_before.items():
            review_anew(uuid.UUID(voter_id), level)
    if lifted := _lifted_by(decision):
        _lift(lifted)
    elif decision.undoes and (again := _lifted_by(decision.undoes)):
        _impose(again)
    else:
        _impose(decision)
    transaction.on_commit(partial(request_decision, decision.pk), robust=True)


def _let_newcomers_pass(decision: Decision) -> None:
    """Who dismisses all of a case lets newcomers vote so; to release some of them says nothing."""
    if decision.undoes:
        review_newcomers_anew(decision.undoes.pk)
    signal = signal_of(decision.case)
    if decision.kind == Decision.Kind.DISMISS and not decision.scope and signal:
        let_newcomers_pass(signal.detail["contestant"], signal.detail["change"], decision.pk)


def _lifted_by(decision: Decision) -> Decision | None:
    """The decision that this one takes back: by granting an appeal, or by undoing it."""
    if decision.kind == Decision.Kind.GRANT and decision.appeal:
        return decision.appeal.decision
    undone = decision.undoes
    return None if undone and undone.kind == Decision.Kind.GRANT else undone


def _impose(decision: Decision) -> None:
    if decision.kind == Decision.Kind.SUSPEND:
        bans.suspend(_voter_ids(decision))
    if decision.kind == Decision.Kind.HIDE:
        conversations.hide(_battle_ids(decision))


def _lift(decision: Decision) -> None:
    if decision.kind == Decision.Kind.SUSPEND:
        bans.reinstate(_voter_ids(decision))
    if decision.kind == Decision.Kind.HIDE:
        conversations.show(_battle_ids(decision))
    if decision.kind == Decision.Kind.BAN:
        bans.lift(decision.pk)


def _voter_ids(decision: Decision) -> list[uuid.UUID]:
    return list(decision.case.voters.values_list("pk", flat=True))


def _battle_ids(decision: Decision) -> list[uuid.UUID]:
    return [decision.case.battle_id] if decision.case.battle_id else []


def apply_decision(decision_id: int) -> None:
    """Give the votes of a decision their standings, batch by batch; again changes nothing."""
    while _apply_batch(decision_id) == DONE_AT_ONCE:
        pass


@transaction.atomic
def _apply_batch(decision_id: int) -> int:
    decision = Decision.objects.select_related("author", "approval").get(pk=decision_id)
    if not decision.in_force:
        return 0
    # Pair by pair, in the order of every other change of many votes; see `integrity.services`.
    batch = list(
        DecidedVote.objects.select_for_update(of=("self",))
        .filter(decision=decision, after=None)
        .select_related("vote__battle", "before")
        .order_by(
            Least("vote__battle__contestant_a", "vote__battle__contestant_b"),
            Greatest("vote__battle__contestant_a", "vote__battle__contestant_b"),
            "vote",
        )[:DONE_AT_ONCE]
    )
    before = _standings_before(decision, batch)
    for decided in batch:
        standing, code = before.get(decided.vote_id) or _given(decision)
        decided.after = change_standing(
            decided.vote,
            VoteStanding.Standing(standing),
            code=VoteStanding.Code(code) if code else None,
            reason=f"Case {decision.case_id}: {decision.reason}",
            author=decision.author,
        )
    DecidedVote.objects.bulk_update(batch, ["after"])
    return len(batch)


def _given(decision: Decision) -> tuple[str, str]:
    standing = NOW[Decision.Kind(decision.kind)]
    if standing == COUNTED:
        return standing, ""
    held = decision.kind == Decision.Kind.HOLD
    return standing, VoteStanding.Code.REVIEW if held else VoteStanding.Code.MODERATED


def _standings_before(decision: Decision, batch: list[DecidedVote]) -> dict[int, tuple[str, str]]:
    """What these votes go back to, if the decision undoes another one."""
    rows = DecidedVote.objects.filter(
        decision=decision.undoes_id, vote__in=[decided.vote_id for decided in batch]
    ).values_list("vote", "before__standing", "before__code")
    return {vote: (standing, code) for vote, standing, code in rows}


def save_filter(member: Member, name: str, query: str) -> SavedFilter:
    """Keep what a member narrows the queue to; an old one of that name is replaced."""
    return SavedFilter.objects.update_or_create(
        member=member, name=name, defaults={"query": query}
    )[0]
