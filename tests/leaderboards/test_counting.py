"""Counting: all boards, windows and styles in two statements, exact however votes race."""

import json
import random
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from arena.contestants.models import Contestant
from arena.leaderboards.boards import boards_named, register_boards
from arena.leaderboards.counting.count import count
from arena.leaderboards.counting.totals import counts_of
from arena.leaderboards.counting.windows import roll_windows
from arena.leaderboards.models import (
    Board,
    LiveElo,
    Outcome,
    PairDay,
    PairTotal,
    Style,
    Window,
    WindowStart,
)
from arena.leaderboards.variants import Variant
from ratings import engine
from tests.factories import Registered
from tests.speed import seconds

pytestmark = pytest.mark.django_db

REPO = Path(__file__).resolve().parents[2]
TODAY = datetime.now(UTC).date()
SHORT, LONG = (50, 0, 0, 1), (400, 3, 12, 9)


@pytest.fixture
def pair(contestant: Registered) -> tuple[Contestant, Contestant]:
    return contestant("one"), contestant("two")


@pytest.fixture
def three_boards(db: None) -> list[Board]:
    register_boards()
    return boards_named(["overall", "code", "lang-de"])


def test_a_vote_takes_a_fixed_number_of_statements_on_any_number_of_boards(
    pair: tuple[Contestant, Contestant], three_boards: list[Board]
) -> None:
    one, two = pair

    def statements(boards: list[Board]) -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            count(boards, one.pk, two.pk, Outcome.A, day=TODAY, style=(SHORT, LONG))
        return len(captured)

    statements(three_boards[:1])  # the first vote makes the two live Elo ratings
    assert statements(three_boards[:1]) == statements(three_boards) == 4


def test_a_language_gets_its_board_with_its_first_vote(three_boards: list[Board]) -> None:
    german = three_boards[2]
    assert (german.name, german.group) == ("German", Board.Group.LANGUAGE)
    assert boards_named(["lang-de"]) == [german]
    assert boards_named(["lang-zh"])[0].name == "Chinese"
    assert boards_named(["lang-xal"])[0].name == "xal"  # no name known: its code
    with pytest.raises(ValueError, match="no board"):
        boards_named(["no-such-topic"])


def test_cells_agree_with_the_counts_of_the_library(
    pair: tuple[Contestant, Contestant], three_boards: list[Board]
) -> None:
    one, two = pair
    rng = np.random.default_rng(1)
    votes = 40
    swapped, outcome = rng.integers(0, 2, votes), rng.integers(0, 4, votes)
    style_a, style_b = rng.integers(0, 9, (2, votes, 4))
    for place in range(votes):
        a, b = (two, one) if swapped[place] else (one, two)
        count(
            three_boards[:1],
            a.pk,
            b.pk,
            Outcome(engine.OUTCOMES[outcome[place]]),
            day=TODAY,
            style=(style_a[place].tolist(), style_b[place].tolist()),
        )
    expected = engine.StyledTable.from_votes(
        ("one", "two"),
        swapped,
        1 - swapped,
        outcome,
        style=(style_a.astype(float), style_b.astype(float)),
    )
    for window in Window:
        counts = counts_of(Variant(three_boards[0], Style.CONTROLLED, window))
        assert counts.styled is not None
        assert counts.styled.as_counts() == expected.as_counts()
        assert counts.table.total == votes
        assert counts.digest() == expected.digest()


def test_subtracting_every_vote_leaves_empty_counts(
    pair: tuple[Contestant, Contestant], three_boards: list[Board]
) -> None:
    one, two = pair
    count(three_boards, one.pk, two.pk, Outcome.TIE, day=TODAY, style=(LONG, SHORT))
    before = [counts_of(Variant(board, Style.CONTROLLED)).digest() for board in three_boards]
    vote = (three_boards, two.pk, one.pk, Outcome.A)
    count(*vote, day=TODAY, style=(SHORT, LONG))
    count(*vote, day=TODAY, style=(SHORT, LONG), delta=-1)
    after = [counts_of(Variant(board, Style.CONTROLLED)).digest() for board in three_boards]
    assert after == before
    assert all(counts_of(Variant(board)).revision == 3 for board in three_boards)


def test_taking_back_another_style_than_was_counted_is_refused(
    pair: tuple[Contestant, Contestant], three_boards: list[Board]
) -> None:
    one, two = pair
    vote = (three_boards, one.pk, two.pk, Outcome.A)
    count(*vote, day=TODAY, style=(LONG, SHORT))
    with pytest.raises(IntegrityError), transaction.atomic():
        count(*vote, day=TODAY, style=(SHORT, LONG), delta=-1)
    with pytest.raises(ValueError, match="take back"), transaction.atomic():
        count(*vote, day=TODAY - timedelta(days=9), style=(LONG, SHORT), delta=-1)


