"""The effects of a decision once it is in force."""

import uuid

from arena.battles.reading import conversations
from arena.integrity.collusion.newcomers import (
    acknowledge_newcomers,
    revoke_newcomers_acknowledgement,
)
from arena.integrity.holding import acknowledge_evidence, revoke_acknowledgement
from arena.moderation.background import APPLY_DECISION, request_on_commit
from arena.moderation.decisions.kinds import Effect, Subject, rule_of, subject_of
from arena.moderation.evidence.votes import strongest_signal
from arena.moderation.models import Decision
from arena.voters import bans


def take_effect(decision: Decision) -> None:
    """Do what a decision does besides changing votes, and request the task that changes these."""
    if subject_of(decision.case) == Subject.NEWCOMERS:
        _acknowledge_newcomers(decision)
    elif rule_of(decision).acknowledges_evidence:
        for voter in decision.case.voters.exclude(evidence=None):
            acknowledge_evidence(voter.pk)
    elif decision.undoes and rule_of(decision.undoes).acknowledges_evidence:
        for voter_id, level in decision.undoes.reviewed_before.items():
            revoke_acknowledgement(uuid.UUID(voter_id), level)
    if reversed_one := _reversed_by(decision):
        _lift(reversed_one)
    elif decision.undoes and (reimposed := _reversed_by(decision.undoes)):
        _impose(reimposed)
    else:
        _impose(decision)
    request_on_commit(APPLY_DECISION, decision.pk)


def _acknowledge_newcomers(decision: Decision) -> None:
    """Let newcomers go on voting as they do, if the whole case was dismissed, not some votes."""
    if decision.undoes:
        revoke_newcomers_acknowledgement(decision.undoes.pk)
    signal = strongest_signal(decision.case)
    if decision.kind == Decision.Kind.DISMISS and not decision.scope and signal:
        acknowledge_newcomers(signal.detail["contestant"], signal.detail["change"], decision.pk)


def _reversed_by(decision: Decision) -> Decision | None:
    """The decision that this one reverses: by granting an appeal against it, or by undoing it."""
    if decision.kind == Decision.Kind.GRANT and decision.appeal:
        return decision.appeal.decision
    undone = decision.undoes
    return None if undone and undone.kind == Decision.Kind.GRANT else undone


def _impose(decision: Decision) -> None:
    effect = rule_of(decision).effect
    if effect == Effect.SUSPEND_VOTERS:
        bans.suspend(_voter_ids(decision))
    if effect == Effect.HIDE_CONVERSATION:
        conversations.hide(_battle_ids(decision))


def _lift(decision: Decision) -> None:
    effect = rule_of(decision).effect
    if effect == Effect.SUSPEND_VOTERS:
        bans.reinstate(_voter_ids(decision))
    if effect == Effect.HIDE_CONVERSATION:
        conversations.show(_battle_ids(decision))
    if effect == Effect.BAN_NETWORKS:
        bans.lift(decision.pk)


def _voter_ids(decision: Decision) -> list[uuid.UUID]:
    return list(decision.case.voters.values_list("pk", flat=True))


def _battle_ids(decision: Decision) -> list[uuid.UUID]:
    return [decision.case.battle_id] if decision.case.battle_id else []
