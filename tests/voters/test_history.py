"""One's own battles, leaderboard and export, for guests and members."""

import json
import re
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from arena.battles.models import Battle, Report, Trait, Turn, Vote, VoteStanding
from arena.battles.reading.history import LEAST_VOTES, PAGE, Cursor, history_page, voter_leaderboard
from arena.battles.voting.reactions import react, report
from arena.battles.voting.standing import change_standing
from arena.contestants.models import Contestant
from arena.voters.models import Voter
from tests.factories import NewBattle, Registered, make_battles, make_history
from tests.voters.battles import finish, vote
from tests.voters.conftest import Person

ANN = "ann@example.org"

pytestmark = pytest.mark.usefixtures("contestants")


def fill_history(voter: Voter, battles: int) -> None:
    """Battles that nobody voted in, a minute apart."""
    a, b = Contestant.objects.order_by("pk")[:2]
    make_history(voter, [(a, b)], battles)


def shown(page: str) -> list[str]:
    return re.findall(r'class="prompt"><a href="/battles/[0-9a-f-]{36}/">([^<]*)</a>', page)


def test_battles_are_listed_newest_first_with_votes_and_standings(person: Person) -> None:
    assert "No battle yet" in person.page("/account/battles/")
    first = person.open_battle("What is a first question?")
    finish(first)
    vote(person, first, "both_bad")
    person.sign_up(ANN)
    second = person.open_battle("Who are you, and which company made you?")
    finish(second)
    vote(person, second)
    third = person.open_battle("What is a third question?")
    page = person.page("/account/battles/")
    assert shown(page) == [
        "What is a third question?",
        "Who are you, and which company made you?",
        "What is a first question?",
    ]
    entries = page.split('data-test="own-battle"')[1:]
    assert "the answers are being written" in entries[0]
    assert "One" not in entries[0] and "Two" not in entries[0]  # still blind
    assert "excluded" in entries[1] and "asks the models who they are" in entries[1]
    assert "counted" in entries[2] and "Both are bad" in entries[2]
    assert third["url"] in entries[0]


def test_a_held_vote_is_shown_with_its_reason(person: Person) -> None:
    battle = person.open_battle()
    finish(battle)
    vote(person, battle)
    held, code = VoteStanding.Standing.HELD, VoteStanding.Code.REVIEW
    change_standing(Vote.objects.get(), held, code=code, reason="For a test.")
    page = person.page("/account/battles/")
    assert ">held</span>" in page
    assert "A moderator looks at them" in page


def test_prompts_are_searched(person: Person, stranger: Person) -> None:
    person.open_battle("Explain a 100% honest RAINBOW, please")
    person.open_battle("Something else")
    stranger.open_battle("A rainbow of somebody else")
    assert shown(person.page("/account/battles/?q=rainbow")) == [
        "Explain a 100% honest RAINBOW, please"
    ]
    assert shown(person.page("/account/battles/?q=100%25+h")) == [
        "Explain a 100% honest RAINBOW, please"
    ]
    assert "No prompt of yours has “&lt;b&gt;”" in person.page("/account/battles/?q=<b>")


def test_pages_follow_each_other_without_gaps_also_over_joined_guests(
    person: Person, stranger: Person
) -> None:
    person.sign_up(ANN)
    stranger.open_battle("Asked as a guest")
    stranger.log_in(ANN)
    member = Voter.objects.get(member__isnull=False)
    guest = Voter.objects.get(merged_into=member)
    fill_history(member, PAGE)
    fill_history(guest, PAGE)
    Battle.objects.filter(voter=guest).update(created_at="2026-01-01T00:00:00Z")  # all at once
    address, seen = "/account/battles/", []
    while address:
        page = person.page(address)
        seen += shown(page)
        older = re.search(r'data-test="older" href="([^"]+)"', page)
        address = "/account/battles/" + older[1].replace("&amp;", "&") if older else ""
    assert len(seen) == 2 * PAGE + 1
    assert set(seen) == set(Turn.objects.values_list("prompt", flat=True))
    person.page("/account/battles/?before=never", status=404)


def rows_read(voter: Voter, words: str = "") -> tuple[int, int]:
    """Queries of a page, and the most rows that a step of any of their plans handled."""
    with CaptureQueriesContext(
        connection,
    ) as queries:
        history_page(voter.pk, words=words)

    def most(plan: dict[str, Any]) -> int:
        own = int(plan["Actual Rows"] * plan["Actual Loops"])
        return max([own, *map(most, plan.get("Plans", []))])

    with connection.cursor() as cursor:
        rows = []
        for query in queries.captured_queries:
            cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + query["sql"].replace("%", "%%"), [])
            rows.append(most(cursor.fetchone()[0][0]["Plan"]))
    return len(queries), max(rows)


