"""The pages of moderators: permissions, contents, and logged readings."""

import re
import uuid
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import URLPattern, reverse
from pytest_django import DjangoAssertNumQueries

from arena.battles.models import Vote
from arena.moderation.cases.review import claim_case
from arena.moderation.decisions import appeals
from arena.moderation.decisions.apply import apply_decision
from arena.moderation.decisions.deciding import decide
from arena.moderation.models import AuditEntry, Case, Decision
from arena.moderation.roles import Role
from arena.moderation.urls import urlpatterns
from arena.moderation.web import case as case_pages
from arena.voters.models import Member, Voter
from tests.arena_settings import ChangeSettings
from tests.frontend.policy import check
from tests.members import as_voter, logged_in
from tests.moderation.cases import Rigged, claimed, rig
from tests.moderation.conftest import Moderator

pytestmark = pytest.mark.django_db
M, S, O, A = Role.MODERATOR, Role.SENIOR, Role.OPERATOR, Role.AUDITOR  # noqa: E741
EVERYBODY = None
# Who may, and how the page is asked for.
TABLE: dict[str, tuple[set[Role] | None, str]] = {
    "queue": ({M, S, O, A}, "get"),
    "case": ({M, S, O, A}, "get"),
    "vote": ({M, S, O, A}, "get"),
    "claim": ({M, S}, "post"),
    "return": ({M, S}, "post"),
    "voter": ({M, S, O, A}, "get"),
    "save_filter": ({M, S, O, A}, "post"),
    "drop_filter": ({M, S, O, A}, "post"),
    "preview": ({M, S}, "post"),
    "decide": ({M, S}, "post"),
    "ban": ({S}, "post"),
    "undo": ({M, S}, "post"),
    "approve": ({S}, "post"),
    "answer": ({M, S}, "post"),
    "image": ({M, S, O, A}, "get"),
    "quality": ({S}, "get"),
    "log": ({S, O, A}, "get"),
    "log_export": ({S, O, A}, "get"),
    "rulings": (EVERYBODY, "get"),
    "appeal": (EVERYBODY, "post"),
    "transparency": (EVERYBODY, "get"),
    "transparency_json": (EVERYBODY, "get"),
}


@pytest.fixture
def addresses(case: Case, moderator: Moderator) -> dict[str, str]:
    """An address for every name, of things that are there."""
    number = claimed(case, made := moderator("x"))
    decision = decide(number, Decision.Kind.EXCLUDE, made, reason="A test.")
    apply_decision(decision.pk)
    (voter,) = case.voters.all()
    appeal = appeals.appeal(voter.pk, decision.pk, "No.")
    values = {
        "case_id": case.pk,
        "vote_id": Vote.objects.filter(voter=voter).latest("pk").pk,
        "decision_id": decision.pk,
        "appeal_id": appeal.pk,
        "voter_id": voter.pk,
        "filter_id": 1,
        "image_id": uuid.uuid4(),
    }
    return {
        pattern.name: reverse(
            f"moderation:{pattern.name}",
            kwargs={name: values[name] for name in pattern.pattern.converters},
        )
        for pattern in urlpatterns
        if isinstance(pattern, URLPattern) and pattern.name
    }


def test_every_page_refuses_members_without_the_role(
    addresses: dict[str, str], moderator: Moderator, case: Case
) -> None:
    assert addresses.keys() == TABLE.keys()
    clients = {role: logged_in(moderator(role.split()[0], role)) for role in Role}
    nobody = Member.objects.create_user("nobody", "nobody@example.org", "a long password")
    careless = Member.objects.create_user("careless", "careless@example.org", "a long password")
    careless.groups.add(Group.objects.get(name=S))  # without a second factor
    outsider, half, stranger = logged_in(nobody), logged_in(careless), Client()
    for name, (roles, method) in TABLE.items():
        if roles is EVERYBODY:
            continue

        def asked(client: Client, path: str = addresses[name], by: str = method) -> Any:
            return getattr(client, by)(path, {"case": case.pk, "kind": "hold"})

        for role in Role:
            allowed = asked(clients[role]).status_code != 403
            assert allowed == (role in roles), (name, role)
        assert asked(outsider).status_code == 403, name
        assert asked(half).headers["Location"] == reverse("mfa_index"), name
        assert asked(stranger).headers["Location"].startswith(reverse("account_login")), name
    for name in ("rulings", "transparency", "transparency_json"):
        assert stranger.get(addresses[name]).status_code == 200
    assert stranger.post(addresses["appeal"], {"text": "Not mine."}).status_code == 404


