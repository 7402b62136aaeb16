"""A signal opens a case; decisions and appeals change votes; undoing restores the exact ratings."""

import math
import re
from datetime import timedelta

import pytest
import redis
from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from arena.battles.models import Vote, VoteStanding
from arena.integrity.weighing import weigh_and_hold
from arena.leaderboards.models import Outcome
from arena.moderation.cases.opening import open_case
from arena.moderation.cases.review import Refused, claim_case, return_case
from arena.moderation.decisions import appeals, apply, deciding
from arena.moderation.decisions import preview as previewing
from arena.moderation.decisions.appeals import answer_appeal, appeal
from arena.moderation.decisions.apply import apply_decision
from arena.moderation.decisions.deciding import decide, undo
from arena.moderation.decisions.preview import preview
from arena.moderation.decisions.voter_view import rulings_for
from arena.moderation.evidence.votes import CaseVote, votes_of
from arena.moderation.models import Appeal, Approval, AuditEntry, Case, DecidedVote, Decision
from arena.moderation.roles import Role
from arena.moderation.sweep import decisions_due, signals_without_case
from arena.moderation.transparency import months
from arena.voters.models import Voter
from tests.arena_settings import ChangeSettings
from tests.integrity.conftest import cast_one
from tests.members import as_voter, logged_in
from tests.moderation.cases import Rigged, claimed, decided, figures, rig, standings, state
from tests.moderation.conftest import Moderator

pytestmark = pytest.mark.django_db
EXCLUDE, DISMISS, HOLD = Decision.Kind.EXCLUDE, Decision.Kind.DISMISS, Decision.Kind.HOLD