def totals(window: Window) -> int:
    return sum(
        row.first_wins + row.second_wins + row.ties + row.both_bad
        for row in PairTotal.objects.filter(window=window)
    )


def test_a_rolling_window_drops_its_oldest_days(
    pair: tuple[Contestant, Contestant], three_boards: list[Board]
) -> None:
    one, two = pair
    overall = three_boards[:1]

    def vote(day: date, delta: int = 1) -> None:
        count(overall, one.pk, two.pk, Outcome.B, day=day, style=(LONG, SHORT), delta=delta)

    for age in (0, 10, 28, 29, 30):
        vote(TODAY - timedelta(days=age))
    assert (totals(Window.ALL), totals(Window.MONTH)) == (5, 4)  # 30 days: ages 0 to 29
    roll_windows(TODAY + timedelta(days=2))
    assert WindowStart.objects.get().first_day == TODAY - timedelta(days=27)
    assert (totals(Window.ALL), totals(Window.MONTH)) == (5, 2)
    row = PairTotal.objects.get(window=Window.MONTH)
    assert sum(row.cells) == 2
    days = PairDay.objects.filter(day__gte=TODAY - timedelta(days=27))
    assert row.sums == np.sum([day.sums for day in days], axis=0).tolist()
    roll_windows(TODAY)  # a clock that goes back takes nothing in again
    assert totals(Window.MONTH) == 2
    vote(TODAY - timedelta(days=28), delta=-1)  # left the window: only all time knows it
    assert (totals(Window.ALL), totals(Window.MONTH)) == (4, 2)
    vote(TODAY - timedelta(days=10), delta=-1)
    assert (totals(Window.ALL), totals(Window.MONTH)) == (3, 1)


def test_live_elo_follows_the_order_of_the_votes(
    pair: tuple[Contestant, Contestant], three_boards: list[Board]
) -> None:
    one, two = pair
    elo = engine.Elo()
    for outcome in ("a", "a", "tie", "b", "both_bad"):
        count(three_boards, one.pk, two.pk, Outcome(outcome), day=TODAY)
        elo.vote("one", "two", engine.OUTCOMES.index(outcome))
    live = {elo.contestant.slug: elo.elo for elo in LiveElo.objects.all()}
    assert live == pytest.approx(elo.ratings)
    assert LiveElo.objects.get(contestant=one).votes == 5
    count(three_boards[1:], one.pk, two.pk, Outcome.A, day=TODAY)  # not overall
    assert LiveElo.objects.get(contestant=one).votes == 5


RACER = """
import json, sys
import django
django.setup()
from datetime import date
from django.db import connection, transaction
from arena.leaderboards.models import Outcome
from arena.leaderboards.boards import boards_named
from arena.leaderboards.counting.count import count
connection.ensure_connection()
votes = json.loads(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
for slugs, a, b, outcome, day in votes:
    with transaction.atomic():
        count(boards_named(slugs), a, b, Outcome(outcome), day=date.fromisoformat(day))
print("done", flush=True)
"""


@pytest.mark.django_db(transaction=True)
def test_concurrent_processes_lose_no_vote_and_do_not_deadlock(
    contestant: Registered, database_environment: dict[str, str]
) -> None:
    ids = [contestant(f"c{number}").pk for number in range(3)]
    rng = random.Random(7)
    topics = ["overall", "code", "mathematics", "hard-prompt", "lang-fr", "lang-sw"]
    votes: list[list[Any]] = [
        [
            rng.sample(topics, rng.randint(2, len(topics))),
            *rng.sample(ids, 2),
            rng.choice(Outcome.values),
            str(TODAY),
        ]
        for _ in range(240)
    ]
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, json.dumps(votes[start::4])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=REPO,
            env=database_environment,
        )
        for start in range(4)
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("\n")
        racer.stdin.flush()
    assert [racer.communicate(timeout=seconds(120))[0] for racer in racers] == ["done\n"] * 4
    for topic in topics:
        expected = sum(topic in slugs for slugs, *_ in votes)
        board = Board.objects.get(slug=topic)
        for window in Window:
            assert counts_of(Variant(board, Style.PLAIN, window)).table.total == expected
        assert sum(sum(day.cells) for day in PairDay.objects.filter(board=board)) == expected
    overall = sum("overall" in slugs for slugs, *_ in votes)
    assert sum(LiveElo.objects.values_list("votes", flat=True)) == 2 * overall
    assert sum(LiveElo.objects.values_list("elo", flat=True)) == pytest.approx(3 * 1000)
