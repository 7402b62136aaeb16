"""Open the cases of simulated voters: two for each voter, some days apart."""

from datetime import datetime, timedelta

from django.db import transaction

from arena.integrity.models import Signal
from arena.moderation.audit import log
from arena.moderation.cases.weighing import weigh
from arena.moderation.evidence.votes import strongest_signal, votes_of
from arena.moderation.live import announce
from arena.moderation.models import AuditEntry, Case, Simulation
from arena.voters.models import Voter


@transaction.atomic
def open_simulated(now: datetime) -> None:
    """Open the cases of the quality check that are due, in the same way as those of real voters."""
    due = Simulation.objects.select_for_update(skip_locked=True).filter(due_at__lte=now)
    for simulation in due:
        case = Case.objects.create(
            kind=Signal.Kind.PREFERENCE,
            simulation=simulation,
            votes=simulation.shown[simulation.cases.count()],
        )
        voter = Voter.objects.create()
        case.voters.add(voter)
        first, signal = votes_of(case)[0], strongest_signal(case)
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


DAY = 86_400.0  # seconds
CASES_EACH = 2
DAYS_BETWEEN = 2


def next_time_of_day(seconds: float, after: datetime) -> datetime:
    """The next time at so many seconds after a midnight: a case opens at its last vote."""
    midnight = after.replace(hour=0, minute=0, second=0, microsecond=0)
    due = midnight + timedelta(seconds=seconds % DAY)
    return due if due > after else due + timedelta(days=1)


def schedule_next_case(simulation: Simulation, now: datetime) -> None:
    """Schedule the second case of a simulated voter, once the first is decided."""
    opened = simulation.cases.count()
    if opened < CASES_EACH:
        last = simulation.votes[simulation.shown[opened] - 1]
        simulation.due_at = next_time_of_day(last["at"], now + timedelta(days=DAYS_BETWEEN))
        simulation.save(update_fields=["due_at"])
