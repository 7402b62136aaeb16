"""The public transparency report on moderation: figures by month, without names."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median
from typing import Any

from django.db.models import Count, Min, Q
from django.db.models.functions import TruncMonth

from arena.moderation.decisions.kinds import RULES, Occasion
from arena.moderation.models import Appeal, Case, Decision

KINDS = [kind for kind, rule in RULES.items() if rule.occasion == Occasion.CASE]
REVERSALS = (Decision.Kind.UNDO, Decision.Kind.GRANT)
ANSWERS = [kind for kind, rule in RULES.items() if rule.occasion == Occasion.APPEAL]


@dataclass(frozen=True, slots=True)
class Month:
    """The decisions of a month (UTC) that took effect.

    `hours` is the median time from the opening of a case to its first decision in this month;
    `reversals` are undone decisions and granted appeals. The rate of false alarms is the share of
    granted appeals among those answered.
    """

    month: date
    cases: int
    decisions: dict[str, int]
    reversals: int
    hours: float | None
    appeals: int
    answered: int
    granted: int

    @property
    def false_alarm_rate(self) -> float | None:
        return self.granted / self.answered if self.answered else None

    @property
    def percent_false(self) -> float | None:
        return None if self.false_alarm_rate is None else 100 * self.false_alarm_rate

    def as_dict(self) -> dict[str, Any]:
        return {
            "month": f"{self.month:%Y-%m}",
            "cases": self.cases,
            "decisions": self.decisions,
            "reversals": self.reversals,
            "median_hours_to_decision": None if self.hours is None else round(self.hours, 1),
            "appeals": self.appeals,
            "appeals_answered": self.answered,
            "appeals_granted": self.granted,
            "false_alarm_rate": self.false_alarm_rate,
        }


def months() -> list[Month]:
    """The months with any activity, the newest first; simulated cases are left out."""
    real = Case.objects.filter(simulation=None)
    cases = _by_month(real.order_by().values_list(TruncMonth("opened_at")))
    appeals = _by_month(Appeal.objects.order_by().values_list(TruncMonth("created_at")))
    kinds: dict[date, dict[str, int]] = {}
    decisions = Decision.objects.filter(case__simulation=None).order_by()
    agreed = decisions.filter(Q(needs_second=False) | Q(approval__granted=True))
    counted = agreed.values_list(TruncMonth("created_at"), "kind")
    for month, kind, number in counted.annotate(Count("pk")):
        kinds.setdefault(_first(month), {})[kind] = number
    waits: dict[date, list[float]] = {}
    firsts = agreed.filter(kind__in=KINDS).values_list("case__opened_at")
    for opened, decided in firsts.annotate(Min("created_at")).values_list(
        "case__opened_at", "created_at__min"
    ):
        waits.setdefault(_first(decided), []).append((decided - opened).total_seconds() / 3600)
    return [
        Month(
            month=month,
            cases=cases.get(month, 0),
            decisions={kind: kinds.get(month, {}).get(kind, 0) for kind in KINDS},
            reversals=sum(kinds.get(month, {}).get(kind, 0) for kind in REVERSALS),
            hours=median(waits[month]) if month in waits else None,
            appeals=appeals.get(month, 0),
            answered=sum(kinds.get(month, {}).get(kind, 0) for kind in ANSWERS),
            granted=kinds.get(month, {}).get("grant", 0),
        )
        for month in sorted({*cases, *appeals, *kinds}, reverse=True)
    ]


def _by_month(rows: Any) -> dict[date, int]:
    found: Iterable[tuple[datetime, int]] = rows.annotate(Count("pk"))
    return {_first(month): number for month, number in found}


def _first(moment: datetime) -> date:
    return moment.date().replace(day=1)
