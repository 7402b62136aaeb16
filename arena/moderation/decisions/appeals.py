"""Appeals of voters, and the answers to them."""

import uuid

from django.db import transaction

from arena.moderation.audit import log
from arena.moderation.cases.review import Refused, lock_for, require_claim
from arena.moderation.decisions.kinds import RULES, Subject, require_permission, subject_of
from arena.moderation.decisions.saving import close_case, impact_for, log_decision, save_decision
from arena.moderation.decisions.scope import restorable_votes
from arena.moderation.evidence.votes import votes_of
from arena.moderation.live import announce
from arena.moderation.models import Appeal, AuditEntry, Case, DecidedVote, Decision
from arena.voters.models import Member
from arena.voters.people import accounts_of


@transaction.atomic
def appeal(voter_id: uuid.UUID, decision_id: int, text: str) -> Appeal:
    """Appeal as a voter against a decision that excludes one's votes, once in a case.

    Raises:
        Refused: the decision is not in force, they have appealed already, or the text is empty.
    """
    decision = Decision.objects.select_related("approval").get(pk=decision_id)
    case = Case.objects.select_for_update().get(pk=decision.case_id)
    if not text.strip():
        raise Refused("Say why the decision is wrong.")
    if not decision.in_force or case.state != Case.State.DECIDED:
        raise Refused("This decision is not in force, or a moderator reviews it already.")
    if case.appeals.filter(voter=voter_id).exists():
        raise Refused("You have appealed already. You can appeal once.")
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
        Refused: the appeal has an answer, the author made or approved the decision, or has not
            claimed the case.
        PermissionDenied: the author may not answer appeals.
    """
    kind = Decision.Kind.GRANT if grant else Decision.Kind.UPHOLD
    require_permission(author, RULES[kind].permission)
    found = Appeal.objects.select_related("decision__approval").get(pk=appeal_id)
    case = lock_for(found.case_id, author)
    if found.answer:
        raise Refused("This appeal is answered already.")
    if author.pk in deciders(found.decision):
        raise Refused("An appeal goes to another moderator than the one who decided.")
    require_claim(case, author)
    if DecidedVote.objects.filter(decision=found.decision, after=None).exists():
        raise Refused("This decision is still being applied.")
    votes = restorable_votes(found.decision, votes_of(case)) if grant else []
    if subject_of(case) == Subject.NEWCOMERS:  # the other accounts need not be honest
        own = set(accounts_of(found.voter_id).values_list("pk", flat=True))
        votes = [vote for vote in votes if vote.voter_id in own]
    decision = save_decision(
        case,
        kind,
        author,
        votes,
        influence=impact_for(kind, author, votes),
        reason=reason,
        message=message,
        appeal=found,
    )
    close_case(case, decision)
    log_decision(case, decision)
    return decision


def deciders(decision: Decision) -> set[int]:
    """The moderators who made a decision or approved it."""
    approval = getattr(decision, "approval", None)
    return {decision.author_id, *([approval.author_id] if approval else [])}
