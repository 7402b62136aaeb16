"""Reports and signals without a case, and decisions that are not applied yet."""

from django.db.models import Exists, OuterRef, Q

from arena.battles.models import Report
from arena.integrity.models import Signal
from arena.moderation.models import Case, DecidedVote


def reports_without_case() -> list[Report]:
    """Reports without a case, the oldest first."""
    return list(Report.objects.filter(battle__case=None).order_by("pk"))


def signals_without_case() -> list[int]:
    """The ids of signals without a case."""
    in_case = Case.signals.through.objects.filter(signal=OuterRef("pk"))
    return list(Signal.objects.filter(~Exists(in_case)).order_by("pk").values_list("pk", flat=True))


def decisions_due() -> list[int]:
    """The ids of decisions in force that are not fully applied."""
    due = DecidedVote.objects.filter(after=None)
    allowed = Q(decision__needs_second=False) | Q(decision__approval__granted=True)
    return list(due.filter(allowed).values_list("decision", flat=True).distinct())
