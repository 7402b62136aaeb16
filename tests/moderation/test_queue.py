"""The queue of cases: order, rows, claims, and the next case after a decision."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from arena.battles.models import Report
from arena.integrity.models import Signal, VoterEvidence
from arena.leaderboards.models import Outcome
from arena.moderation.cases.opening import open_case
from arena.moderation.cases.queue import Filters, queue
from arena.moderation.cases.review import Refused, claim_case
from arena.moderation.cases.weighing import STALE, weigh_stale
from arena.moderation.decisions import deciding
from arena.moderation.decisions.apply import apply_decision
from arena.moderation.decisions.deciding import ban_networks
from arena.moderation.models import Case, Decision
from arena.moderation.roles import Role
from arena.voters.models import Voter
from tests.arena_settings import ChangeSettings
from tests.frontend.policy import check
from tests.integrity.conftest import cast_one
from tests.members import logged_in
from tests.moderation.cases import Rigged, claimed, rig
from tests.moderation.conftest import Moderator

pytestmark = pytest.mark.django_db
EXCLUDE, HOLD, BAN = Decision.Kind.EXCLUDE, Decision.Kind.HOLD, Decision.Kind.BAN


def habit_case(rigged: Rigged, votes: int = 30) -> Case:
    """A case of a voter who is too quick, without an e-value; its votes count."""
    voter = Voter.objects.create()
    for _ in range(votes):
        cast_one(voter, rigged.pool[4], rigged.pool[0], Outcome.A)
    detail = {"flag": "too_fast", "measure": 0.97, "votes": votes}
    signal = Signal.objects.create(kind="attention", detail=detail)
    signal.voters.add(voter)
    return open_case(signal.pk)


def order() -> list[int]:
    return list(queue(Filters(), 0, timezone.now()).values_list("pk", flat=True))


def notices(client: Client, path: str, form: dict[str, Any]) -> list[str]:
    """What the page after a form says."""
    page = client.post(path, form, follow=True)
    return [str(message) for message in page.context["messages"]]


def test_cases_without_an_e_value_come_after_all_others(rigged: Rigged, case: Case) -> None:
    """However far its votes move the board."""
    habit = habit_case(rigged)
    assert habit.influence > 2 * case.influence
    assert order() == [case.pk, habit.pk]
    lesser = habit_case(rigged, votes=1)
    assert order() == [case.pk, habit.pk, lesser.pk]


def test_the_priority_of_a_case_changes_with_board_and_evidence(rigged: Rigged, case: Case) -> None:
    """A case that was opened when the board was young does not keep the points of then."""
    now, other = timezone.now(), rig(rigged.pool, Voter.objects.create(), 24)
    assert order() == [other.pk, case.pk]
    true = case.influence
    young = Case.objects.filter(pk=case.pk)
    young.update(influence=300.0, priority=4600.0, weighed_at=now - 2 * STALE)
    assert order() == [case.pk, other.pk]
    assert weigh_stale(now) == 1
    case.refresh_from_db()
    assert case.influence == pytest.approx(true, rel=0.5)  # the other's votes are held, too
    assert order() == [other.pk, case.pk]
    assert weigh_stale(now) == 0  # it is fresh now

    VoterEvidence.objects.filter(voter=rigged.voter).update(peak_log_e=60.0)
    young.update(weighed_at=now - 2 * STALE)
    weigh_stale(now)
    case.refresh_from_db()
    assert case.log_e == 60.0
    assert order() == [case.pk, other.pk]


def test_priorities_are_updated_for_the_first_page_and_the_oldest_cases(case: Case) -> None:
    now = timezone.now()
    Case.objects.bulk_create(
        Case(kind="preference", priority=0.0, weighed_at=now - timedelta(days=201 - n))
        for n in range(200)
    )
    Case.objects.bulk_create(
        Case(kind="preference", state="decided", weighed_at=now - timedelta(days=999))
        for _ in range(50)
    )
    assert weigh_stale(now) == 49 + 20  # the first page but for the fresh one, and the oldest
    assert (
        weigh_stale(now) == 49 + 20 - 0 or Case.objects.filter(weighed_at__lt=now - STALE).exists()
    )
    with connection.cursor() as cursor:
        for way in ("seqscan", "bitmapscan", "sort"):  # the table is small
            cursor.execute(f"SET LOCAL enable_{way} = off")
        oldest = Case.objects.filter(battle=None).exclude(state="decided").order_by("weighed_at")
        assert "case_to_weigh" in oldest[:20].explain()


def test_a_row_of_the_queue_names_voter_reason_and_e_value(
    rigged: Rigged, case: Case, moderator: Moderator
) -> None:
    habit = habit_case(rigged)
    group = Case.objects.create(kind="group", log_e=9.2, votes=40, priority=50.0)
    group.voters.add(*(Voter.objects.create() for _ in range(3)))
    reported = cast_one(Voter.objects.create(), rigged.pool[0], rigged.pool[1], Outcome.A).battle
    for reason in ("hateful", "hateful", "unlawful"):
        Report.objects.create(battle=reported, reason=reason)
    client = logged_in(moderator("ann"))
    page = client.get("/moderation/")
    check(page.content.decode())
    why = {row.case.pk: row.why for row in page.context["rows"]}
    name = str(rigged.voter.pk)[:8]
    assert why[case.pk].startswith(
        f"Voter {name} (16 votes): votes for Poor more often than any honest taste explains; "
        "at most 1 in "
    )
    assert why[habit.pk].endswith(
        "(30 votes): casts 97% of the votes sooner after the answers' end than anybody could read"
        " them; no statistical evidence."
    )
    assert why[group.pk] == (
        "3 voters (40 votes): voters who share networks, prompts or devices favour the same side "
        "together; at most 1 in 9,900 honest voters gets this far."
    )
    said = why[Case.objects.get(battle=reported).pk]
    assert said.startswith("3 reports of this battle: ")
    assert said.count("hateful") == 1


def test_the_queue_needs_as_many_queries_for_few_cases_as_for_many(
    rigged: Rigged, case: Case, moderator: Moderator
) -> None:
    client = logged_in(moderator("ann"))

    def asked() -> int:
        client.get("/moderation/")
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/moderation/").status_code == 200
        return len(captured)

    few = asked()
    for _ in range(3):
        habit_case(rigged, votes=2)
    assert asked() == few


def test_service_and_database_refuse_a_decision_without_a_claim(
    rigged: Rigged, case: Case, moderator: Moderator
) -> None:
    ann, bob = moderator("ann"), moderator("bob")
    with pytest.raises(Refused, match=f"Claim case {case.pk} before you decide"):
        deciding.decide(case.pk, EXCLUDE, ann, reason="Clear.")
    claim_case(case.pk, bob)
    with pytest.raises(Refused, match="under review by bob"):
        deciding.decide(case.pk, EXCLUDE, ann, reason="Clear.")
    values = {"reason": "Clear.", "influence": 0.0, "needs_second": False}
    for kind in ("dismiss", "hold", "exclude", "group", "suspend", "ban", "hide"):
        refused = pytest.raises(DatabaseError, match="not claimed by who decides it")
        with refused, transaction.atomic():
            Decision.objects.create(case=case, kind=kind, author=ann, **values)
    Decision.objects.create(case=case, kind="hold", author=bob, **values)
    client = logged_in(ann)
    page = client.get(case.get_absolute_url()).content.decode()
    assert "bob reviews this case." in page
    assert "moderation/preview/" not in page
    form = {"case": case.pk, "kind": "exclude", "reason": "Clear."}
    assert notices(client, "/moderation/decide/", form) == [
        f"Case {case.pk} is under review by bob."
    ]


def test_a_preview_of_several_cases_claims_them_and_leaves_out_those_of_others(
    rigged: Rigged, case: Case, moderator: Moderator
) -> None:
    ann, bob = moderator("ann"), moderator("bob")
    second, third = (rig(rigged.pool, Voter.objects.create()) for _ in range(2))
    claim_case(third.pk, bob)
    client = logged_in(ann)
    form = {"case": [case.pk, second.pk, third.pk], "kind": "hold"}
    page = client.post("/moderation/preview/", form)
    assert f"Case {third.pk} is under review by bob." in page.content.decode()
    assert [shown.case.pk for shown in page.context["previews"]] == [case.pk, second.pk]
    assert set(Case.objects.filter(assignee=ann)) == {case, second}
    only = client.post("/moderation/preview/", {**form, "case": [third.pk, 10**8]})
    assert only.headers["Location"] == third.get_absolute_url()


def test_a_decision_leads_to_the_next_case_of_the_same_queue(
    rigged: Rigged, case: Case, moderator: Moderator
) -> None:
    ann, bob = moderator("ann"), moderator("bob")
    second, third = (rig(rigged.pool, Voter.objects.create(), 24) for _ in range(2))
    habit = habit_case(rigged)
    claim_case(third.pk, bob)
    client = logged_in(ann)
    client.get("/moderation/?kind=preference")

    def decided(number: int) -> Any:
        form = {"case": number, "kind": "exclude", "reason": "Clear."}
        client.post(f"/moderation/cases/{number}/claim/")
        return client.post("/moderation/decide/", form)

    left = [number for number in order() if number not in {third.pk, habit.pk}]
    assert set(left) == {case.pk, second.pk}
    assert decided(left[0]).headers["Location"] == f"/moderation/cases/{left[1]}/"
    last = decided(left[1])
    assert last.headers["Location"] == "/moderation/?kind=preference"
    page = client.get(last.headers["Location"]).content.decode()
    assert "That was the last case of this queue." in page
    claim_case(habit.pk, ann)
    deciding.decide(habit.pk, HOLD, ann, reason="For now.")
    client.get("/moderation/?state=snoozed&kind=attention")
    again = {"case": claimed(habit, ann), "kind": "hold", "reason": "Still."}
    snoozed = client.post("/moderation/decide/", again)  # and it is in that queue again
    assert snoozed.headers["Location"] == "/moderation/?state=snoozed&kind=attention"
    client.post(f"/moderation/cases/{habit.pk}/claim/")
    refused = client.post("/moderation/decide/", {"case": habit.pk, "kind": "hold", "reason": ""})
    assert refused.headers["Location"] == habit.get_absolute_url()  # nothing was decided


def test_the_reviewer_keeps_the_case_after_a_ban(
    rigged: Rigged, case: Case, moderator: Moderator, monkeypatch: pytest.MonkeyPatch
) -> None:
    senior = moderator("sue", Role.SENIOR)
    monkeypatch.setattr(deciding, "networks_of", lambda case: {"a network"})
    ban_networks(claimed(case, senior), senior, days=7, reason="Rigged.")
    case.refresh_from_db()
    assert case.assignee == senior


BOARDS_CHANGE = "The leaderboards change within a minute."


def test_the_page_says_that_a_decision_waits_for_a_second_moderator(
    rigged: Rigged, case: Case, moderator: Moderator, arena_settings: ChangeSettings
) -> None:
    ann, eve = moderator("ann"), moderator("eve", Role.SENIOR)
    client, senior = logged_in(ann), logged_in(eve)
    waits = (
        f"Case {case.pk} waits for a second moderator. "
        "Nothing changes until a senior moderator approves the decision."
    )

    def decide(kind: str) -> list[str]:
        claim_case(case.pk, ann)
        form = {"case": case.pk, "kind": kind, "reason": "Clear."}
        return [n for n in notices(client, "/moderation/decide/", form) if "last case" not in n]

    def answered(grant: str) -> list[str]:
        newest = Decision.objects.latest("pk")
        path = f"/moderation/decisions/{newest.pk}/approve/"
        return notices(senior, path, {"grant": grant, "reason": "Seen."})

    arena_settings(second_moderator_points=0.5)
    assert decide("exclude") == [waits]
    page = client.get(case.get_absolute_url()).content.decode()
    assert "A second, senior moderator must approve this; nothing changes until then." in page
    assert "Do you approve?" in senior.get(case.get_absolute_url()).content.decode()
    assert answered("no") == ["Refused. The case is as it was before the decision."]
    assert decide("exclude") == [waits]
    assert answered("yes") == ["Approved. Decided. " + BOARDS_CHANGE]

    apply_decision(Decision.objects.latest("pk").pk)
    path = f"/moderation/decisions/{Decision.objects.latest('pk').pk}/undo/"
    assert notices(client, path, {"reason": "Wrong."}) == [waits]
    assert answered("yes") == ["Approved. Undone. " + BOARDS_CHANGE]
    apply_decision(Decision.objects.latest("pk").pk)
    arena_settings(second_moderator_points=9)
    assert decide("hold") == ["Decided. No vote changes."]
    assert decide("exclude") == ["Decided. " + BOARDS_CHANGE]
