"""The kinds of decisions and their rules: one table.

Services, pages and reports read it; `tests/moderation/test_kinds.py` compares it with the
constraints and triggers of the database.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from django.core.exceptions import PermissionDenied

from arena.battles.models import VoteStanding
from arena.integrity.models import Signal
from arena.moderation.models import Case, Decision
from arena.moderation.roles import APPROVE, DECIDE
from arena.voters.models import Member

COUNTED, HELD, EXCLUDED = VoteStanding.Standing


class Subject(StrEnum):
    """What a case is about."""

    VOTERS = "voters"
    NEWCOMERS = "newcomers"  # honest voters are among them
    CONTENT = "content"


class Occasion(StrEnum):
    """What a decision responds to."""

    CASE = "case"
    APPEAL = "appeal"
    DECISION = "decision"  # to undo it


class Effect(StrEnum):
    """What a decision does besides changing votes."""

    NONE = ""
    SUSPEND_VOTERS = "suspend voters"
    BAN_NETWORKS = "ban networks"
    HIDE_CONVERSATION = "hide conversation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The rules of one kind of decision.

    Attributes:
        occasion: what it responds to.
        permission: the permission that its author needs, of `arena.moderation.roles`.
        needs_claim: whether its author must have claimed the case.
        subjects: the subjects of the cases that it can decide.
        fewest_voters: the number of voters that the case must have.
        from_standings: the standings of the votes that it changes. Empty: it changes no votes, or,
            if it answers an appeal or undoes a decision, the votes of that decision.
        to_standing: the standing that it gives to votes, unless it restores an earlier one.
        effect: its effect besides the votes.
        acknowledges_evidence: whether only new evidence against the voters opens the case again.
        state_after: the state of the case once it is in force; None: the case stays as it is, with
            its reviewer.
        state_after_in: the same in cases about some subjects, where it differs.
        state_after_part_in: the same if its scope is a part of the votes.
        can_be_undone: whether another decision can undo it.
        in_batch: whether it can be made in several cases at once.
        large_needs_second: whether a second moderator must approve it if its impact on the ratings
            exceeds `ARENA_SECOND_MODERATOR_POINTS`.
    """

    occasion: Occasion = Occasion.CASE
    permission: str = DECIDE
    needs_claim: bool = True
    subjects: frozenset[Subject]
    fewest_voters: int = 0
    from_standings: frozenset[str] = frozenset()
    to_standing: VoteStanding.Standing | None = None
    effect: Effect = Effect.NONE
    acknowledges_evidence: bool = False
    state_after: Case.State | None
    state_after_in: Mapping[Subject, Case.State] = field(default_factory=dict)
    state_after_part_in: Mapping[Subject, Case.State] = field(default_factory=dict)
    can_be_undone: bool = True
    in_batch: bool = False
    large_needs_second: bool = False


EVERY = frozenset(Subject)
VOTERS, OF_VOTES = frozenset({Subject.VOTERS}), frozenset({Subject.VOTERS, Subject.NEWCOMERS})