def test_every_reading_of_a_case_is_logged(
    case: Case,
    moderator: Moderator,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    ann = moderator("ann")
    client = logged_in(ann)
    with django_assert_max_num_queries(17):
        queue = client.get("/moderation/").content.decode()
    assert f"/moderation/cases/{case.pk}/" in queue
    assert "Poor" in queue
    with django_assert_max_num_queries(32):
        page = client.get(case.get_absolute_url()).content.decode()
    check(page)
    check(queue)
    assert "Votes for Poor more often than any honest taste explains." in page
    assert "honest voters ever gets this far" in page
    vote = Vote.objects.filter(voter__in=case.voters.all()).latest("pk")
    shown = client.get(f"/moderation/cases/{case.pk}/votes/{vote.pk}/").content.decode()
    check(shown)
    assert "Why?" in shown
    read = AuditEntry.objects.filter(actor=ann, case=case).order_by("number")
    assert [entry.action for entry in read] == ["read_case", "read_vote"]
    monkeypatch.setattr(case_pages, "MOST_MODELS", 2)
    odd, all_models = (client.get(f"{case.get_absolute_url()}{q}") for q in ("", "?models=all"))
    assert "3 more models, closer to expected" in odd.content.decode()
    assert [shown.content.count(b"span-point") for shown in (odd, all_models)] == [2, 5]
    foreign = Case.objects.create(kind="preference")
    assert client.get(f"/moderation/cases/{foreign.pk}/votes/{vote.pk}/").status_code == 404


def test_the_queue_can_be_filtered_and_searched(
    rigged: Rigged, case: Case, moderator: Moderator
) -> None:
    ann = moderator("ann")
    client = logged_in(ann)
    other = Case.objects.create(kind="group", state="snoozed", boards=["code"], priority=9e9)

    def found(query: str) -> set[int]:
        page = client.get(f"/moderation/?{query}").content.decode()
        return {int(number) for number in re.findall(r'data-case="(\d+)"', page)}

    assert found("") == {case.pk}
    assert found("state=all") == {case.pk, other.pk}
    for query, numbers in {
        "board=fresh": {case.pk},
        "board=code": {other.pk},
        "kind=group": {other.pk},
        "model=poor": {case.pk},
        "assignee=me": set(),
        "assignee=nobody": {case.pk, other.pk},
        "days=1": {case.pk, other.pk},
        f"search={other.pk}": {other.pk},
        f"search={rigged.voter.pk}": {case.pk},
        "search=POO": {case.pk},
        "search=%00'": set(),
        "days=99999999999999&from=x": {case.pk, other.pk},
    }.items():
        assert found(f"state=all&{query}") == numbers, query
    claim_case(case.pk, ann)
    assert found("state=all&assignee=me") == found("state=all&assignee=ann") == {case.pk}
    bob = logged_in(moderator("bob"))
    assert '<option value="ann">' in bob.get("/moderation/").content.decode()

    Case.objects.bulk_create(Case(kind="preference", priority=n % 60) for n in range(120))
    first, second = (client.get(f"/moderation/?from={start}") for start in (0, 50))
    shown = [row.case.priority for page in (first, second) for row in page.context["rows"]]
    assert len(shown) == 100
    assert shown == sorted(shown, reverse=True)
    counts = {state: count for state, _, count in first.context["counts"]}
    assert counts == {"open": 121, "appealed": 0, "second": 0, "snoozed": 1, "decided": 0}


def test_a_moderator_saves_and_deletes_a_filter(moderator: Moderator) -> None:
    client, other = logged_in(moderator("ann")), logged_in(moderator("bob"))
    form = {"name": "Mine & now", "query": "state=all&search=%3Cb%3E&csrf=x&fragment=rows"}
    saved = client.post("/moderation/filters/", form)
    assert saved.headers["Location"] == "/moderation/?state=all&search=%3Cb%3E"
    client.post("/moderation/filters/", {**form, "query": "state=open&days=7"})
    page = client.get("/moderation/").content.decode()
    check(page)
    assert re.findall(r'href="\?([^"]*)">Mine &amp; now<', page) == ["state=open&amp;days=7"]
    assert "Mine &amp; now" not in other.get("/moderation/").content.decode()
    forget = re.findall(r"/moderation/filters/\d+/", page)[0]
    assert other.post(forget).status_code == 404
    client.post(forget)
    assert "Mine &amp; now" not in client.get("/moderation/").content.decode()
    unnamed = client.post("/moderation/filters/", {"name": " "}, follow=True)
    assert "Give the filter a name." in unnamed.content.decode()


def test_a_decision_is_previewed_made_and_shown_to_the_voter(
    rigged: Rigged, case: Case, moderator: Moderator
) -> None:
    ann = moderator("ann")
    client = logged_in(ann)
    form = {"case": case.pk, "kind": "exclude"}
    unclaimed = client.post("/moderation/preview/", form, follow=True).content.decode()
    assert f"Claim case {case.pk} before you decide." in unclaimed
    assert "Claim this case to decide it" in unclaimed
    claim_case(case.pk, ann)
    page = client.post("/moderation/preview/", form).content.decode()
    check(page)
    assert "16 votes go from held to excluded." in page
    assert "Max. impact on a top-10 rating if they counted: 0.8 points" in page
    assert client.post("/moderation/preview/", {**form, "since": "soon"}).status_code == 404
    assert client.post("/moderation/preview/", {"case": case.pk}).status_code == 404
    refused = client.post("/moderation/decide/", {**form, "reason": " "}, follow=True)
    assert "Give a reason." in refused.content.decode()
    made = client.post(
        "/moderation/decide/",
        {**form, "reason": "Rigged.", "message": "<b>One model</b>."},
        follow=True,
    )
    assert "The leaderboards change within a minute." in made.content.decode()
    apply_decision(Decision.objects.get().pk)

    own = as_voter(rigged.voter)
    page = own.get("/account/decisions/").content.decode()
    check(page)
    assert "16 are excluded" in page
    assert "&lt;b&gt;One model&lt;/b&gt;." in page
    assert "Rigged." not in page
    decision = Decision.objects.get()
    path = f"/account/decisions/{decision.pk}/appeal/"
    assert as_voter(Voter.objects.create()).post(path, {"text": "Not mine."}).status_code == 404
    answer = own.post(path, {"text": "But it is the best."}, follow=True)
    assert "Another moderator will review it." in answer.content.decode()
    assert Case.objects.get(pk=case.pk).state == "appealed"

    bob = logged_in(moderator("bob"))
    assert "But it is the best." in bob.get(case.get_absolute_url()).content.decode()
    appeal = case.appeals.get()
    bob.post(f"/moderation/cases/{case.pk}/claim/")
    bob.post(f"/moderation/appeals/{appeal.pk}/", {"grant": "yes", "reason": "Plausible."})
    assert "Your appeal was granted" in own.get("/account/decisions/").content.decode()

    check(client.get("/transparency/").content.decode())
    report = client.get("/transparency.json").json()
    assert report["audit_log"]["lines"] == AuditEntry.objects.count()
    (month,) = report["months"]
    assert (month["cases"], month["decisions"]["exclude"], month["reversals"]) == (1, 1, 1)
    assert (month["appeals"], month["appeals_granted"], month["false_alarm_rate"]) == (1, 1, 1.0)
    assert "ann" not in str(report)


def test_several_cases_can_be_decided_at_once(
    rigged: Rigged, case: Case, moderator: Moderator
) -> None:
    cases = [case, rig(rigged.pool, Voter.objects.create())]
    client = logged_in(moderator("ann"))
    form = {"case": [case.pk for case in cases], "kind": "hold"}
    page = client.post("/moderation/preview/", form).content.decode()
    check(page)
    assert "Preview of 2 cases" in page
    assert "All cases together" in page
    assert "A second, senior moderator" not in page
    client.post("/moderation/decide/", {**form, "reason": "Not clear yet."})
    assert set(Case.objects.values_list("state", flat=True)) == {"snoozed"}
    assert Decision.objects.count() == 2


def test_cases_with_a_large_impact_together_need_a_second_moderator(
    rigged: Rigged, case: Case, moderator: Moderator, arena_settings: ChangeSettings
) -> None:
    cases = [case, rig(rigged.pool, Voter.objects.create())]
    numbers = [case.pk for case in cases]
    each = max(case.influence for case in cases)
    arena_settings(second_moderator_points=1.5 * each)
    client = logged_in(moderator("ann"))

    def previewed(*chosen: int) -> bool:
        form = {"case": chosen, "kind": "exclude"}
        page = client.post("/moderation/preview/", form).content.decode()
        return "A second, senior moderator" in page

    assert (previewed(numbers[0]), previewed(*numbers)) == (False, True)
    client.post("/moderation/decide/", {"case": numbers, "kind": "exclude", "reason": "Both."})
    assert set(Case.objects.values_list("state", flat=True)) == {"second"}


def test_the_log_is_shown_and_exported(case: Case, moderator: Moderator) -> None:
    client = logged_in(moderator("eve", Role.AUDITOR))
    check(client.get("/moderation/log/").content.decode())
    lines = client.get("/moderation/log.ndjson").getvalue().decode().splitlines()
    assert len(lines) == AuditEntry.objects.count() == 3
