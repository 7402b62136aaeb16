"""Claim a case, give it back, and keep a filter of the queue."""

from django.db import transaction

from arena.moderation.audit import log
from arena.moderation.live import announce
from arena.moderation.models import AuditEntry, Case, SavedFilter
from arena.voters.models import Member


class Refused(Exception):
    """It cannot be done as the case stands; the message says why."""


@transaction.atomic
def claim_case(case_id: int, member: Member) -> Case:
    """Take a case for review, so that nobody else does.

    Raises:
        Refused: someone else has it.
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
    """Give a case back to the queue.

    Raises:
        Refused: someone else has it.
    """
    case = lock_for(case_id, member)
    if case.assignee_id is not None:
        case.assignee = None
        case.save(update_fields=["assignee", "updated_at"])
        announce()
        log(AuditEntry.Action.RELEASED, actor=member, case=case)
    return case


def require_claim(case: Case, member: Member) -> None:
    """Raise unless this member reviews the case.

    Raises:
        Refused: nobody does, or someone else.
    """
    if case.assignee is not None and case.assignee != member:
        raise Refused(f"Case {case.pk} is being reviewed by {case.assignee}.")
    if case.assignee is None:
        raise Refused(f"Claim case {case.pk} before you decide.")


def lock_for(case_id: int, member: Member) -> Case:
    """The case, locked for this member, whether or not they have claimed it."""
    case = Case.objects.select_for_update(of=("self",)).select_related("assignee").get(pk=case_id)
    if case.assignee is not None and case.assignee != member:
        raise Refused(f"Case {case.pk} is being reviewed by {case.assignee}.")
    return case


def save_filter(member: Member, name: str, query: str) -> SavedFilter:
    """Keep what a member narrows the queue to; an old one of that name is replaced."""
    return SavedFilter.objects.update_or_create(
        member=member, name=name, defaults={"query": query}
    )[0]
