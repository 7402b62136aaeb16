"""The table of kinds of decisions, and the rules of the database beside it."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.test import Client

from arena.integrity.models import Signal
from arena.leaderboards.models import Outcome
from arena.moderation.cases.opening import open_case
from arena.moderation.cases.review import Refused, claim_case
from arena.moderation.decisions.appeals import answer_appeal, appeal
from arena.moderation.decisions.apply import apply_decision
from arena.moderation.decisions.deciding import (
    approve_decision,
    ban_networks,
    decide,
    decide_cases,
    undo,
)
from arena.moderation.decisions.kinds import RULES, Occasion
from arena.moderation.decisions.preview import preview
from arena.moderation.models import Approval, Case, Decision
from arena.moderation.roles import APPROVE, DECIDE, PERMISSIONS, Role
from arena.voters.models import Member, Voter
from tests.arena_settings import ChangeSettings
from tests.integrity.conftest import cast_one
from tests.members import logged_in
from tests.moderation.cases import Rigged, claimed, decided, rig, standings
from tests.moderation.conftest import Moderator

pytestmark = pytest.mark.django_db
EXCLUDE, DISMISS, HOLD = Decision.Kind.EXCLUDE, Decision.Kind.DISMISS, Decision.Kind.HOLD
VALUES = {"reason": "A test.", "influence": 0.0, "needs_second": False}


def stored(case: Case, kind: Decision.Kind, author: Member, **values: Any) -> bool:
    """Whether the database takes such a decision; nothing is kept."""
    try:
        with transaction.atomic():
            Decision.objects.create(case=case, kind=kind, author=author, **VALUES, **values)
            transaction.set_rollback(True)
    except DatabaseError:
        return False
    return True


def test_every_kind_has_its_rules() -> None:
    assert RULES.keys() == set(Decision.Kind)


@pytest.mark.parametrize("kind", Decision.Kind)
def test_the_database_has_the_rules_of_the_table(
    case: Case, moderator: Moderator, kind: Decision.Kind
) -> None:
    """What a decision answers, and whether its author must have claimed the case."""
    rule, ann, bob = RULES[kind], moderator("ann"), moderator("bob")
    made = decided(case, EXCLUDE, bob)
    appealed = appeal(case.voters.get().pk, made.pk, "No.")
    answered: dict[Occasion, dict[str, Any]] = {
        Occasion.CASE: {},
        Occasion.APPEAL: {"appeal": appealed},
        Occasion.DECISION: {"undoes": made},
    }
    assert stored(case, kind, ann, **answered[rule.occasion]) != rule.needs_claim
    claim_case(case.pk, ann)
    for occasion, values in answered.items():
        # An answer to an appeal may come with any decision of its time; the reverse it may not.
        if (rule.occasion, occasion) != (Occasion.CASE, Occasion.APPEAL):
            assert stored(case, kind, ann, **values) == (occasion == rule.occasion), occasion


@pytest.mark.parametrize("kind", [kind for kind in Decision.Kind if RULES[kind].to_standing])
def test_a_decision_gives_votes_the_standing_of_the_table(
    case: Case, rigged: Rigged, moderator: Moderator, kind: Decision.Kind
) -> None:
    rule, ann, bob = RULES[kind], moderator("ann"), moderator("bob")
    if rule.fewest_voters > 1:
        case.voters.add(Voter.objects.create())
    if rule.occasion == Occasion.CASE:
        decided(case, kind, ann)
    elif rule.occasion == Occasion.APPEAL:
        made = appeal(rigged.voter.pk, decided(case, EXCLUDE, ann).pk, "No.")
        claim_case(case.pk, bob)
        apply_decision(answer_appeal(made.pk, bob, grant=True, reason="True.").pk)
    else:
        earlier = decided(case, DISMISS, ann)
        apply_decision(undo(earlier.pk, ann, reason="Wrong.").pk)
    given = "held" if rule.occasion == Occasion.DECISION or kind == HOLD else rule.to_standing
    assert standings(rigged.voter) == {str(given): 16}
    case.refresh_from_db()
    assert case.state == rule.state_after


def test_the_service_refuses_members_without_the_permission(
    rigged: Rigged, case: Case, moderator: Moderator, arena_settings: ChangeSettings
) -> None:
    """No view is between these callers and the service."""
    members = {role: moderator(role.split()[0], role) for role in Role}
    arena_settings(second_moderator_points=0.0)
    for role, member in members.items():
        may_decide = DECIDE in PERMISSIONS[role]
        Case.objects.update(assignee=member)
        if may_decide:
            waiting = decide(case.pk, EXCLUDE, member, reason="Clear.")
            Case.objects.update(state="open")
            continue
        with pytest.raises(PermissionDenied):
            decide(case.pk, EXCLUDE, member, reason="Clear.")
        with pytest.raises(PermissionDenied):
            undo(waiting.pk, member, reason="Clear.")
        with pytest.raises(PermissionDenied):
            approve_decision(waiting.pk, member, grant=True, reason="Clear.")
    Case.objects.update(assignee=members[Role.MODERATOR])
    with pytest.raises(PermissionDenied):
        ban_networks(case.pk, members[Role.MODERATOR], days=1, reason="Clear.")
    with pytest.raises(PermissionDenied):
        approve_decision(waiting.pk, members[Role.MODERATOR], grant=True, reason="Clear.")
    assert not Approval.objects.exists()
    assert standings(rigged.voter) == {"held": 16}
    assert RULES[Decision.Kind.BAN].permission == APPROVE


@pytest.fixture
def three(rigged: Rigged, case: Case, arena_settings: ChangeSettings) -> list[Case]:
    """Cases that need no second moderator alone, but need one together."""
    cases = [case, *(rig(rigged.pool, Voter.objects.create()) for _ in range(2))]
    arena_settings(second_moderator_points=1.4 * max(case.influence for case in cases))
    return cases


def test_a_caller_of_the_service_cannot_split_a_large_decision(
    three: list[Case], moderator: Moderator
) -> None:
    ann, bob = moderator("ann"), moderator("bob")
    first, second, third = (decided(case, EXCLUDE, ann) for case in three)
    assert [made.needs_second for made in (first, second, third)] == [False, True, True]
    assert second.influence > 1.4 * first.influence
    assert {Case.objects.get(pk=case.pk).state for case in three[1:]} == {"second"}
    undone = undo(first.pk, bob, reason="Wrong.")  # of whom it is the only decision
    assert not undone.needs_second


def test_a_caller_of_the_page_cannot_split_a_large_decision(
    three: list[Case], moderator: Moderator
) -> None:
    ann = moderator("ann")
    client: Client = logged_in(ann)
    for case in three:
        form = {"case": claimed(case, ann), "kind": "exclude", "reason": "Clear."}
        client.post("/moderation/decide/", form)
    decisions = Decision.objects.order_by("pk")
    assert list(decisions.values_list("needs_second", flat=True)) == [False, True, True]


def test_decisions_that_their_author_undid_do_not_add_up(
    three: list[Case], moderator: Moderator
) -> None:
    ann = moderator("ann")
    dismissed = decided(three[0], DISMISS, ann)
    apply_decision(undo(dismissed.pk, ann, reason="Wrong.").pk)
    other = decided(three[1], DISMISS, ann)
    assert not other.needs_second
    assert other.influence == pytest.approx(dismissed.influence, rel=0.1)


def test_counting_votes_for_a_model_and_excluding_votes_for_it_cancel_out(
    three: list[Case], moderator: Moderator
) -> None:
    ann = moderator("ann")
    dismissed = decided(three[0], DISMISS, ann)
    excluded = decided(three[1], EXCLUDE, ann)
    assert excluded.influence < 0.5 * dismissed.influence


def test_counting_votes_for_a_model_and_excluding_votes_against_it_add_up(
    rigged: Rigged, three: list[Case], moderator: Moderator
) -> None:
    ann, against = moderator("ann"), Voter.objects.create()
    for number in range(16):
        cast_one(against, rigged.pool[3], rigged.pool[4 if number % 2 else 2], Outcome.B)
    signal = Signal.objects.create(kind="preference", detail={})
    signal.voters.add(against)
    alone = preview(other := open_case(signal.pk), EXCLUDE, {}).influence
    dismissed = decided(three[0], DISMISS, ann)
    assert decided(other, EXCLUDE, ann).influence > 1.5 * max(alone, dismissed.influence)


def test_cases_decided_at_once_are_measured_together(
    three: list[Case], moderator: Moderator
) -> None:
    ann = moderator("ann")
    numbers = [claimed(case, ann) for case in three]
    made = decide_cases(numbers, EXCLUDE, ann, reason="All.")
    assert [decision.needs_second for decision in made.decisions] == [True] * 3
    assert len({decision.influence for decision in made.decisions}) == 1


def test_a_case_that_cannot_be_decided_does_not_stop_the_others(
    three: list[Case], moderator: Moderator
) -> None:
    ann, bob = moderator("ann"), moderator("bob")
    claimed(three[1], bob)
    numbers = [claimed(three[0], ann), three[1].pk, claimed(three[2], ann)]
    made = decide_cases(numbers, HOLD, ann, reason="Not clear.")
    assert [decision.case_id for decision in made.decisions] == [numbers[0], numbers[2]]
    assert [str(refused) for refused in made.refusals] == [
        f"Case {numbers[1]} is under review by bob."
    ]


def test_only_some_kinds_are_made_in_several_cases_at_once(
    three: list[Case], moderator: Moderator
) -> None:
    ann = moderator("ann")
    numbers = [claimed(case, ann) for case in three]
    for kind, rule in RULES.items():
        if rule.occasion == Occasion.CASE and not rule.in_batch and rule.permission != APPROVE:
            with pytest.raises(Refused, match="one case at a time"):
                decide_cases(numbers, kind, ann, reason="All.")
    assert not Decision.objects.exists()
    page = logged_in(ann).get("/moderation/").content.decode()
    offered = {kind for kind in Decision.Kind if f'name="kind" value="{kind}"' in page}
    assert offered == {kind for kind, rule in RULES.items() if rule.in_batch}


def test_an_approved_decision_is_not_added_to_later_ones(
    three: list[Case], moderator: Moderator
) -> None:
    ann, eve = moderator("ann"), moderator("eve", Role.SENIOR)
    numbers = [claimed(case, ann) for case in three[:2]]
    for decision in decide_cases(numbers, EXCLUDE, ann, reason="Both.").decisions:
        approve_decision(decision.pk, eve, grant=True, reason="Clear.")
        apply_decision(decision.pk)
    assert not decided(three[2], EXCLUDE, ann).needs_second


def test_the_table_has_no_rule_that_contradicts_another() -> None:
    for rule in RULES.values():
        assert rule.occasion == Occasion.CASE or not rule.from_standings
        assert rule.to_standing not in rule.from_standings
        assert bool(rule.from_standings) <= (rule.to_standing is not None)
        assert rule.large_needs_second <= (rule.to_standing is not None)
