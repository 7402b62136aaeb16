"""From a signal to a case, a decision, an appeal, and back to the exact earlier figures."""

import math
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import DatabaseError, transaction
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from arena.battles.models import Vote, VoteStanding
from arena.integrity import services as integrity
from arena.moderation import selectors, services
from arena.moderation.models import Appeal, Approval, AuditEntry, Case, DecidedVote, Decision
from arena.moderation.roles import Role
from arena.voters.models import Voter
from ratings.models import Outcome
from tests.integrity.conftest import cast_one
from tests.moderation.conftest import Moderator, Rigged, figures, rig

pytestmark = pytest.mark.django_db
EXCLUDE, DISMISS, HOLD = Decision.Kind.EXCLUDE, Decision.Kind.DISMISS, Decision.Kind.HOLD


def standings(voter: Voter) -> dict[str, int]:
    counts = selectors.standing_counts(voter.pk)
    return {standing: votes for standing, votes in counts.items() if votes}


def decided(case: Case, kind: Decision.Kind, author: Any, **values: Any) -> Decision:
    decision = services.decide(case.pk, kind, author, reason="A pattern.", **values)
    services.apply_decision(decision.pk)
    return decision


def state(case: Case) -> str:
    return Case.objects.get(pk=case.pk).state


def test_a_signal_opens_one_case_that_grows(
    rigged: Rigged,
    case: Case,
    moderator: Moderator,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    assert selectors.signals_without_case() == []
    assert services.open_case(case.signals.get().pk) == case
    assert (case.state, case.kind, case.contestant) == ("open", "preference", rigged.pool[3])
    assert case.boards == ["fresh", "lang-en", "overall"]
    assert list(case.voters.all()) == [rigged.voter]
    assert case.log_e >= math.log(100)
    assert case.influence > 0.5
    assert case.priority == pytest.approx(case.influence * case.log_e)

    decided(case, DISMISS, moderator("ann"))
    assert (state(case), standings(rigged.voter)) == ("snoozed", {"counted": 16})
    with django_capture_on_commit_callbacks(execute=True):
        grown = rig(rigged.pool, rigged.voter, 24)
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        assert b"arena.moderation.tasks.open_case" in b"".join(client.lrange("integrity", 0, -1))
    assert (grown, grown.state, grown.signals.count()) == (case, "open", 2)
    assert grown.log_e > case.log_e
    assert standings(rigged.voter) == {"held": 40}


def test_what_was_decided_is_undone_to_the_exact_figures(
    rigged: Rigged, case: Case, moderator: Moderator
) -> None:
    ann, bob = moderator("ann"), moderator("bob")
    clean, voter, pool = rigged.without, rigged.voter, rigged.pool
    assert figures() == clean
    dismissed = decided(case, DISMISS, ann)
    assert figures() == rigged.figures != clean
    undone = services.undo(dismissed.pk, bob, reason="Not so fast.")
    services.apply_decision(undone.pk)
    assert (figures(), standings(voter), state(case)) == (clean, {"held": 16}, "open")
    held = VoteStanding.objects.filter(vote__voter=voter).first()
    assert held is not None
    assert (held.code, held.author) == ("review", bob)
    cast_one(voter, pool[0], pool[4], Outcome.A)
    integrity.check_voter(voter.pk)  # the evidence is as it was before the dismissal
    assert standings(voter) == {"held": 17}

    excluded = decided(case, EXCLUDE, ann)
    assert (standings(voter), state(case)) == ({"excluded": 17}, "decided")
    with pytest.raises(services.Refused, match="not open"):
        services.decide(case.pk, DISMISS, ann, reason="Again.")
    with pytest.raises(services.Refused, match="not in force"):
        services.undo(dismissed.pk, ann, reason="Twice.")
    services.apply_decision(services.undo(excluded.pk, ann, reason="Wrong.").pk)
    services.apply_decision(excluded.pk)
    assert (figures(), standings(voter)) == (clean, {"held": 17})


def test_an_appeal_goes_to_another_moderator_who_can_give_all_back(
    rigged: Rigged, case: Case, moderator: Moderator, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, bob, voter = moderator("ann"), moderator("bob"), rigged.voter
    decision = decided(case, EXCLUDE, ann, message="Your votes favour one model.")
    (ruling,) = selectors.rulings_for(voter.pk)
    assert (ruling.votes, ruling.may_appeal) == (16, True)
    with pytest.raises(services.Refused, match="Say why"):
        services.appeal(voter.pk, decision.pk, " ")
    made = services.appeal(voter.pk, decision.pk, "I do like it best.")
    assert state(case) == "appealed"
    with pytest.raises(services.Refused):
        services.appeal(voter.pk, decision.pk, "Please.")
    with pytest.raises(services.Refused, match="another moderator"):
        services.answer_appeal(made.pk, ann, grant=False, reason="I was right.")
    with monkeypatch.context() as unguarded, transaction.atomic():
        unguarded.setattr(services, "_deciders", lambda decision: set())
        with pytest.raises(DatabaseError, match="another moderator"):
            services.answer_appeal(made.pk, ann, grant=False, reason="I was right.")

    monkeypatch.setattr(services, "DONE_AT_ONCE", 5)
    answer = services.answer_appeal(made.pk, bob, grant=True, reason="Plausible.")
    services.apply_decision(answer.pk)
    assert (figures(), standings(voter), state(case)) == (
        rigged.figures,
        {"counted": 16},
        "snoozed",
    )
    (ruling,) = selectors.rulings_for(voter.pk)
    assert ruling.appeal is not None
    assert ruling.appeal.answer == answer
    with pytest.raises(services.Refused):
        services.appeal(voter.pk, decision.pk, "Again.")
    with pytest.raises(services.Refused, match="not in force"):
        services.undo(decision.pk, bob, reason="Twice.")
    assert Appeal.objects.count() == 1


def test_what_moves_the_top_needs_a_second_moderator(
    rigged: Rigged, case: Case, moderator: Moderator, settings: Settings
) -> None:
    settings.ARENA_SECOND_MODERATOR_POINTS = 0.5
    ann, eve, voter = moderator("ann"), moderator("eve", Role.SENIOR), rigged.voter
    refused = decided(case, EXCLUDE, ann)
    assert refused.needs_second
    assert (state(case), standings(voter)) == ("second", {"held": 16})
    assert selectors.decisions_due() == []
    with pytest.raises(services.Refused, match="own decision"):
        services.second(refused.pk, ann, grant=True, reason="Sure.")
    with pytest.raises(DatabaseError, match="second moderator"), transaction.atomic():
        Approval.objects.create(decision=refused, granted=True, reason="Sure.", author=ann)
    services.second(refused.pk, eve, grant=False, reason="Thin.")
    services.apply_decision(refused.pk)
    assert (state(case), standings(voter)) == ("open", {"held": 16})

    granted = decided(case, EXCLUDE, ann)
    services.second(granted.pk, eve, grant=True, reason="Clear.")
    assert selectors.decisions_due() == [granted.pk]  # a sweep would do it
    services.apply_decision(granted.pk)
    assert (state(case), standings(voter)) == ("decided", {"excluded": 16})
    assert selectors.decisions_due() == []


def test_a_decision_may_be_of_a_selection_and_is_previewed(
    rigged: Rigged, case: Case, moderator: Moderator
) -> None:
    ann, voter, pool = moderator("ann"), rigged.voter, rigged.pool
    chosen = list(Vote.objects.filter(voter=voter).order_by("pk").values_list("pk", flat=True))[:6]
    seen = selectors.preview(case, DISMISS, {"votes": chosen})
    assert [vote.pk for vote in seen.votes] == chosen
    before = {row["contestant"]: row["rating"] for row in rigged.without}
    decided(case, DISMISS, ann, scope={"votes": chosen})
    assert standings(voter) == {"counted": 6, "held": 10}
    after = {row["contestant"]: row["rating"] for row in figures()}
    assert seen.effect is not None
    for shift in seen.effect.shifts:
        moved = after[shift.contestant.pk] - before[shift.contestant.pk]
        assert moved == pytest.approx(shift.points, abs=0.02)
    assert seen.effect.shifts[0].contestant == pool[3]
    assert selectors.preview(case, EXCLUDE, {"until": "2020-01-01"}).votes == []


def test_two_moderators_do_not_review_the_same_case(case: Case, moderator: Moderator) -> None:
    ann, bob = moderator("ann"), moderator("bob")
    services.claim(case.pk, ann)
    services.claim(case.pk, ann)
    for refused in (
        lambda: services.claim(case.pk, bob),
        lambda: services.release(case.pk, bob),
        lambda: services.decide(case.pk, HOLD, bob, reason="Mine."),
    ):
        with pytest.raises(services.Refused, match="reviewed by ann"):
            refused()
    services.release(case.pk, ann)
    services.claim(case.pk, bob)
    actions = list(AuditEntry.objects.order_by("number").values_list("action", "actor__username"))
    assert actions == [
        ("opened", None),
        ("claimed", "ann"),
        ("released", "ann"),
        ("claimed", "bob"),
    ]


def test_decisions_are_final(case: Case, moderator: Moderator) -> None:
    decision = decided(case, EXCLUDE, moderator("ann"))
    for change in (
        lambda: Decision.objects.update(reason="Another."),
        lambda: DecidedVote.objects.all().delete(),
        lambda: DecidedVote.objects.filter(decision=decision).update(vote=1),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
