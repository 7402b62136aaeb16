"""Attacks through the services and the database of the site: they are held, the board returns.

The site draws the battles, without a seed. Of 400 simulated riggers of each kind all were held
after 9 to 15 votes, with a standard deviation of one: the bounds here, of 20 votes for a target in
120 battles and of 60 votes, fail in vain less than once in a million runs.
"""

import math
from collections.abc import Callable

import pytest

from arena.battles.generation.worker import generate
from arena.battles.models import Answer, Battle, Vote
from arena.battles.opening import open_battle
from arena.battles.voting.cast import cast_vote
from arena.contestants.models import Contestant
from arena.integrity import tasks
from arena.integrity.models import VoterEvidence
from arena.integrity.statistics.board import predict
from arena.leaderboards.boards import OVERALL
from arena.leaderboards.counting.totals import Counts, counts_of
from arena.leaderboards.models import Board, Outcome
from arena.leaderboards.variants import Variant
from arena.voters.models import Voter
from ratings import engine
from tests.arena_settings import ChangeSettings

pytestmark = pytest.mark.django_db(transaction=True)  # `generate` gives its connection back

Choose = Callable[[Battle], Outcome | None]


@pytest.fixture(autouse=True)
def _as_many_battles_as_they_like(arena_settings: ChangeSettings) -> None:
    arena_settings(running_battles_per_voter=1000)


def board() -> Counts:
    return counts_of(Variant(Board.objects.get(slug=OVERALL)))


def play(voter: Voter, choose: Choose, *, battles_at_most: int) -> int:
    """Open battles and vote as a rigger chooses, until the votes are held; returns the votes."""
    for number in range(battles_at_most):
        battle = open_battle(voter, f"Why is {number} a number?")
        outcome = choose(battle)
        if outcome is None:
            continue  # a battle of others: it is left alone
        for answer in Answer.objects.filter(turn__battle=battle):
            generate(answer.pk)
        cast_vote(voter.pk, battle.pk, outcome)
        tasks.weigh_votes(str(voter.pk))
        if VoterEvidence.objects.get(voter=voter).peak_log_e >= math.log(100):
            break
    votes = Vote.objects.filter(voter=voter)
    assert {vote.standings.all()[0].standing for vote in votes} == {"held"}
    return len(votes)


def test_a_rigger_who_votes_for_a_target_is_held_and_the_board_returns(
    pool: list[Contestant], voter: Voter
) -> None:
    before = board()
    target = pool[3]

    def choose(battle: Battle) -> Outcome | None:
        if target.pk not in {battle.contestant_a_id, battle.contestant_b_id}:
            return None
        return Outcome.A if battle.contestant_a_id == target.pk else Outcome.B

    assert play(voter, choose, battles_at_most=120) <= 20
    after = board()
    assert after.digest() == before.digest()
    assert (engine.fit(after.table).ratings == engine.fit(before.table).ratings).all()


def test_a_rigger_who_votes_in_every_battle_is_held_and_the_board_returns(
    pool: list[Contestant], voter: Voter
) -> None:
    before = board()
    lever = predict(before.table).covariance[before.ids.index(pool[3].pk)]

    def choose(battle: Battle) -> Outcome:
        a, b = (before.ids.index(pk) for pk in (battle.contestant_a_id, battle.contestant_b_id))
        return Outcome.A if lever[a] > lever[b] else Outcome.B

    assert play(voter, choose, battles_at_most=60) <= 60
    assert board().digest() == before.digest()
