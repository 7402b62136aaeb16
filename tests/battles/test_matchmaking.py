"""Who meets whom: pairs that tell more more often, nobody never, newcomers not always."""

from collections import Counter
from datetime import UTC, datetime

import numpy as np
import pytest
from django.core.cache import caches
from pytest_django import DjangoAssertNumQueries

from arena.battles.drawing.matchmaking import draw_pair
from arena.contestants.models import Contestant
from arena.leaderboards.boards import register_boards
from arena.leaderboards.counting.count import count
from arena.leaderboards.fitting import refit
from arena.leaderboards.models import Board, Outcome, PairTotal
from arena.leaderboards.sampling import drawable, pairing, sampling_rates
from tests.chance import FALSE_ALARM, at_least, at_most
from tests.factories import Registered

pytestmark = pytest.mark.django_db

TODAY = datetime.now(UTC).date()


@pytest.fixture(autouse=True)
def _no_kept_pairing() -> None:
    caches["process"].clear()


@pytest.fixture
def overall(db: None) -> Board:
    register_boards()
    return Board.objects.get(slug="overall")


def played(board: Board, votes: dict[tuple[Contestant, Contestant], int]) -> None:
    """Even votes between pairs, and a fit."""
    for (a, b), number in votes.items():
        for outcome in ("a", "b"):
            count([board], a.pk, b.pk, Outcome(outcome), day=TODAY)
        PairTotal.objects.filter(first=min(a.pk, b.pk), second=max(a.pk, b.pk)).update(
            first_wins=number // 2, second_wins=number - number // 2
        )
    refit(board)
    caches["process"].clear()


def rates() -> dict[int, float]:
    contestants = drawable()
    return {
        pk: float(rate)
        for (pk, _), rate in zip(contestants, pairing(contestants).sum(axis=1), strict=True)
    }


def test_without_a_fit_all_pairs_are_alike(contestant: Registered) -> None:
    for name in ("one", "two", "three", "four"):
        contestant(name)
    off_diagonal = pairing(drawable())[~np.eye(4, dtype=bool)]
    assert off_diagonal == pytest.approx(1 / 6)


def test_a_contestant_with_few_votes_is_drawn_more_often_but_not_always(
    contestant: Registered, overall: Board
) -> None:
    old = [contestant(f"old{number}") for number in range(9)]
    pairs = [(a, b) for place, a in enumerate(old) for b in old[place + 1 :]]
    played(overall, dict.fromkeys(pairs, 400))
    new = contestant("new")
    refit(overall)
    caches["process"].clear()
    drawn = rates()
    assert sum(drawn.values()) == pytest.approx(2)
    # Ten contestants: an even share is 0.2, and a newcomer is in at most twice that.
    assert drawn[new.pk] == pytest.approx(0.4)
    others = [rate for pk, rate in drawn.items() if pk != new.pk]
    assert max(others) < 0.25
    assert pairing(drawable())[~np.eye(10, dtype=bool)].min() >= 0.1 / 45 * 0.4


def test_a_contestant_that_the_fit_does_not_know_is_a_newcomer(
    contestant: Registered, overall: Board
) -> None:
    old = [contestant(f"old{number}") for number in range(6)]
    pairs = [(a, b) for place, a in enumerate(old) for b in old[place + 1 :]]
    played(overall, dict.fromkeys(pairs, 400))
    new = contestant("new", state=Contestant.State.PROVISIONAL)
    drawn = rates()
    assert drawn[new.pk] > max(rate for pk, rate in drawn.items() if pk != new.pk)
    assert drawn[new.pk] <= 2 * 2 / 7 + 1e-9


def test_draws_follow_the_published_rates(contestant: Registered, overall: Board) -> None:
    """One run in a million fails in vain."""
    a, b, c, d = (contestant(name) for name in "abcd")
    played(overall, {(a, b): 4000, (c, d): 200, (b, c): 200, (a, d): 200})
    chances = pairing(drawable())
    ids = [pk for pk, _ in drawable()]
    draws = 4700
    drawn = Counter(draw_pair(drawable()) for _ in range(draws))
    for i, first in enumerate(ids):
        for j, second in enumerate(ids):
            if i != j:  # sides are even: each order has half of the pair's chance
                expected = chances[i, j] / 2
                # Twelve pairs, each too often or too seldom: 24 ways to fail in vain.
                odds = {"false_alarm": FALSE_ALARM / 24}
                assert at_most(drawn[first, second], draws, expected, **odds)
                assert at_least(drawn[first, second], draws, expected, **odds)
    published = sampling_rates()
    for i, pk in enumerate(ids):
        assert published[pk].now == pytest.approx(chances[i].sum())
    assert published[a.pk].recent == pytest.approx(4200 / 4600)
    assert published[a.pk].recent_votes == 4200


def test_the_dead_are_not_drawn_but_keep_their_record(
    contestant: Registered, overall: Board
) -> None:
    a, b, c = (contestant(name) for name in "abc")
    played(overall, {(a, b): 300, (b, c): 300})
    Contestant.objects.filter(pk=c.pk).update(state=Contestant.State.RETIRED, state_reason="Old.")
    assert {frozenset(draw_pair(drawable())) for _ in range(20)} == {frozenset((a.pk, b.pk))}
    rate = sampling_rates()[c.pk]
    assert (rate.now, rate.recent) == (0, 0.5)


def test_drawing_takes_two_queries_and_one_while_the_fit_is_kept(
    contestant: Registered, overall: Board, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    models = [contestant(f"c{number}") for number in range(8)]
    played(overall, {(models[0], models[1]): 100})
    with django_assert_num_queries(2):
        draw_pair(drawable())
    with django_assert_num_queries(1):
        draw_pair(drawable())
