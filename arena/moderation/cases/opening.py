"""Open cases from signals, reports and simulations."""

from datetime import datetime, timedelta

from django.db import transaction

from arena.battles.models import Report
from arena.integrity.models import Signal
from arena.moderation.audit import log
from arena.moderation.cases.weighing import weigh
from arena.moderation.decisions.scope import of_same
from arena.moderation.evidence.votes import signal_of, votes_of
from arena.moderation.live import announce
from arena.moderation.models import AuditEntry, Case, Simulation
from arena.voters.models import Voter


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
