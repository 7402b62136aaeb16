"""How much each voter moves the top ranks, against refits without their votes."""

import pytest

from arena.battles.models import Answer, Battle, Turn, Vote, VoteStanding
from arena.battles.selectors import influence_on_top
from arena.battles.services import count_vote
from arena.contestants.models import Contestant
from arena.voters.models import Voter
from ratings import core
from ratings.models import Board
from ratings.selectors import Variant, counts_of
from ratings.services import register_boards
from tests.factories import Registered

pytestmark = pytest.mark.django_db


def vote(voter: Voter, a: Contestant, b: Contestant, outcome: str, standing: str) -> None:
    battle = Battle.objects.create(voter=voter, contestant_a=a, contestant_b=b)
    turn = Turn.objects.create(battle=battle, prompt="Why?")
    for side in ("a", "b"):
        Answer.objects.create(turn=turn, side=side, queued_at=battle.created_at)
    Battle.objects.filter(pk=battle.pk).update(state="open", finished_at=battle.created_at)
    cast = Vote.objects.create(
        battle=battle, voter=voter, outcome=outcome, cast_at=battle.created_at
    )
    VoteStanding.objects.create(vote=cast, standing="counted", reason="Counted.")
    if standing == "counted":
        count_vote(cast)
    else:
        VoteStanding.objects.create(vote=cast, standing=standing, reason="For the test.")


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
    fans = core.PairTable.from_counts(counts.table.models, [["best", "poor", 3, 0, 0, 0]])
    exact = core.exact_influence(counts.table, fans)[place[best.pk]]
    points = found.points[found.voters.index(fan.pk)]
    assert points[0] > 0
    assert points[0] == pytest.approx(exact, rel=0.15)
