"""What everybody may read: only what its voter allows, without personal data, and gone at once."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.postgres.search import SearchQuery
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries, Settings

from arena.battles.generation.results import complete_answer
from arena.battles.models import Answer, Battle, Conversation, Report, Vote, VoteStanding
from arena.battles.opening import open_battle
from arena.battles.reading import conversations
from arena.battles.reading.conversations import PAGE, ConversationSearch, search, visible
from arena.battles.voting.cast import cast_vote
from arena.battles.voting.standing import change_standing
from arena.contestants.models import Contestant
from arena.contestants.provider import Finished
from arena.leaderboards.models import Outcome
from arena.voters.identity import remember
from arena.voters.models import Voter
from tests.arena_settings import ChangeSettings
from tests.factories import NewBattle, Registered, claimed, make_battles, make_history

pytestmark = pytest.mark.django_db

Voted = Callable[..., Battle]

CONVERSATIONS = 4_000


@pytest.fixture
def pair(contestant: Registered) -> tuple[Contestant, Contestant]:
    return contestant("grey-heron"), contestant("old-walrus")


@pytest.fixture
def voted(pair: tuple[Contestant, Contestant], voter: Voter) -> Voted:
    """A battle from prompt to vote, by the services."""

    def make(
        prompt: str = "Why is the sky blue?",
        *,
        answer: str = "Because of Rayleigh.",
        publish: bool = True,
        by: Voter = voter,
    ) -> Battle:
        battle = open_battle(by, prompt, may_publish=publish)
        for each in Answer.objects.filter(turn__battle=battle):
            complete_answer(claimed(each), answer, Finished("stop", 1, 2, 0.1, 0.2))
        Battle.objects.update(shown_at=None)
        cast_vote(by.pk, battle.pk, Outcome.A)
        return battle

    return make


def own(client: Client, voter: Voter) -> Client:
    response = HttpResponse()
    remember(response, voter)
    client.cookies.update(response.cookies)
    return client


def address(battle: Battle) -> str:
    return f"/conversations/{battle.pk}/"


def listed(client: Client, query: str = "") -> list[str]:
    page = client.get(f"/conversations/{query}")
    assert page.status_code == 200
    return [each.excerpt for each in page.context["conversations"]]


def test_what_its_voter_allows_is_shown_to_everybody_without_their_name(
    voted: Voted, client: Client
) -> None:
    battle = voted("Why is *grass* <b>green</b>?", answer="Chlorophyll <script>1</script>")
    page = client.get(address(battle))
    assert page.status_code == 200
    body = page.content.decode()
    assert "Why is *grass* &lt;b&gt;green&lt;/b&gt;?" in body
    assert body.count("Chlorophyll &lt;script&gt;") == 2
    battle.refresh_from_db()
    assert battle.contestant_a.name in body and battle.contestant_b.name in body
    assert f"{battle.contestant_a.name} was preferred to {battle.contestant_b.name}" in body
    assert str(battle.voter_id) not in body
    assert "Withdraw my conversation" not in body
    assert page.headers["X-Robots-Tag"] == "noindex, noarchive"
    assert "no-store" in page.headers["Cache-Control"]
    assert listed(client) == ["Why is *grass* <b>green</b>?"]


def test_nothing_is_shown_without_leave_or_before_the_vote(voted: Voted, client: Client) -> None:
    private = voted("A private one", publish=False)
    voter = private.voter
    running = open_battle(voter, "Not voted on yet", may_publish=True)
    for battle in (private, running):
        assert client.get(address(battle)).status_code == 404
    assert listed(client) == []
    assert not Conversation.objects.exists()


def test_personal_data_that_was_sent_all_the_same_is_not_shown_or_found(
    voted: Voted, client: Client
) -> None:
    battle = voted("Write to anna.schmidt@web.de", answer="Dear anna.schmidt@web.de!")
    body = client.get(address(battle)).content.decode()
    assert "Write to [email]" in body and "Dear [email]!" in body
    assert "anna.schmidt" not in body
    assert listed(client) == ["Write to [email]"]
    assert listed(client, "?q=anna.schmidt@web.de") == []
    assert len(listed(client, "?q=dear")) == 1


def test_its_voter_withdraws_it_and_nobody_else_can(voted: Voted, client: Client) -> None:
    battle = voted()
    withdraw = f"{address(battle)}withdraw/"
    stranger = own(Client(), Voter.objects.create())
    for other in (Client(), stranger):
        assert other.post(withdraw).status_code == 404
    assert "Withdraw my conversation" not in stranger.get(address(battle)).content.decode()

    own(client, battle.voter)
    assert "Withdraw my conversation" in client.get(address(battle)).content.decode()
    assert client.get(withdraw).status_code == 405
    assert client.post(withdraw, follow=True).status_code == 200
    assert client.get(address(battle)).status_code == 404
    assert listed(client) == []
    assert not Conversation.objects.exists()
    assert Vote.objects.get(battle=battle).standings.get().standing == "counted"
    assert conversations.set_published(battle.voter_id, battle.pk, publish_it=True)
    assert client.get(address(battle)).status_code == 200


def test_the_database_takes_it_away_whoever_ends_the_permission(voted: Voted) -> None:
    voted()
    Battle.objects.update(may_publish=False)
    assert not Conversation.objects.exists()


def test_a_moderator_hides_it_and_gives_it_back(voted: Voted, client: Client) -> None:
    battle = voted()
    conversations.hide([battle.pk])
    assert client.get(address(battle)).status_code == 404
    assert listed(client) == []
    assert conversations.set_published(
        battle.voter_id, battle.pk, publish_it=True
    )  # not by its voter
    assert client.get(address(battle)).status_code == 404
    conversations.show([battle.pk])
    assert client.get(address(battle)).status_code == 200


def test_what_does_not_count_is_not_on_show(voted: Voted, client: Client) -> None:
    voted("Who made you?")  # excluded on arrival
    battle = voted("An ordinary one")
    assert listed(client) == ["An ordinary one"]
    vote = Vote.objects.get(battle=battle)
    for standing, is_shown in (
        (VoteStanding.Standing.HELD, False),
        (VoteStanding.Standing.COUNTED, True),
    ):
        change_standing(vote, standing, reason="A test.")
        assert (listed(client) == ["An ordinary one"]) is is_shown
        assert (client.get(address(battle)).status_code == 200) is is_shown


def test_words_language_topic_and_model_narrow_it_down(
    voted: Voted, client: Client, contestant: Registered
) -> None:
    voted("Write a Python function that reverses a list.", answer="def reverse(items): ...")
    voted("Warum ist der Himmel eigentlich blau, und nicht grün?", answer="Wegen Rayleigh.")
    python, himmel = sorted(listed(client), key=lambda text: "Himmel" in text)
    assert listed(client, "?q=python") == listed(client, "?q=REVERSES+list") == [python]
    assert listed(client, "?q=rayleigh") == [himmel]  # in the answers
    assert listed(client, "?q=%22reverses+a%22+-himmel") == [python]
    assert listed(client, "?language=de") == [himmel]
    assert listed(client, "?topic=code") == [python]
    assert listed(client, "?topic=code&language=de") == []
    assert len(listed(client, "?model=grey-heron")) == 2
    contestant("idle")
    assert listed(client, "?model=idle") == []


@pytest.mark.parametrize(
    "query",
    [
        *("q='%22((", "q=%26%7C!", "q=" + "x" * 999),
        *("before=x", "before=-1", "before=9" + "9" * 30),
        *("language=%3Cscript%3E", "topic=" + "x" * 99, "model=nobody"),
    ],
)
def test_a_wish_that_cannot_be_is_no_error(voted: Voted, client: Client, query: str) -> None:
    voted()
    assert client.get(f"/conversations/?{query}").status_code == 200


def add(pair: tuple[Contestant, Contestant], voter: Voter, count: int) -> None:
    """Many public conversations, straight into the tables."""
    make_battles(
        NewBattle(*pair, voter=voter, prompts=[f"Prompt {number}"], may_publish=True, outcome="tie")
        for number in range(count)
    )


def test_pages_follow_one_another_without_a_gap_while_new_ones_come(
    pair: tuple[Contestant, Contestant], voter: Voter
) -> None:
    add(pair, voter, 2 * PAGE + 3)
    first = search(ConversationSearch())
    add(pair, voter, 2)
    second = search(ConversationSearch(before=first.before))
    third = search(ConversationSearch(before=second.before))
    assert third.before is None
    seen = [each.pk for page in (first, second, third) for each in page.conversations]
    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == 2 * PAGE + 3


def test_pages_take_a_fixed_number_of_queries(
    pair: tuple[Contestant, Contestant],
    voter: Voter,
    client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    add(pair, voter, 2)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get("/conversations/?q=prompt")
    add(pair, voter, 30)
    with django_assert_num_queries(len(few)):
        client.get("/conversations/?q=prompt")
    assert len(few) <= 5
    battle = visible().order_by("-pk")[0].battle
    with django_assert_num_queries(3):
        assert client.get(address(battle)).status_code == 200


def test_the_search_reads_an_index(pair: tuple[Contestant, Contestant], voter: Voter) -> None:
    add(pair, voter, 3)
    with connection.cursor() as cursor:
        # Of few rows the planner reads all, or goes by a key and filters.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")
    rows = visible().filter(words=SearchQuery("prompt", config="simple"))
    assert "conversation_words" in rows.explain()
    assert "conversation_by_topic" in visible().filter(topics__contains=["code"]).explain()


@pytest.mark.parametrize("seen", ["every table's size", "no table's size"])
def test_a_page_reads_no_vote_again_and_again_whatever_the_server_knows_of_the_tables(
    seen: str, pair: tuple[Contestant, Contestant], voter: Voter
) -> None:
    make_history(voter, [pair], CONVERSATIONS, are_voted=True)
    with connection.cursor() as cursor:
        if seen == "no table's size":  # as it is right after a restore
            cursor.execute("DELETE FROM pg_statistic WHERE starelid::regclass::text ~ '^battles_'")
            cursor.execute("UPDATE pg_class SET reltuples = 0 WHERE relname ~ '^battles_'")
    rows = visible().order_by("-pk")[:PAGE]
    plan = json.loads(rows.explain(analyze=True, buffers=True, format="json"))[0]["Plan"]
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 100 * CONVERSATIONS
    assert plan["Actual Rows"] == PAGE


def test_a_report_reaches_the_moderators_and_is_limited(
    voted: Voted, client: Client, arena_settings: ChangeSettings, settings: Settings
) -> None:
    arena_settings(rate_report={"network": (1, 3600)})
    battle = voted()
    path = f"{address(battle)}report/"

    def send(**fields: Any) -> str:
        return client.post(path, fields, follow=True).content.decode()

    assert "Please say what is wrong" in send(reason="boring")
    assert not Report.objects.exists()
    assert "A moderator will look at it." in send(reason="hateful", side="b", comment="Here.")
    report = Report.objects.get()
    assert (report.battle, report.side, report.reason, report.comment, report.voter) == (
        *(battle, "b", "hateful", "Here."),
        None,
    )
    assert "That was too often." in send(reason="other")
    assert Report.objects.count() == 1
    conversations.hide([battle.pk])
    assert client.post(path, {"reason": "other"}).status_code == 404


def test_the_voter_finds_the_public_page_after_the_vote(voted: Voted, client: Client) -> None:
    battle = voted()
    own(client, battle.voter)
    seen = client.get(f"/api/v1/battles/{battle.pk}").json()
    assert seen["conversation"] == address(battle)
    private = voted("Another", publish=False)
    assert client.get(f"/api/v1/battles/{private.pk}").json()["conversation"] is None