def test_a_signal_opens_a_case_and_later_signals_join_it(
    rigged: Rigged,
    case: Case,
    moderator: Moderator,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    assert signals_without_case() == []
    assert open_case(case.signals.get().pk) == case
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


def test_undoing_a_decision_restores_the_exact_ratings(
    rigged: Rigged, case: Case, moderator: Moderator
) -> None:
    ann, bob = moderator("ann"), moderator("bob")
    clean, voter, pool = rigged.without, rigged.voter, rigged.pool
    assert figures() == clean
    dismissed = decided(case, DISMISS, ann)
    assert figures() == rigged.figures != clean
    undone = undo(dismissed.pk, bob, reason="Not so fast.")
    apply_decision(undone.pk)
    assert (figures(), standings(voter), state(case)) == (clean, {"held": 16}, "open")
    held = VoteStanding.objects.filter(vote__voter=voter).first()
    assert held is not None
    assert (held.code, held.author) == ("review", bob)
    cast_one(voter, pool[0], pool[4], Outcome.A)
    weigh_and_hold(voter.pk)  # the evidence is as it was before the dismissal
    assert standings(voter) == {"held": 17}

    excluded = decided(case, EXCLUDE, ann)
    assert (standings(voter), state(case)) == ({"excluded": 17}, "decided")
    with pytest.raises(Refused, match="not open"):
        decide(case.pk, DISMISS, ann, reason="Again.")
    with pytest.raises(Refused, match="not in force"):
        undo(dismissed.pk, ann, reason="Twice.")
    apply_decision(undo(excluded.pk, ann, reason="Wrong.").pk)
    apply_decision(excluded.pk)
    assert (figures(), standings(voter)) == (clean, {"held": 17})


def test_another_moderator_answers_an_appeal_and_can_restore_all_votes(
    rigged: Rigged, case: Case, moderator: Moderator, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, bob, voter = moderator("ann"), moderator("bob"), rigged.voter
    decision = decided(case, EXCLUDE, ann, message="Your votes favour one model.")
    (ruling,) = rulings_for(voter.pk)
    assert (ruling.votes, ruling.may_appeal) == (16, True)
    with pytest.raises(Refused, match="Say why"):
        appeal(voter.pk, decision.pk, " ")
    made = appeal(voter.pk, decision.pk, "I do like it best.")
    assert state(case) == "appealed"
    with pytest.raises(Refused):
        appeal(voter.pk, decision.pk, "Please.")
    with pytest.raises(Refused, match="another moderator"):
        answer_appeal(made.pk, ann, grant=False, reason="I was right.")
    with monkeypatch.context() as unguarded, transaction.atomic():
        unguarded.setattr(appeals, "deciders", lambda decision: set())
        claim_case(case.pk, ann)
        with pytest.raises(DatabaseError, match="another moderator"):
            answer_appeal(made.pk, ann, grant=False, reason="I was right.")

    monkeypatch.setattr(apply, "BATCH", 5)
    return_case(case.pk, ann)
    with pytest.raises(Refused, match="Claim case"):
        answer_appeal(made.pk, bob, grant=True, reason="Plausible.")
    claim_case(case.pk, bob)
    answer = answer_appeal(made.pk, bob, grant=True, reason="Plausible.")
    apply_decision(answer.pk)
    assert (figures(), standings(voter), state(case)) == (
        rigged.figures,
        {"counted": 16},
        "snoozed",
    )
    (ruling,) = rulings_for(voter.pk)
    assert ruling.appeal is not None
    assert ruling.appeal.answer == answer
    with pytest.raises(Refused):
        appeal(voter.pk, decision.pk, "Again.")
    with pytest.raises(Refused, match="not in force"):
        undo(decision.pk, bob, reason="Twice.")
    assert Appeal.objects.count() == 1


def test_a_decision_with_a_large_impact_needs_a_second_moderator(
    rigged: Rigged, case: Case, moderator: Moderator, arena_settings: ChangeSettings
) -> None:
    arena_settings(second_moderator_points=0.5)
    ann, eve, voter = moderator("ann"), moderator("eve", Role.SENIOR), rigged.voter
    refused = decided(case, EXCLUDE, ann)
    assert refused.needs_second
    assert (state(case), standings(voter)) == ("second", {"held": 16})
    assert decisions_due() == []
    with pytest.raises(Refused, match="own decision"):
        deciding.approve_decision(refused.pk, ann, grant=True, reason="Sure.")
    with pytest.raises(DatabaseError, match="second moderator"), transaction.atomic():
        Approval.objects.create(decision=refused, granted=True, reason="Sure.", author=ann)
    deciding.approve_decision(refused.pk, eve, grant=False, reason="Thin.")
    apply_decision(refused.pk)
    assert (state(case), standings(voter)) == ("open", {"held": 16})

    granted = decided(case, EXCLUDE, ann)
    deciding.approve_decision(granted.pk, eve, grant=True, reason="Clear.")
    assert decisions_due() == [granted.pk]  # a sweep would do it
    apply_decision(granted.pk)
    assert (state(case), standings(voter)) == ("decided", {"excluded": 16})
    assert decisions_due() == []


def test_a_refused_decision_can_be_made_again(
    rigged: Rigged, case: Case, moderator: Moderator, arena_settings: ChangeSettings
) -> None:
    ann, bob, eve = moderator("ann"), moderator("bob"), moderator("eve", Role.SENIOR)
    voter = rigged.voter
    excluded = decided(case, EXCLUDE, ann)
    arena_settings(second_moderator_points=0.5)
    refused = undo(excluded.pk, bob, reason="Wrong.")
    assert state(case) == "second"
    assert rulings_for(voter.pk) != []  # it is in force until it is undone
    deciding.approve_decision(refused.pk, eve, grant=False, reason="Right.")
    apply_decision(refused.pk)
    assert (state(case), standings(voter)) == ("decided", {"excluded": 16})

    made = appeal(voter.pk, excluded.pk, "I like it.")
    claim_case(case.pk, bob)
    answer_appeal(made.pk, bob, grant=True, reason="Plausible.", message="It counts.")
    page = as_voter(voter).get("/account/decisions/").content.decode()
    assert "Another moderator will review it." in page
    assert "It counts." not in page
    with pytest.raises(Refused, match="is answered"):
        answer_appeal(made.pk, bob, grant=True, reason="Again.")
    claim_case(case.pk, bob)
    with pytest.raises(DatabaseError, match="already"), transaction.atomic():
        values = {"reason": "Twice.", "influence": 0.0, "needs_second": False, "author": bob}
        Decision.objects.create(case=case, kind="grant", appeal=made, **values)
    deciding.approve_decision(Decision.objects.latest("pk").pk, eve, grant=False, reason="Thin.")
    assert state(case) == "appealed"
    assert "It counts." not in as_voter(voter).get("/account/decisions/").content.decode()

    arena_settings(second_moderator_points=9)
    claim_case(case.pk, bob)
    granted = answer_appeal(made.pk, bob, grant=True, reason="New facts.")
    apply_decision(granted.pk)
    assert (state(case), standings(voter)) == ("snoozed", {"counted": 16})
    page = logged_in(ann).get(case.get_absolute_url()).content.decode()
    assert re.findall(r"decisions/(\d+)/undo", page) == [str(granted.pk)]
    assert [(m.decisions["exclude"], m.granted, m.answered, m.reversals) for m in months()] == [
        (1, 1, 1, 1)
    ]

    apply_decision(undo(granted.pk, ann, reason="No.").pk)
    assert (state(case), standings(voter)) == ("appealed", {"excluded": 16})
    claim_case(case.pk, bob)
    answer_appeal(made.pk, bob, grant=False, reason="Enough.")
    assert state(case) == "decided"
    assert "upheld" in as_voter(voter).get("/account/decisions/").content.decode()


def test_a_decision_can_be_limited_to_a_period(
    rigged: Rigged, case: Case, moderator: Moderator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of the votes are as if they had been cast in the days before."""
    real, now = votes_of, timezone.now()
    day = timedelta(days=1)

    def spread(of: Case) -> list[CaseVote]:
        votes = real(of)
        casts = [vote.cast - (n % 4) * day.total_seconds() for n, vote in enumerate(votes)]
        return [vote._replace(cast=cast) for vote, cast in zip(votes, casts, strict=True)]

    for module in (deciding, appeals, previewing):
        monkeypatch.setattr(module, "votes_of", spread)
    scope = {"since": f"{now - 2 * day:%Y-%m-%d}", "until": f"{now - day:%Y-%m-%d}"}
    form = {"case": case.pk, "kind": "exclude", **scope}
    ann = moderator("ann")
    claim_case(case.pk, ann)
    client = logged_in(ann)
    page = client.post("/moderation/preview/", form).content.decode()
    assert "8 votes go from held to excluded." in page
    client.post("/moderation/decide/", {**form, "reason": "These alone."})
    apply_decision(Decision.objects.get().pk)
    assert standings(rigged.voter) == {"excluded": 8, "held": 8}
    excluded = DecidedVote.objects.values_list("vote", flat=True)
    assert set(excluded) == {vote.pk for n, vote in enumerate(real(case)) if n % 4 in {1, 2}}


def test_a_group_of_voters_is_excluded_together(
    rigged: Rigged, case: Case, moderator: Moderator
) -> None:
    ann, second = moderator("ann"), Voter.objects.create()
    with pytest.raises(Refused, match="at least two voters"):
        decide(case.pk, Decision.Kind.GROUP, ann, reason="Alone.")
    for _ in range(3):
        cast_one(second, rigged.pool[3], rigged.pool[0], Outcome.A)
    case.voters.add(second)
    client = logged_in(ann)
    form = {"case": claimed(case, ann), "kind": "group"}
    page = client.post("/moderation/preview/", form).content.decode()
    assert "3 votes go from counted to excluded." in page
    assert "16 votes go from held to excluded." in page
    assert "come from the same networks" in page  # the text to them, ready to send
    decided(case, Decision.Kind.GROUP, ann)
    assert (standings(rigged.voter), standings(second)) == ({"excluded": 16}, {"excluded": 3})
    assert (figures(), state(case)) == (rigged.without, "decided")


def test_a_decision_can_be_limited_to_selected_votes_and_previewed(
    rigged: Rigged, case: Case, moderator: Moderator
) -> None:
    ann, voter, pool = moderator("ann"), rigged.voter, rigged.pool
    chosen = list(Vote.objects.filter(voter=voter).order_by("pk").values_list("pk", flat=True))[:6]
    seen = preview(case, DISMISS, {"votes": chosen})
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
    assert preview(case, EXCLUDE, {"until": "2020-01-01"}).votes == []


def test_two_moderators_cannot_review_the_same_case(case: Case, moderator: Moderator) -> None:
    ann, bob = moderator("ann"), moderator("bob")
    claim_case(case.pk, ann)
    claim_case(case.pk, ann)
    for refused in (
        lambda: claim_case(case.pk, bob),
        lambda: return_case(case.pk, bob),
        lambda: decide(case.pk, HOLD, bob, reason="Mine."),
    ):
        with pytest.raises(Refused, match="under review by ann"):
            refused()
    return_case(case.pk, ann)
    claim_case(case.pk, bob)
    actions = list(AuditEntry.objects.order_by("number").values_list("action", "actor__username"))
    assert actions == [
        ("opened", None),
        ("claimed", "ann"),
        ("released", "ann"),
        ("claimed", "bob"),
    ]


def test_decisions_cannot_be_changed_or_deleted(case: Case, moderator: Moderator) -> None:
    decision = decided(case, EXCLUDE, moderator("ann"))
    for change in (
        lambda: Decision.objects.update(reason="Another."),
        lambda: DecidedVote.objects.all().delete(),
        lambda: DecidedVote.objects.filter(decision=decision).update(vote=1),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
