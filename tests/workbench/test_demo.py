"""The simulated site: built small, through the services, with each kind of case, and labelled."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import redis
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client, override_settings
from pytest_django import DjangoDbBlocker

from arena.battles.models import Battle, Conversation, Turn, Vote
from arena.contestants.models import StateChange
from arena.exports.models import Export
from arena.exports.selectors import folder_of
from arena.integrity.models import Signal
from arena.leaderboards.models import Board, Snapshot
from arena.moderation.models import Appeal, Case, Decision
from arena.settings import demo_labels
from arena.workbench.demo import texts
from arena.workbench.demo.build import Builder, HasRealVotesError
from arena.workbench.demo.life import Life
from arena.workbench.demo.plan import PASSWORD, Plan
from arena.workbench.demo.population import voters
from arena.workbench.demo.population.models import players, spoken

pytestmark = pytest.mark.timeout(900)
PLAN = Plan(days=5, votes=60, voters=30, contestants=6, odd=44)


def few_people() -> list[voters.Person]:
    """Honest voters and one of some kinds: the whole crowd would take minutes."""
    rng = np.random.default_rng(1)
    slugs = list(players(PLAN.contestants))
    wanted = {"left side", "bots", "too fast", "asks again"}
    others = [each for each in voters.odd(PLAN, slugs, rng) if each.name in wanted]
    assert {each.name for each in others} == wanted
    return voters.honest(PLAN.voters, PLAN.votes, slugs, rng) + others


def builder() -> Builder:
    return Builder(
        PLAN,
        "http://127.0.0.1:1/v1",
        lambda cast, crowd: Life(cast, crowd, 1),
        lambda message: None,
        crowd=few_people(),
    )


@pytest.fixture(scope="module", autouse=True)
def site(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: Any
) -> Iterator[int]:
    """One site for all tests of this file; an export needs a transaction of its own.

    Gives the number of tasks that were enqueued for workers.
    """
    folder: Path = tmp_path_factory.mktemp("exports")
    given = {name: getattr(demo_labels, name) for name in dir(demo_labels) if name.isupper()}
    given["ARENA"] = settings.ARENA.changed(
        brand=demo_labels.ARENA.brand, exports=folder, quality_check_share=0
    )
    with override_settings(**given), django_db_blocker.unblock():
        try:
            builder().build()
            with redis.Redis.from_url(settings.REDIS_URL) as client:
                queues = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
                queues.add(settings.CELERY_TASK_DEFAULT_QUEUE)
                enqueued = sum(client.llen(queue) for queue in queues)
            yield enqueued
        finally:
            call_command("flush", interactive=False, verbosity=0)


def test_each_kind_of_case_came_up() -> None:
    # A farm of newcomers takes more accounts, and more battles, than a demo has.
    kinds = {*Signal.Kind.values, Case.CONTENT} - {Signal.Kind.NEWCOMERS}
    assert {*Case.objects.values_list("kind", flat=True)} == kinds


def test_some_cases_wait_and_some_are_decided_and_appealed() -> None:
    assert Case.objects.exclude(state__in=[Case.State.DECIDED, Case.State.SNOOZED]).exists()
    assert Decision.objects.exclude(kind=Decision.Kind.DISMISS).exists()
    answered = [appeal.answer is not None for appeal in Appeal.objects.all()]
    assert True in answered


def test_no_task_waits_for_the_workers_of_the_site(site: int) -> None:
    """The answers of all battles are written: a worker would look at each in vain."""
    assert site == 0


def test_the_page_of_a_retired_contestant_says_so(client: Client) -> None:
    assert "switched it off" in client.get("/contestants/aster-2b/").content.decode()


def test_votes_passed_through_the_services() -> None:
    votes = Vote.objects.filter(battle__is_gold=False)
    assert votes.count() > 150
    assert not votes.filter(standings=None).exists()
    assert not votes.filter(attention=None).exists()
    assert not Battle.objects.filter(state=Battle.State.GENERATING).exists()


def test_the_boards_show_weeks_of_votes() -> None:
    days = {at.date() for at in Snapshot.objects.values_list("published_at", flat=True)}
    assert len(days) >= PLAN.days - 1
    assert Board.objects.filter(slug="lang-en", snapshots__isnull=False).exists()


IN_THE_FUTURE = {
    ("django_migrations", "applied"),
    ("moderation_simulation", "due_at"),
    ("voters_voter", "flagged_until"),
}
"""Columns that do not say when something of the simulated weeks was."""


def test_no_record_has_the_time_of_the_build() -> None:
    """Neither by its programs nor by the database's triggers and defaults."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE "
            "table_schema = 'public' AND data_type = 'timestamp with time zone'"
        )
        columns = set(cursor.fetchall())
        late = set()
        for table, column in columns:
            cursor.execute(f'SELECT max("{column}") FROM "{table}"')
            (newest,) = cursor.fetchone()
            if newest and newest >= today:
                late.add((table, column))
    assert late <= IN_THE_FUTURE
    assert {("moderation_auditentry", "at"), ("ratings_chainentry", "made_at")} <= columns


