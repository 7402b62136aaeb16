"""Riggers who each stay under the threshold are held by the target they share; others are not."""

import math

import pytest

from arena.battles.models import Vote, VoteStanding
from arena.contestants.models import Contestant
from arena.integrity import tasks
from arena.integrity.board import forget_board
from arena.integrity.collusion import targets
from arena.integrity.holding import is_over_threshold
from arena.integrity.models import Signal, VoterEvidence
from arena.integrity.weighing import voters_to_check, weigh_and_hold
from arena.leaderboards.models import Outcome
from arena.voters.models import Voter
from tests.integrity.conftest import Cast

pytestmark = pytest.mark.django_db


def held(voters: list[Voter]) -> int:
    votes = Vote.objects.filter(voter__in=voters)
    return sum(vote.standings.all()[0].standing == "held" for vote in votes)


def voted(voters: list[Voter], cast: Cast, votes: list[tuple[Contestant, Contestant]]) -> None:
    """The first of each pair wins."""
    for voter in voters:
        for number, (better, worse) in enumerate(votes):
            if number % 2:
                cast(voter, better, worse, Outcome.A)
            else:
                cast(voter, worse, better, Outcome.B)
        weigh_and_hold(voter.pk)


def test_riggers_for_one_model_are_held_by_the_pooled_test(
    pool: list[Contestant], cast: Cast
) -> None:
    honest = [Voter.objects.create() for _ in range(3)]
    voted(honest, cast, [(pool[0], pool[3]), (pool[1], pool[4]), (pool[3], pool[2])])
    forget_board()
    poor = pool[3]
    riggers = [Voter.objects.create() for _ in range(5)]
    # Honest votes on others, that the model they meet most is another one.
    camouflage = [(pool[0], pool[4]), (pool[1], pool[4])]
    rigged = [(poor, pool[1]), (poor, pool[2])]
    course = [vote for pair in zip(camouflage, rigged, strict=True) for vote in pair]
    voted(riggers, cast, [*course * 4, camouflage[0]])
    assert not is_over_threshold(VoterEvidence.objects.get(voter=riggers[0]))
    assert held(riggers) == 0  # none is seen alone

    tasks.hold_rings()
    for voter_id in voters_to_check():
        tasks.weigh_votes(str(voter_id))
    assert (held(riggers), held(honest)) == (85, 0)
    signal = Signal.objects.get()
    assert (signal.kind, set(signal.voters.all())) == ("preference", set(riggers))
    assert signal.detail == {"members": 5, "alternative": "favours", "contestant": poor.pk}
    assert signal.log_e is not None
    assert signal.log_e > math.log(100)
    reason = VoteStanding.objects.filter(standing="held").values_list("reason", flat=True).first()
    assert reason is not None
    assert "a target with them, taken together" in reason

    assert targets.hold_shared_target_voters() == set()  # nothing new
    assert Signal.objects.count() == 1
    late = Voter.objects.create()
    voted([late], cast, [*course * 4, camouflage[0]])
    assert targets.hold_shared_target_voters() == {late.pk}


def test_nobody_is_identified_without_votes(pool: list[Contestant]) -> None:
    assert targets.hold_shared_target_voters() == set()
