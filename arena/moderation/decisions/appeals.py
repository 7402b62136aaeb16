"""Appeals of voters, and the answers to them."""

import uuid

from django.db import transaction

from arena.integrity.models import Signal
from arena.moderation.audit import log
from arena.moderation.cases.review import Refused, lock_for, require_claim
from arena.moderation.decisions.saving import close_case, deciders, save_decision, state_after
from arena.moderation.decisions.scope import accounts_of, restored
from arena.moderation.evidence.votes import votes_of
from arena.moderation.live import announce
from arena.moderation.models import Appeal, AuditEntry, Case, DecidedVote, Decision
from arena.voters.models import Member


@transaction.atomic
def appeal(voter_id: uuid.UUID, decision_id: int, text: str) -> Appeal:
    """A voter's appeal against a decision that excludes votes of theirs: once in a case.

    Raises:
        Refused: there is nothing to appeal against, they have appealed, or it says nothing.
    """
    decision = Decision.objects.select_related("approval").get(pk=decision_id)
    case = Case.objects.select_for_update().get(pk=decision.case_id)
    if not text.strip():
        raise Refused("Say why the decision is wrong.")
    if not decision.in_force or case.state != Case.State.DECIDED:
        raise Refused("This decision is not in force, or is being looked at already.")
    if case.appeals.filter(voter=voter_id).exists():
        raise Refused("You have appealed already; that is possible once.")
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
        Refused: it is answered, its author or approver decided the case before, or the author has
            not claimed the case.
    """
    found = Appeal.objects.select_related("decision__approval").get(pk=appeal_id)
    case = lock_for(found.case_id, author)
    if found.answer:
        raise Refused("This appeal is answered.")
    if author.pk in deciders(found.decision):
        raise Refused("An appeal goes to another moderator than the one who decided.")
    require_claim(case, author)
    if DecidedVote.objects.filter(decision=found.decision, after=None).exists():
        raise Refused("This decision is still being done.")
    kind = Decision.Kind.GRANT if grant else Decision.Kind.UPHOLD
    votes = restored(found.decision, votes_of(case)) if grant else []
    if case.kind == Signal.Kind.NEWCOMERS:  # who appeals is honest; the others need not be
        own = accounts_of(found.voter_id)
        votes = [vote for vote in votes if vote.voter_id in own]
    decision = save_decision(
        case, kind, author, votes, reason=reason, message=message, appeal=found
    )
    case.state = state_after(decision)
    close_case(case, decision)
    return decision
