"""How much each voter moves the top ranks, against refits without their votes."""

import pytest

from arena.battles.reading.battle_view import influence_on_top
from arena.contestants.models import Contestant
from arena.leaderboards.boards import register_boards
from arena.leaderboards.counting.totals import counts_of
from arena.leaderboards.models import Board
from arena.leaderboards.variants import Variant
from arena.voters.models import Voter
from ratings import engine
from tests.factories import Registered, make_battle

pytestmark = pytest.mark.django_db


def vote(voter: Voter, a: Contestant, b: Contestant, outcome: str, standing: str) -> None:
    standings = ["counted"] if standing == "counted" else ["counted", standing]
    make_battle(a, b, voter=voter, outcome=outcome, standings=standings, on_boards=True)


def test_influence_agrees_with_leaving_the_voter_out(contestant: Registered) -> None:
    register_boards()
    best, good, poor = (contestant(slug) for slug in ("best", "good", "poor"))
    crowd, fan, held = (Voter.objects.create() for _ in range(3))
    for outcome in ["a"] * 12 + ["b"] * 8 + ["tie"] * 4:
        vote(crowd, best, good, outcome, "counted")
        vote(crowd, good, poor, outcome, "counted")
        vote(crowd, poor, best, "b" if outcome == "a" else "a", "counted")
    for _ in range(3):
        vote(fan, poor, best, "b", "counted")
        vote(held, best, poor, "b", "held")
    found = influence_on_top(top=2)
    assert set(found.voters) == {crowd.pk, fan.pk}
    assert found.contestants[0] == best.pk
    counts = counts_of(Variant(Board.objects.get(slug="overall")))
    place = {pk: position for position, pk in enumerate(counts.ids)}
    fans = engine.PairTable.from_counts(counts.table.models, [["best", "poor", 3, 0, 0, 0]])
    exact = engine.exact_influence(counts.table, fans)[place[best.pk]]
    points = found.points[found.voters.index(fan.pk)]
    assert points[0] > 0
    assert points[0] == pytest.approx(exact, rel=0.15)
