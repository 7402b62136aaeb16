"""Claim a case, return it to the queue, and save a filter of the queue."""

from django.db import transaction

from arena.moderation.audit import log
from arena.moderation.live import announce
from arena.moderation.models import AuditEntry, Case, SavedFilter
from arena.voters.models import Member


class Refused(Exception):
    """The case does not allow this now; the message says why."""


@transaction.atomic
def claim_case(case_id: int, member: Member) -> Case:
    """Make a member the reviewer of a case, so that nobody else decides it.

    Raises:
        Refused: another member reviews it.
    """
    case = lock_for(case_id, member)
    if case.assignee_id != member.pk:
        case.assignee = member
        case.save(update_fields=["assignee", "updated_at"])
        announce()
        log(AuditEntry.Action.CLAIMED, actor=member, case=case)
    return case


@transaction.atomic
def return_case(case_id: int, member: Member) -> Case:
    """Return a case to the queue, for another reviewer.

    Raises:
        Refused: another member reviews it.
    """
    case = lock_for(case_id, member)
    if case.assignee_id is not None:
        case.assignee = None
        case.save(update_fields=["assignee", "updated_at"])
        announce()
        log(AuditEntry.Action.RETURNED, actor=member, case=case)
    return case


def require_claim(case: Case, member: Member) -> None:
    """Raise unless this member reviews the case.

    Raises:
        Refused: nobody reviews it, or another member does.
    """
    if case.assignee is not None and case.assignee != member:
        raise Refused(f"Case {case.pk} is under review by {case.assignee}.")
    if case.assignee is None:
        raise Refused(f"Claim case {case.pk} before you decide.")


def lock_for(case_id: int, member: Member) -> Case:
    """The case, locked until the transaction ends.

    Raises:
        Refused: another member reviews it.
    """
    case = Case.objects.select_for_update(of=("self",)).select_related("assignee").get(pk=case_id)
    if case.assignee is not None and case.assignee != member:
        raise Refused(f"Case {case.pk} is under review by {case.assignee}.")
    return case


def save_filter(member: Member, name: str, query: str) -> SavedFilter:
    """Save a member's filter of the queue; it replaces their filter of the same name."""
    return SavedFilter.objects.update_or_create(
        member=member, name=name, defaults={"query": query}
    )[0]
