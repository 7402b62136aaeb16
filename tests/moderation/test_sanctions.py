"""Hidden conversations, suspended voters, banned networks, and undoing these."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from PIL import Image as Pillow

from arena.battles.models import Battle, Report, Vote
from arena.battles.prompts import images
from arena.battles.reading import conversations
from arena.leaderboards.models import Outcome
from arena.moderation.cases.review import Refused, claim_case
from arena.moderation.decisions.appeals import answer_appeal, appeal
from arena.moderation.decisions.apply import apply_decision
from arena.moderation.decisions.deciding import decide, undo
from arena.moderation.models import AuditEntry, Case, Decision
from arena.moderation.roles import Role
from arena.moderation.sweep import reports_without_case
from arena.voters import bans
from arena.voters.models import NetworkBan, Voter
from arena.voters.origin.network import DayKeys, connection, pseudonym
from tests.factories import note_origin
from tests.frontend.policy import check
from tests.integrity.conftest import cast_one
from tests.members import as_voter, logged_in
from tests.moderation.cases import Rigged, claimed, decided, figures, standings, state
from tests.moderation.conftest import Moderator

pytestmark = pytest.mark.django_db
HIDE, SUSPEND = Decision.Kind.HIDE, Decision.Kind.SUSPEND


@pytest.fixture
def public(rigged: Rigged) -> Battle:
    """A conversation that everybody may read, of an honest voter."""
    author = Voter.objects.create()
    battle = cast_one(author, rigged.pool[0], rigged.pool[1], Outcome.A).battle
    assert conversations.set_published(author.pk, battle.pk, publish_it=True)
    return battle


def report(battle: Battle, reason: str, comment: str = "") -> Case:
    path = f"/conversations/{battle.pk}/report/"
    sent = Client().post(path, {"reason": reason, "side": "a", "comment": comment})
    assert sent.status_code == 302
    return Case.objects.get(battle=battle)


def test_moderators_hide_a_reported_conversation_until_an_appeal_is_granted(
    public: Battle, moderator: Moderator
) -> None:
    address = f"/conversations/{public.pk}/"
    ann = moderator("ann")
    client, bob, own = logged_in(ann), logged_in(moderator("bob")), as_voter(public.voter)
    case = report(public, "other")
    mild = case.priority
    decided(case, Decision.Kind.DISMISS, ann)
    assert (state(case), Client().get(address).status_code) == ("snoozed", 200)
    again = report(public, "unlawful", "<b>A recipe</b>")
    assert (again, again.state) == (case, "open")
    assert again.priority > mild

    queue = client.get("/moderation/?kind=content").content.decode()
    assert "reported content" in queue
    page = client.get(case.get_absolute_url()).content.decode()
    check(page)
    assert "&lt;b&gt;A recipe&lt;/b&gt;" in page
    assert "It is public." in page
    with pytest.raises(Refused, match="another kind"):
        decide(case.pk, Decision.Kind.EXCLUDE, ann, reason="Wrong.")
    form = {
        "case": claimed(case, ann),
        "kind": "hide",
        "reason": "A recipe.",
        "message": "Not this.",
    }
    preview = client.post("/moderation/preview/", form).content.decode()
    assert "Only the author will see the conversation" in preview
    client.post("/moderation/decide/", form)
    assert (state(case), Client().get(address).status_code) == ("decided", 404)

    page = own.get("/account/decisions/").content.decode()
    check(page)
    assert "Conversation hidden" in page
    assert "Not this." in page
    assert "A recipe." not in page
    hidden = Decision.objects.get(kind=HIDE)
    own.post(f"/account/decisions/{hidden.pk}/appeal/", {"text": "It is for soup."})
    bob.post(f"/moderation/cases/{case.pk}/claim/")
    bob.post(f"/moderation/appeals/{case.appeals.get().pk}/", {"grant": "yes", "reason": "Soup."})
    assert (state(case), Client().get(address).status_code) == ("snoozed", 200)
    assert "the conversation is public again" in own.get("/account/decisions/").content.decode()
    acts = case.log.order_by("number").values_list("action", flat=True)
    assert [act for act in acts if act not in {"read_case", "previewed", "claimed"}] == [
        *("opened", "decided", "grew", "decided", "appealed", "decided")
    ]


def test_a_private_conversation_cannot_be_hidden(public: Battle, moderator: Moderator) -> None:
    case = report(public, "hateful")
    conversations.set_published(public.voter_id, public.pk, publish_it=False)
    ann = moderator("ann")
    assert "It is not public." in logged_in(ann).get(case.get_absolute_url()).content.decode()
    with pytest.raises(Refused, match="nothing to hide"):
        decide(case.pk, HIDE, ann, reason="Hateful.")
    Report.objects.bulk_create([Report(battle=public, reason="other")])
    assert reports_without_case() == []
    assert AuditEntry.objects.filter(case=case, action="opened").count() == 1


def test_a_case_shows_the_image_of_a_prompt_and_logs_each_look(
    rigged: Rigged, case: Case, moderator: Moderator
) -> None:
    file = BytesIO()
    Pillow.new("RGB", (40, 20), "teal").save(file, "PNG")
    best, good = rigged.pool[:2]
    battle = cast_one(Voter.objects.create(), best, good, Outcome.A).battle
    images.keep(battle.turns.get(), images.checked(file.getvalue(), alt="<Teal>"))
    Report.objects.create(battle=battle, reason="unlawful")
    reported, ann = Case.objects.get(battle=battle), moderator("ann")
    client = logged_in(ann)
    page = client.get(reported.get_absolute_url()).content.decode()
    check(page)
    address = f"{reported.get_absolute_url()}images/{battle.turns.get().image.pk}/"
    assert f'src="{address}" width="40" height="20" alt="&lt;Teal&gt;"' in page
    served = client.get(address)
    assert (served.headers["Content-Type"], served.content) == (
        "image/png",
        images.content(battle.turns.get().image.name)[1],
    )
    assert served.headers["X-Content-Type-Options"] == "nosniff"
    assert AuditEntry.objects.filter(case=reported, actor=ann, action="read_image").count() == 1
    assert client.get(address.replace(f"/{reported.pk}/", f"/{case.pk}/")).status_code == 404
    assert as_voter(battle.voter).get(address).status_code == 302

    # Behind a vote of a case it is shown too.
    case.voters.add(battle.voter)
    vote = f"{case.get_absolute_url()}votes/{battle.vote.pk}/"
    address = address.replace(f"/{reported.pk}/", f"/{case.pk}/")
    assert address in client.get(vote).content.decode()
    assert client.get(address).status_code == 200


def test_votes_of_a_suspended_voter_count_after_a_granted_appeal(
    rigged: Rigged, case: Case, moderator: Moderator
) -> None:
    voter, ann, bob = rigged.voter, moderator("ann"), moderator("bob")
    decision = decided(case, SUSPEND, ann)
    assert (standings(voter), state(case)) == ({"excluded": 16}, "decided")
    late = cast_one(voter, rigged.pool[0], rigged.pool[1], Outcome.A)
    assert (standings(voter), figures()) == ({"excluded": 17}, rigged.without)
    standing = late.standings.get()
    assert standing.code == "moderated"
    page = as_voter(voter).get("/account/decisions/").content.decode()
    assert "new votes do not count" in page

    made = appeal(voter.pk, decision.pk, "I like it.")
    claim_case(case.pk, bob)
    apply_decision(answer_appeal(made.pk, bob, grant=True, reason="Plausible.").pk)
    assert standings(voter) == {"counted": 17}
    cast_one(voter, rigged.pool[0], rigged.pool[1], Outcome.B)
    assert standings(voter) == {"counted": 18}
    assert Vote.objects.filter(voter=voter).count() == 18


def test_votes_held_before_a_suspension_are_held_after_it_is_undone(
    rigged: Rigged, case: Case, moderator: Moderator
) -> None:
    ann, voter = moderator("ann"), rigged.voter
    decision = decided(case, SUSPEND, ann)
    cast_one(voter, rigged.pool[0], rigged.pool[1], Outcome.A)
    apply_decision(undo(decision.pk, ann, reason="Too hard.").pk)
    assert standings(voter) == {"counted": 1, "held": 16}
    voter.refresh_from_db()
    assert voter.suspended_at is None


def test_a_banned_network_opens_no_battles_until_the_ban_ends(
    rigged: Rigged, case: Case, moderator: Moderator
) -> None:
    network = "203.0.113.0/24"
    senior = moderator("sue", Role.SENIOR)
    client = logged_in(senior)
    path = f"/moderation/cases/{claimed(case, senior)}/ban/"

    def opened(address: str) -> Any:
        prompt = {"prompt": "Why is the sky blue?"}
        return Client(REMOTE_ADDR=address).post("/api/v1/battles", prompt, "application/json")

    refused = client.post(path, {"days": "7", "reason": "Rigged."}, follow=True)
    assert "was opened today or yesterday" in refused.content.decode()
    one, other = Battle.objects.filter(voter=rigged.voter)[:2]
    note_origin(one, network=network, client_signature="device\nFirefox")
    note_origin(other, network=None, client_signature="device\nFirefox")  # nothing to be banned
    assert "These voters used 1 network" in client.get(case.get_absolute_url()).content.decode()
    client.post(path, {"days": "7", "reason": "Rigged."})
    decision = Decision.objects.get(kind="ban")
    until = decision.created_at + timedelta(days=7)
    answer = opened("203.0.113.77")
    assert (answer.status_code, answer.json()["type"].endswith("network-banned")) == (403, True)
    assert f"{until:%Y-%m-%d %H:%M} UTC" in answer.json()["detail"]
    assert opened("198.51.100.7").status_code == 201
    assert network not in str(list(NetworkBan.objects.values()))
    assert state(case) == "open"
    undo(decision.pk, senior, reason="A school.")
    assert opened("203.0.113.77").status_code == 201


def test_a_ban_follows_the_daily_pseudonym_of_a_network(db: None) -> None:
    network, now = "203.0.113.0/24", timezone.now()
    until = now + timedelta(days=3)
    assert DayKeys().before(network) is None
    connection().set(f"network-key:{now - timedelta(days=1):%Y-%m-%d}", "a key of yesterday")
    yesterday = DayKeys().before(network)
    assert yesterday not in {None, pseudonym(network)}
    bans.ban([str(yesterday)], until, 1)
    assert bans.banned_until(network) == until
    NetworkBan.objects.filter(network=yesterday).delete()  # as if its key were gone
    assert bans.banned_until(network) == until
    assert bans.banned_until("198.51.100.0/24") is None
    NetworkBan.objects.update(until=now)
    assert bans.banned_until(network) is None
    bans.forget_ended()
    assert not NetworkBan.objects.exists()
