"""Open cases from signals and reports."""

from collections.abc import Collection

from django.db import transaction
from django.db.models import Q

from arena.battles.models import Report
from arena.integrity.models import Signal
from arena.moderation.audit import log
from arena.moderation.cases.weighing import weigh
from arena.moderation.live import announce
from arena.moderation.models import AuditEntry, Case
from arena.voters.models import Voter


@transaction.atomic
def open_case(signal_id: int) -> Case:
    """The case of a signal: a new one, or the open one about the same voters.

    New evidence opens a snoozed case again.
    """
    signal = Signal.objects.select_for_update().get(pk=signal_id)
    known = signal.cases.first()
    if known is not None:
        return known
    voters = list(signal.voters.all())
    open_cases = Case.objects.select_for_update().exclude(state=Case.State.DECIDED)
    case = open_cases.filter(about_same_subject(signal, voters), kind=signal.kind).first()
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


URGENCY = {
    Report.Reason.UNLAWFUL: 100.0,
    Report.Reason.PERSONAL: 100.0,
    Report.Reason.HATEFUL: 30.0,
    Report.Reason.SEXUAL: 30.0,
    Report.Reason.OTHER: 5.0,
}
"""The priority of a reported conversation, on the same scale as cases of votes."""


@transaction.atomic
def take_report(report: Report) -> Case:
    """Open a case for a report of a battle, or add it to the case of that battle.

    A snoozed case opens again. Moderators do not see who reported.
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


def about_same_subject(signal: Signal, voters: Collection[Voter]) -> Q:
    """Cases about the same as a signal: its voters, or newcomers' votes on the same contestant."""
    if signal.kind == Signal.Kind.NEWCOMERS:
        about = {key: signal.detail[key] for key in ("contestant", "change")}
        same = Signal.objects.filter(kind=signal.kind, detail__contains=about)
        return Q(pk__in=Case.signals.through.objects.filter(signal__in=same).values("case"))
    return Q(pk__in=Case.voters.through.objects.filter(voter__in=voters).values("case"))