def test_a_page_costs_the_same_whether_the_history_has_ten_or_ten_thousand_battles(
    voter: Voter,
) -> None:
    fill_history(voter, 10)
    few = rows_read(voter)
    fill_history(voter, 9_990)
    many = rows_read(voter)
    assert many[0] == few[0] <= 6
    assert many[1] <= 5 * PAGE
    assert rows_read(voter, "question")[1] <= 5 * PAGE
    last = Battle.objects.order_by("created_at")[PAGE]
    assert len(history_page(voter.pk, before=Cursor(last.created_at, last.pk)).entries) == PAGE


def cast(voter: Voter, pairs: list[tuple[Contestant, Contestant, str]]) -> None:
    make_battles(NewBattle(a, b, voter=voter, outcome=outcome) for a, b, outcome in pairs)


def test_the_own_leaderboard_comes_with_thirty_votes(
    person: Person, contestant: Registered, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    assert "You have cast 0 votes" in person.page("/account/leaderboard/")
    person.open_battle()
    voter = Voter.objects.get()
    good, bad = Contestant.objects.order_by("pk")
    cast(voter, [(good, bad, "a"), (bad, good, "b")] * 10 + [(good, bad, "b")] * 9)
    page = person.page("/account/leaderboard/")
    assert f"You have cast {LEAST_VOTES - 1} votes" in page
    assert 'data-test="own-leaderboard"' not in page
    cast(voter, [(good, bad, "tie")])
    page = person.page("/account/leaderboard/")
    names = re.findall(r'<th scope="row"><a href="/contestants/([a-z]+)/', page)
    assert names == [good.slug, bad.slug]
    with django_assert_max_num_queries(2):
        own = voter_leaderboard(voter.pk)
    best, worst = own.rows
    # 20.5 of 30 points: the odds are 20.5 / 9.5, and 400 points are a factor of ten.
    assert best.rating - worst.rating == pytest.approx(133.6, abs=0.1)
    assert (best.votes, worst.votes) == (30, 30)
    assert best.upper - best.lower > 100  # an honest width for so few
    exclude(Vote.objects.order_by("pk")[0])
    assert voter_leaderboard(voter.pk).rows == []


def exclude(own: Vote) -> None:
    """As if by a moderator; it was not counted on a board in these tests."""
    VoteStanding.objects.create(
        vote=own,
        standing=VoteStanding.Standing.EXCLUDED,
        code=VoteStanding.Code.IDENTITY_LEAK,
        reason="For a test.",
    )


def test_the_export_has_everything_and_keeps_open_battles_blind(
    person: Person, contestant: Registered
) -> None:
    voted = person.open_battle("Grüße: a question with “quotes”")
    finish(voted)
    vote(person, voted)
    pk = uuid.UUID(voted["id"])
    voter_id = Voter.objects.get().pk
    react(voter_id, pk, {"a": [Trait.CLEAR], "b": []}, "A is clear.")
    report(voter_id, pk, Report.Reason.OTHER, side="b", comment="B is odd.")
    open_one = person.open_battle("Another")
    finish(open_one)
    person.sign_up(ANN)
    fill_history(Voter.objects.get(), 120)

    response = person.client.get("/account/export/")
    assert "attachment" in response.headers["Content-Disposition"]
    with pytest.warns(Warning, match="consume asynchronous iterators"):  # of this client alone
        document = json.loads(b"".join(response))
    assert document["format"] == "blind-arena-own-data/1"
    assert document["account"]["email"] == ANN
    battles = {battle["id"]: battle for battle in document["battles"]}
    assert len(document["battles"]) == len(battles) == 122
    own = battles[voted["id"]]
    assert own["turns"][0]["prompt"] == "Grüße: a question with “quotes”"
    assert own["turns"][0]["answers"] == {"a": "Text a", "b": "Text b"}
    assert own["vote"]["outcome"] == "a"
    assert {shown["slug"] for shown in own["contestants"].values()} == {"one", "two"}
    assert own["reaction"] == {"traits": {"a": ["clear"], "b": []}, "comment": "A is clear."}
    assert [shown["comment"] for shown in document["reports"]] == ["B is odd."]
    assert battles[open_one["id"]]["contestants"] is None


def test_nobody_has_an_empty_history(person: Person) -> None:
    assert history_page(uuid.uuid4()).entries == []