def test_a_contestant_entered_the_draw_when_it_came() -> None:
    days = {at.date() for at in StateChange.objects.values_list("changed_at", flat=True)}
    assert len(days) > 1


def test_the_database_tells_the_time_again_afterwards() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT now() - pg_catalog.now(), to_regnamespace('simulated')")
        assert cursor.fetchone() == (timedelta(0), None)
        cursor.execute(
            "SELECT count(*) FROM pg_attrdef WHERE pg_get_expr(adbin, adrelid) LIKE '%simulated%'"
        )
        assert cursor.fetchone() == (0,)


def test_public_conversations_are_in_several_languages() -> None:
    assert len(set(Conversation.objects.values_list("language", flat=True))) >= 2
    assert {*Turn.objects.values_list("language", flat=True)} >= {"en", "de"}


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/leaderboard/",
        "/contestants/",
        "/verify/",
        "/about/",
        "/conversations/",
        "/embed/leaderboard/",
    ],
)
def test_every_page_says_that_it_is_simulated(client: Client, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 200
    assert 'data-test="simulated"' in response.content.decode()


@pytest.mark.parametrize("address", ["boards", "boards/overall/leaderboard", "exports", "status"])
def test_every_answer_of_the_api_says_so(client: Client, address: str) -> None:
    response = client.get(f"/api/v1/{address}")
    assert response.status_code == 200
    assert "programs cast every vote" in response.headers["Arena-Simulated"]


def test_export_and_badge_say_so(client: Client) -> None:
    export = Export.objects.latest("made_at")
    assert "Simulated." in (folder_of(export.name) / "README.md").read_text(encoding="utf-8")
    badge = client.get(f"/badge/{list(players(PLAN.contestants))[-1]}.svg")
    assert "Simulated" in badge.content.decode()


def test_staff_logs_in_with_the_printed_password(client: Client) -> None:
    assert client.login(username="mona", password=PASSWORD)


def test_a_site_with_votes_is_refused() -> None:
    votes = Vote.objects.count()
    with pytest.raises(HasRealVotesError, match="begins empty"):
        builder().build()
    assert Vote.objects.count() == votes


def test_live_battles_are_answered_to_the_question_and_in_its_language() -> None:
    for language in texts.LANGUAGES:
        asked = texts.ask(language, np.random.default_rng(5))
        found = texts.recognised(asked.prompt)
        assert found is not None
        assert (found.language, found.says) == (language, asked.says)
        assert asked.says[0].splitlines()[0][:20] in spoken("grove-90b", asked.prompt).replace(
            "**", ""
        )
    assert "invented model" in spoken("grove-90b", "What do you think of this house?")


def test_every_question_can_be_asked_and_answered_in_each_language() -> None:
    rng = np.random.default_rng(3)
    voice = next(iter(players().values())).voice
    for language in texts.LANGUAGES:
        asked = [texts.ask(language, rng) for _ in range(60)]
        short = [each.prompt for each in asked if len(each.prompt) < 300]  # without long notes
        assert short
        assert not any("{" in prompt for prompt in short)
        assert len({each.prompt for each in asked}) > 30
        assert all(texts.answer(each, voice, rng) for each in asked)
        further, most = texts.follow_up(asked[0], rng)
        assert texts.answer(further, voice, rng, most=most)
    assert settings.ARENA.brand == "Blind Arena, simulated"
