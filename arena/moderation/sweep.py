"""What still waits for a case, or for its effect."""

from django.db.models import Exists, OuterRef, Q

from arena.battles.models import Report
from arena.integrity.models import Signal
from arena.moderation.models import Case, DecidedVote


def reports_without_case() -> list[Report]:
    """Reports that came before their cases were opened at once, the oldest first."""
    return list(Report.objects.filter(battle__case=None).order_by("pk"))


def signals_without_case() -> list[int]:
    """Signals whose case was not opened."""
    in_case = Case.signals.through.objects.filter(signal=OuterRef("pk"))
    return list(Signal.objects.filter(~Exists(in_case)).order_by("pk").values_list("pk", flat=True))


def decisions_due() -> list[int]:
    """Decisions that may be done and are not, as a whole."""
    due = DecidedVote.objects.filter(after=None)
    allowed = Q(decision__needs_second=False) | Q(decision__approval__granted=True)
    return list(due.filter(allowed).values_list("decision", flat=True).distinct())
