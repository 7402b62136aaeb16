"""What a decision does once it is taken."""

import uuid
from functools import partial

from django.db import transaction

from arena.battles.reading import conversations
from arena.integrity.collusion.newcomers import let_newcomers_pass, review_newcomers_anew
from arena.integrity.holding import acknowledge_evidence, revoke_acknowledgement
from arena.integrity.models import Signal
from arena.moderation.evidence.votes import strongest_signal
from arena.moderation.models import Decision
from arena.voters import bans


def take_effect(decision: Decision) -> None:
    """What a decision does besides votes, and the request to change these."""
    from arena.moderation.tasks import request_decision  # noqa: PLC0415 - tasks call services

    lets_pass = {Decision.Kind.DISMISS, Decision.Kind.GRANT}
    if decision.case.kind == Signal.Kind.NEWCOMERS:
        _let_newcomers_pass(decision)
    elif decision.kind in lets_pass:
        for voter in decision.case.voters.exclude(evidence=None):
            acknowledge_evidence(voter.pk)
    elif decision.undoes and decision.undoes.kind in lets_pass:
        for voter_id, level in decision.undoes.reviewed_before.items():
            revoke_acknowledgement(uuid.UUID(voter_id), level)
    if lifted := lifted_by(decision):
        _lift(lifted)
    elif decision.undoes and (again := lifted_by(decision.undoes)):
        _impose(again)
    else:
        _impose(decision)
    transaction.on_commit(partial(request_decision, decision.pk), robust=True)


def _let_newcomers_pass(decision: Decision) -> None:
    """Who dismisses all of a case lets newcomers vote so; to release some of them says nothing."""
    if decision.undoes:
        review_newcomers_anew(decision.undoes.pk)
    signal = strongest_signal(decision.case)
    if decision.kind == Decision.Kind.DISMISS and not decision.scope and signal:
        let_newcomers_pass(signal.detail["contestant"], signal.detail["change"], decision.pk)


def lifted_by(decision: Decision) -> Decision | None:
    """The decision that this one takes back: by granting an appeal, or by undoing it."""
    if decision.kind == Decision.Kind.GRANT and decision.appeal:
        return decision.appeal.decision
    undone = decision.undoes
    return None if undone and undone.kind == Decision.Kind.GRANT else undone


def _impose(decision: Decision) -> None:
    if decision.kind == Decision.Kind.SUSPEND:
        bans.suspend(voter_ids(decision))
    if decision.kind == Decision.Kind.HIDE:
        conversations.hide(battle_ids(decision))


def _lift(decision: Decision) -> None:
    if decision.kind == Decision.Kind.SUSPEND:
        bans.reinstate(voter_ids(decision))
    if decision.kind == Decision.Kind.HIDE:
        conversations.show(battle_ids(decision))
    if decision.kind == Decision.Kind.BAN:
        bans.lift(decision.pk)


def voter_ids(decision: Decision) -> list[uuid.UUID]:
    return list(decision.case.voters.values_list("pk", flat=True))


def battle_ids(decision: Decision) -> list[uuid.UUID]:
    return [decision.case.battle_id] if decision.case.battle_id else []