RULES: dict[Decision.Kind, Rule] = {
    Decision.Kind.DISMISS: Rule(
        subjects=EVERY,
        from_standings=frozenset({HELD}),
        to_standing=COUNTED,
        acknowledges_evidence=True,
        state_after=Case.State.SNOOZED,
        state_after_part_in={Subject.NEWCOMERS: Case.State.OPEN},
        in_batch=True,
        large_needs_second=True,
    ),
    Decision.Kind.HOLD: Rule(
        subjects=OF_VOTES,
        from_standings=frozenset({COUNTED}),
        to_standing=HELD,
        state_after=Case.State.SNOOZED,
        in_batch=True,
    ),
    Decision.Kind.EXCLUDE: Rule(
        subjects=OF_VOTES,
        from_standings=frozenset({COUNTED, HELD}),
        to_standing=EXCLUDED,
        state_after=Case.State.DECIDED,
        in_batch=True,
        large_needs_second=True,
    ),
    Decision.Kind.GROUP: Rule(
        subjects=VOTERS,
        fewest_voters=2,
        from_standings=frozenset({COUNTED, HELD}),
        to_standing=EXCLUDED,
        state_after=Case.State.DECIDED,
        large_needs_second=True,
    ),
    Decision.Kind.SUSPEND: Rule(
        subjects=VOTERS,
        from_standings=frozenset({COUNTED, HELD}),
        to_standing=EXCLUDED,
        effect=Effect.SUSPEND_VOTERS,
        state_after=Case.State.DECIDED,
        large_needs_second=True,
    ),
    Decision.Kind.HIDE: Rule(
        subjects=frozenset({Subject.CONTENT}),
        effect=Effect.HIDE_CONVERSATION,
        state_after=Case.State.DECIDED,
    ),
    Decision.Kind.BAN: Rule(
        permission=APPROVE,
        subjects=VOTERS,
        effect=Effect.BAN_NETWORKS,
        state_after=None,
    ),
    Decision.Kind.UNDO: Rule(
        occasion=Occasion.DECISION,
        needs_claim=False,
        subjects=EVERY,
        to_standing=COUNTED,
        state_after=Case.State.OPEN,
        can_be_undone=False,
        large_needs_second=True,
    ),
    Decision.Kind.GRANT: Rule(
        occasion=Occasion.APPEAL,
        subjects=EVERY,
        to_standing=COUNTED,
        acknowledges_evidence=True,
        state_after=Case.State.SNOOZED,
        state_after_in={Subject.NEWCOMERS: Case.State.DECIDED},  # other votes stay excluded
        large_needs_second=True,
    ),
    Decision.Kind.UPHOLD: Rule(
        occasion=Occasion.APPEAL,
        subjects=EVERY,
        state_after=Case.State.DECIDED,
        can_be_undone=False,
    ),
}


def rule_of(decision: Decision) -> Rule:
    """The rules of a decision's kind."""
    return RULES[Decision.Kind(decision.kind)]


def subject_of(case: Case) -> Subject:
    """What a case is about."""
    if case.kind == Signal.Kind.NEWCOMERS:
        return Subject.NEWCOMERS
    return Subject.CONTENT if case.battle_id else Subject.VOTERS


def kinds_about(subject: Subject) -> list[Decision.Kind]:
    """The kinds that decide a case about this, in the order of the table."""
    return [
        kind
        for kind, rule in RULES.items()
        if rule.occasion == Occasion.CASE and rule.state_after and subject in rule.subjects
    ]


def refusal(kind: Decision.Kind, case: Case) -> str:
    """Why this kind of decision cannot be made in a case, in a sentence; empty if it can."""
    rule = RULES[kind]
    if subject_of(case) not in rule.subjects:
        if rule.effect == Effect.BAN_NETWORKS and subject_of(case) == Subject.NEWCOMERS:
            return "Honest visitors are among these accounts: their networks are not banned."
        return f"Case {case.pk} is of another kind."
    if rule.fewest_voters > 1 and case.voters.count() < rule.fewest_voters:
        return "A group has at least two voters."
    if rule.effect == Effect.HIDE_CONVERSATION and not case.may_be_hidden:
        return "This conversation is not public: there is nothing to hide."
    return ""


def require_permission(author: Member, permission: str) -> None:
    """Raise unless this member has a role with the permission.

    Raises:
        PermissionDenied: they have none.
    """
    if not author.has_perm(f"moderation.{permission}"):
        raise PermissionDenied(f"This needs the permission {permission}.")


def state_in_force(decision: Decision) -> Case.State:
    """The state of a case once a decision in it is in force."""
    case, rule = decision.case, rule_of(decision)
    if case.simulation_id is not None:
        return Case.State.DECIDED
    undone = decision.undoes
    if undone is not None and RULES[Decision.Kind(undone.kind)].state_after is None:
        return Case.State(case.state)
    if undone is not None and undone.appeal_id is not None:
        return Case.State.APPEALED
    subject = subject_of(case)
    if decision.scope and subject in rule.state_after_part_in:
        return rule.state_after_part_in[subject]
    return rule.state_after_in.get(subject) or rule.state_after or Case.State(case.state)


def can_be_undone(decision: Decision) -> bool:
    """Whether a decision can be undone: it is in force, and no appeal against it was granted."""
    if not decision.in_force or not rule_of(decision).can_be_undone:
        return False
    answers = [appeal.answer for appeal in decision.appeals.all()]
    return not any(answer and answer.kind == Decision.Kind.GRANT for answer in answers)
