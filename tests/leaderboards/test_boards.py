"""Boards: counted in the vote's transaction, fitted from counts alone, published for good."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from arena.contestants.models import Contestant
from arena.leaderboards.counting import count as count_
from arena.leaderboards.fitting import refit
from arena.leaderboards.models import Board, Leaderboard, Outcome, PairDay, PairTotal, Snapshot
from arena.leaderboards.publishing import publish
from arena.leaderboards.reading.view import leaderboard
from tests.factories import Registered

pytestmark = pytest.mark.django_db(transaction=True)

Trio = tuple[Contestant, Contestant, Contestant]

DAY = datetime.now(UTC).date()


@pytest.fixture
def board() -> Board:
    return Board.objects.get(slug="overall")


@pytest.fixture
def strong_and_weak(contestant: Registered) -> Trio:
    return contestant("strong"), contestant("weak"), contestant("unseen")


def count(
    board: Board, a: Contestant, b: Contestant, outcome: str, times: int = 1, delta: int = 1
) -> None:
    for _ in range(times):
        count_.count([board], a.pk, b.pk, Outcome(outcome), day=DAY, delta=delta)


def test_the_better_contestant_ends_above(board: Board, strong_and_weak: Trio) -> None:
    strong, weak, _ = strong_and_weak
    count(board, strong, weak, "a", 30)
    count(board, weak, strong, "b", 30)
    count(board, weak, strong, "a", 15)
    count(board, strong, weak, "tie", 5)
    refit(board)
    shown = leaderboard(board)
    assert shown.votes == 80
    assert [row.contestant for row in shown.rows] == [strong, weak]
    first, second = shown.rows
    # 62.5 of 80 points: 400 log10(62.5 / 17.5) = 221.14 points apart.
    assert first.rating - second.rating == pytest.approx(221.14, abs=0.02)
    assert first.lower < first.rating < first.upper
    assert (first.rank, second.rank) == (1, 2)
    assert first.votes == second.votes == 80


def test_taking_back_a_vote_undoes_it(board: Board, strong_and_weak: Trio) -> None:
    strong, weak, _ = strong_and_weak
    count(board, strong, weak, "a", 10)
    count(board, strong, weak, "b", 4)
    refit(board)
    before = Leaderboard.objects.get(board=board)
    count(board, weak, strong, "a", 5)
    refit(board)
    assert Leaderboard.objects.get(board=board).digest != before.digest
    count(board, weak, strong, "a", 5, delta=-1)
    refit(board)
    after = Leaderboard.objects.get(board=board)
    assert (after.digest, after.rows) == (before.digest, before.rows)


def test_a_vote_that_was_never_counted_cannot_be_subtracted(
    board: Board, strong_and_weak: Trio
) -> None:
    strong, weak, _ = strong_and_weak
    with pytest.raises(ValueError, match="take back"), transaction.atomic():
        count(board, strong, weak, "a", delta=-1)
    count(board, strong, weak, "a")
    with pytest.raises(IntegrityError), transaction.atomic():
        count(board, strong, weak, "b", delta=-1)
    assert set(PairTotal.objects.values_list("first_wins", flat=True)) == {1}


def test_days_add_up_to_the_total(board: Board, strong_and_weak: Trio) -> None:
    strong, weak, _ = strong_and_weak
    for day in (DAY - timedelta(days=1), DAY, DAY):
        count_.count([board], weak.pk, strong.pk, Outcome.TIE, day=day)
    assert sorted(PairDay.objects.values_list("ties", flat=True)) == [1, 2]
    assert list(PairTotal.objects.values_list("ties", flat=True)) == [3, 3]


def test_a_refit_reads_counts_only(
    board: Board, strong_and_weak: Trio, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    strong, weak, _ = strong_and_weak
    count(board, strong, weak, "a", 50)
    with django_assert_max_num_queries(8):
        refit(board)
    with django_assert_max_num_queries(5):  # nothing new: three reads between begin and commit
        refit(board)


def test_a_snapshot_is_immutable_and_only_published_if_something_changed(
    board: Board, strong_and_weak: Trio
) -> None:
    strong, weak, _ = strong_and_weak
    count(board, strong, weak, "a", 3)
    snapshot = publish(board)
    assert publish(board) is None
    assert snapshot is not None
    assert snapshot.votes == 3
    with pytest.raises(DatabaseError), transaction.atomic():
        Snapshot.objects.update(votes=4)
    with pytest.raises(DatabaseError), transaction.atomic():
        snapshot.delete()
    count(board, strong, weak, "b")
    second = publish(board)
    assert second is not None
    assert second.pk != snapshot.pk
