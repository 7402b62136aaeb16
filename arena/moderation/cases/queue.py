"""The queue of cases: filters, order, and the text of a row."""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from arena.contestants.models import Contestant
from arena.integrity.models import Signal
from arena.moderation.evidence.sentences import format_e_value, unusual
from arena.moderation.evidence.votes import strongest_signals
from arena.moderation.models import Case

PAGE = 50


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters of a queue; an empty one filters nothing."""

    state: str = Case.State.OPEN
    kind: str = ""
    board: str = ""
    model: str = ""
    assignee: str = ""  # "me", "nobody", or somebody's name
    days: int | None = None
    search: str = ""


def queue(filters: Filters, member_id: int, now: datetime) -> QuerySet[Case]:
    """The cases that match the filters, the most urgent first."""
    cases = Case.objects.select_related("contestant", "assignee", "battle", "simulation")
    cases = cases.prefetch_related("battle__reports")
    if filters.state:
        cases = cases.filter(state=filters.state)
    if filters.kind:
        cases = cases.filter(kind=filters.kind)
    if filters.board:
        cases = cases.filter(boards__contains=[filters.board])
    if filters.model:
        cases = cases.filter(contestant__slug=filters.model)
    if filters.assignee == "me":
        cases = cases.filter(assignee=member_id)
    elif filters.assignee == "nobody":
        cases = cases.filter(assignee=None)
    elif filters.assignee:
        cases = cases.filter(assignee__username=filters.assignee)
    if filters.days is not None:
        cases = cases.filter(opened_at__gte=now - timedelta(days=filters.days))
    return cases.filter(_search(filters.search.strip()))


def _search(text: str) -> Q:
    """Cases by their number, the id of a voter, or a part of a contestant's name."""
    if not text:
        return Q()
    if re.fullmatch(r"#?\d{1,18}", text):
        return Q(pk=int(text.lstrip("#")))
    try:
        return Q(pk__in=Case.voters.through.objects.filter(voter=uuid.UUID(text)).values("case"))
    except ValueError:
        named = Contestant.objects.filter(Q(name__icontains=text) | Q(slug__icontains=text))
        return Q(contestant__in=list(named.values_list("pk", flat=True)))


def reviewers() -> list[str]:
    """The names of the members who review a case now."""
    claimed = Case.objects.exclude(assignee=None).order_by("assignee__username")
    return list(claimed.values_list("assignee__username", flat=True).distinct())


def counts_by_state() -> dict[str, int]:
    """How many cases there are in each state."""
    found = Case.objects.order_by().values_list("state").annotate(Count("pk"))
    return {state: dict(found).get(state, 0) for state in Case.State.values}


def next_case(decided: int, filters: Filters, member_id: int, now: datetime) -> Case | None:
    """The most urgent case of a queue that this member or nobody reviews.

    Args:
        decided: the number of a case to skip: it was just decided, and may still be in the queue.
    """
    free = Q(assignee=None) | Q(assignee=member_id)
    return queue(filters, member_id, now).filter(free).exclude(pk=decided).first()


@dataclass(frozen=True, slots=True)
class Row:
    """A case in the queue; `why` says in a sentence who did what, and how sure this is."""

    case: Case
    why: str
    e_value: str


def rows_of(cases: Sequence[Case]) -> list[Row]:
    """The rows of a page of the queue, in three queries for any number of cases."""
    of_votes = [case for case in cases if not case.battle_id]
    signals = strongest_signals(of_votes)
    through = Case.voters.through.objects.filter(case__in=of_votes)
    counts = dict(through.order_by().values_list("case_id").annotate(Count("pk")))
    each = through.order_by("case_id", "pk").distinct("case_id")
    first = dict(each.values_list("case_id", "voter_id"))
    rows = []
    for case in cases:
        e_value = format_e_value(case.log_e) if case.log_e > 0 else ""
        if case.battle_id:
            rows.append(Row(case, _reported(case), ""))
            continue
        signal = signals.get(case.pk)
        name = case.contestant.name if case.contestant else None
        what = unusual(case.kind, signal.detail if signal else {}, name).rstrip(".")
        who = _who(counts.get(case.pk, 0), first.get(case.pk), case.votes)
        sure = (
            (
                _("the chance of this with honest visitors is at most 1 in %(e)s")
                if case.kind == Signal.Kind.NEWCOMERS
                else _("at most 1 in %(e)s honest voters gets this far")
            )
            % {"e": e_value}
            if e_value
            else _("no statistical evidence")
        )
        rows.append(Row(case, f"{who}: {what[:1].lower()}{what[1:]}; {sure}.", e_value))
    return rows


def _who(voters: int, first: uuid.UUID | None, votes: int) -> str:
    cast = ngettext("%(n)d vote", "%(n)d votes", votes) % {"n": votes}
    if voters == 1 and first is not None:
        return _("Voter %(name)s (%(votes)s)") % {"name": str(first)[:8], "votes": cast}
    return _("%(n)d voters (%(votes)s)") % {"n": voters, "votes": cast}


def _reported(case: Case) -> str:
    reports = list(case.battle.reports.all()) if case.battle else []
    reasons = dict.fromkeys(str(report.get_reason_display()) for report in reports)
    said = ngettext("%(n)d report of this battle", "%(n)d reports of this battle", len(reports))
    return f"{said % {'n': len(reports)}}: {' '.join(reasons)}"
