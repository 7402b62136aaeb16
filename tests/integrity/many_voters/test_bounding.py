"""Weights of recent votes: a farm's votes count little, and honest votes count."""

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from arena.battles.models import Origin, Vote
from arena.battles.voting.weights import Weight, set_weights, weights_of
from arena.contestants.models import Contestant
from arena.integrity.statistics.weights.levels import common_levels
from arena.integrity.weights.bounding import bound_influence
from arena.leaderboards.boards import register_boards
from arena.leaderboards.counting.totals import counts_of
from arena.leaderboards.counting.windows import roll_windows
from arena.leaderboards.models import Board, Style
from arena.leaderboards.publishing import publish
from arena.leaderboards.tasks import publish_snapshots
from arena.leaderboards.variants import Variant
from arena.voters.models import Voter
from tests.exports.casting import cast
from tests.factories import make_contestants

TODAY = timezone.now().date()
NOON = datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=UTC)


@pytest.fixture
def models(db: None) -> list[Contestant]:
    register_boards()
    return make_contestants(4)


def on(days: int) -> datetime:
    return NOON - timedelta(days=days)


def honest(models: list[Contestant], votes: int, days: int, network: str = "") -> list[Vote]:
    """Votes of as many guests without a taste, each from a network of their own."""
    rng = np.random.default_rng(days)
    found = []
    for place in range(votes):
        a, b = rng.choice(len(models), 2, replace=False)
        outcome = ["a", "b", "tie"][rng.integers(3)]
        vote = cast(Voter.objects.create(), (models[a], models[b]), at=on(days), outcome=outcome)
        Origin.objects.create(battle=vote.battle, network=network or f"home {days} {place}")
        found.append(vote)
    return found


def farm(models: list[Contestant], votes: int, network: str = "farm") -> list[Vote]:
    """One vote each of as many guests in one network, all for the first model."""
    found = []
    for place in range(votes):
        pair = models[0], models[1 + place % 3]
        vote = cast(Voter.objects.create(), pair, at=on(0), outcome="a")
        Origin.objects.create(battle=vote.battle, network=network)
        found.append(vote)
    return found


def tenths(votes: list[Vote]) -> list[int]:
    found = weights_of([vote.pk for vote in votes])
    return [found[vote.pk].tenths for vote in votes]


@pytest.mark.django_db
def test_a_farm_counts_little_and_the_honest_count(models: list[Contestant]) -> None:
    early, late = honest(models, 120, days=30), honest(models, 60, days=0)
    overall = Variant(Board.objects.get(slug="overall"))
    before = counts_of(overall).table.total
    rigged = farm(models, 60)
    changed = bound_influence()
    assert changed
    farmed, kept = tenths(rigged), tenths(late)
    assert sum(farmed) < 0.3 * 10 * len(farmed)
    assert np.mean([weight >= 9 for weight in kept]) > 0.85
    assert tenths(early) == [10] * len(early)  # from before the period
    groups = Counter(weights_of([vote.pk for vote in rigged]).values())
    assert {group for _, group in groups} <= {"", "network", "day", "week", "class"}
    assert all(number >= 5 for number in Counter(groups).values())
    total = counts_of(overall).table.total
    assert total == pytest.approx(before + (sum(farmed) - sum(10 - x for x in kept)) / 10)
    assert bound_influence() == 0


@pytest.mark.django_db
def test_votes_of_before_the_period_keep_their_weights(models: list[Contestant]) -> None:
    early = honest(models, 30, days=30)
    honest(models, 30, days=1)
    set_weights({early[0].pk: Weight(4, "day")})
    assert bound_influence() is not None
    assert tenths(early[:2]) == [4, 10]


@pytest.mark.django_db
def test_its_queries_do_not_grow_with_votes(models: list[Contestant]) -> None:
    def queries() -> int:
        bound_influence()
        with CaptureQueriesContext(connection) as captured:
            bound_influence()
        return len(captured)

    honest(models, 10, days=2)
    few = queries()
    honest(models, 30, days=1)
    assert queries() == few <= 8


@pytest.mark.django_db
def test_nothing_to_do_on_an_empty_site(models: list[Contestant]) -> None:
    assert bound_influence() == 0


@pytest.mark.django_db
def test_a_snapshot_has_the_newest_weights(models: list[Contestant]) -> None:
    honest(models, 60, days=1)
    rigged = farm(models, 40)
    publish_snapshots(overall_only=True)
    assert sum(tenths(rigged)) < 300
    roll_windows()
    assert publish(Board.objects.get(slug="overall"), Style.PLAIN) is None  # nothing changed since


@pytest.mark.django_db(transaction=True)
def test_two_at_once_are_one(models: list[Contestant]) -> None:
    found: list[int | None] = []

    def bound() -> None:
        try:
            found.append(bound_influence())
        finally:
            connection.close()

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [int.from_bytes(b"bounding")])
        thread = threading.Thread(target=bound)
        thread.start()
        thread.join()
        cursor.execute("SELECT pg_advisory_unlock_all()")
    assert found == [None]
    assert bound_influence() == 0


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(1, 3)), max_size=80),
    st.integers(1, 12),
)
def test_a_weight_is_shared_by_enough(votes: list[tuple[int, int]], smallest: int) -> None:
    given_tenths, group = np.array([*votes, (10, 0)], dtype=np.int64).T
    tenths, groups = common_levels(given_tenths, group, smallest)
    shared = Counter(zip(tenths.tolist(), groups.tolist(), strict=True))
    assert all(n >= smallest for (weight, _), n in shared.items() if weight < 10)
    assert all((weight == 10) == (group == 0) for weight, group in shared)
    if len(votes) < smallest:
        assert set(tenths.tolist()) == {10}
    again = common_levels(tenths, groups, smallest)
    assert np.array_equal(again, (tenths, groups))
