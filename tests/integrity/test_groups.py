"""Sybils who each vote too little to be seen alone are held together; an office is not."""

import math
from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest
import redis
from django.utils import timezone

from arena.battles import services as battles
from arena.battles.models import Battle, Origin, Vote, VoteStanding
from arena.contestants.models import Contestant
from arena.integrity import groups, selectors, services, tasks
from arena.integrity.models import Signal, VoterEvidence
from arena.voters import network
from arena.voters.models import Voter
from ratings.models import Outcome, PairTotal
from tests.integrity.conftest import STRENGTHS, Cast

pytestmark = pytest.mark.django_db

Crowd = Callable[[str, int, int, Contestant | None], list[Voter]]


@pytest.fixture
def crowd(pool: list[Contestant], cast: Cast) -> Crowd:
    """Voters on one network: of some votes each, honest or for a target, weighed."""
    rng = np.random.default_rng(3)

    def make(name: str, voters: int, votes: int, target: Contestant | None) -> list[Voter]:
        made = [Voter.objects.create() for _ in range(voters)]
        for _ in range(votes):
            for voter in made:
                a, b = (pool[place] for place in rng.choice(5, 2, replace=False))
                if target and target not in {a, b}:
                    a = target
                if target:
                    outcome = Outcome.A if a == target else Outcome.B
                else:
                    p = 1 / (1 + math.exp(STRENGTHS[b.slug] - STRENGTHS[a.slug]))
                    outcome = Outcome.A if rng.random() < p else Outcome.B
                vote = cast(voter, a, b, outcome)
                battles.note_network(vote.battle, name)
        for voter in made:
            services.check_voter(voter.pk)
        return made

    return make


def held(voters: list[Voter]) -> int:
    """How many of their votes are held."""
    votes = Vote.objects.filter(voter__in=voters)
    return sum(vote.standings.all()[0].standing == "held" for vote in votes)


def counts() -> list[tuple[int, ...]]:
    columns = ("first_id", "second_id", "first_wins", "second_wins", "ties", "both_bad")
    overall = PairTotal.objects.filter(board__slug="overall", window="all")
    return list(overall.order_by("first_id", "second_id").values_list(*columns))


def test_sybils_are_held_together_and_an_office_is_not(
    pool: list[Contestant], crowd: Crowd
) -> None:
    office = crowd("198.51.100.0/24", 5, 4, None)
    selectors.forget_board()
    before = counts()
    sybils = crowd("203.0.113.0/24", 8, 3, pool[3])
    assert held(sybils) == 0  # none is seen alone
    tasks.hold_groups()
    for voter_id in selectors.voters_to_check():
        tasks.weigh_votes(str(voter_id))
    assert (held(sybils), held(office)) == (24, 0)
    assert counts() == before
    signal = Signal.objects.get()
    assert signal.kind == "group"
    assert set(signal.voters.all()) == set(sybils)
    assert signal.log_e is not None
    assert signal.log_e > math.log(100)
    assert signal.detail == {"members": 8, "alternative": "favours", "contestant": pool[3].pk}
    reason = VoteStanding.objects.filter(standing="held").values_list("reason", flat=True).first()
    assert reason is not None
    assert "taken together" in reason

    assert groups.hold_groups() == set()  # nothing new
    assert Signal.objects.count() == 1
    late = crowd("203.0.113.0/24", 2, 3, pool[3])
    assert {voter.pk for voter in late} <= groups.hold_groups()


def test_where_there_are_no_votes_there_are_no_groups(pool: list[Contestant]) -> None:
    assert groups.hold_groups() == set()


def test_a_network_is_kept_for_two_weeks_and_under_a_name_of_the_day(
    pool: list[Contestant], cast: Cast, voter: Voter, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = (cast(voter, pool[0], pool[1], Outcome.A).battle for _ in range(2))
    battles.note_network(one, "203.0.113.0/24")
    battles.note_network(other, None)
    assert Origin.objects.get().network != "203.0.113.0/24"
    Origin.objects.update(created_at=timezone.now() - timedelta(days=15))
    battles.forget_networks()
    assert not Origin.objects.exists()

    def away() -> redis.Redis:
        raise redis.ConnectionError

    monkeypatch.setattr(network, "connection", away)
    battles.note_network(one, "203.0.113.0/24")  # no battle fails for it
    assert not Origin.objects.exists()
    assert VoterEvidence.objects.count() == 0
    assert Battle.objects.count() == 2
