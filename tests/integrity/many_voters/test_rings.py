"""Sybils who each vote too little to be seen alone are held together; an office is not."""

import math
from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest
import redis
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from arena.battles.erasure import erase_texts
from arena.battles.models import Battle, Origin, Vote, VoteStanding
from arena.battles.opening import forget_origins
from arena.contestants.models import Contestant
from arena.integrity import tasks
from arena.integrity.board import forget_board
from arena.integrity.collusion import rings
from arena.integrity.models import Signal, VoterEvidence
from arena.integrity.statistics.collusion.rings import FEW
from arena.integrity.weighing import voters_to_check, weigh_and_hold
from arena.leaderboards.models import Outcome, PairTotal
from arena.voters.models import Voter
from arena.voters.origin import network
from tests.factories import NewBattle, make_battles, note_origin
from tests.integrity.conftest import STRENGTHS, Cast
from tests.servers import redis_url

pytestmark = pytest.mark.django_db

Crowd = Callable[..., list[Voter]]
RARE = "device\nMozilla/5.0 (X11; OpenBSD amd64; rv:140.0) Gecko/20100101 Firefox/140.0\nsw-KE"


@pytest.fixture
def crowd(pool: list[Contestant], cast: Cast) -> Crowd:
    """Voters of some votes each, honest or for a target, weighed; `{}` is the voter's number."""
    rng = np.random.default_rng(3)

    def make(
        name: str,
        voters: int,
        votes: int,
        target: Contestant | None,
        client_signature: str | None = None,
    ) -> list[Voter]:
        made = [Voter.objects.create() for _ in range(voters)]
        for _ in range(votes):
            for number, voter in enumerate(made):
                a, b = (pool[place] for place in rng.choice(5, 2, replace=False))
                if target and target not in {a, b}:
                    a = target
                if target:
                    outcome = Outcome.A if a == target else Outcome.B
                else:
                    p = 1 / (1 + math.exp(STRENGTHS[b.slug] - STRENGTHS[a.slug]))
                    outcome = Outcome.A if rng.random() < p else Outcome.B
                vote = cast(voter, a, b, outcome)
                note_origin(
                    vote.battle, network=name.format(number), client_signature=client_signature
                )
        for voter in made:
            weigh_and_hold(voter.pk)
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
    """Honest voters are held at most once in 100 runs with other seeds: the level of the test."""
    office = crowd("198.51.100.0/24", 5, 4, None)
    forget_board()
    before = counts()
    sybils = crowd("203.0.113.0/24", 8, 3, pool[3])
    assert held(sybils) == 0  # none is seen alone
    tasks.hold_rings()
    for voter_id in voters_to_check():
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

    assert rings.hold_rings() == set()  # nothing new
    assert Signal.objects.count() == 1
    late = crowd("203.0.113.0/24", 2, 3, pool[3])
    assert {voter.pk for voter in late} <= rings.hold_rings()


def test_where_there_are_no_votes_there_are_no_groups(pool: list[Contestant]) -> None:
    assert rings.hold_rings() == set()


def passers_by(voters: int, client_signature: str, pool: list[Contestant]) -> None:
    """Voters who have this browser, and have not voted yet."""
    make_battles(
        NewBattle(pool[0], pool[1], client_signature=client_signature) for _ in range(voters)
    )


def test_a_rare_browser_joins_sybils_on_networks_of_their_own(
    pool: list[Contestant], crowd: Crowd
) -> None:
    sybils = crowd("203.0.{}.0/24", 8, 3, pool[3], RARE)
    assert held(sybils) == 0
    assert rings.hold_rings() == {voter.pk for voter in sybils}


def test_a_browser_that_many_have_joins_nobody(pool: list[Contestant], crowd: Crowd) -> None:
    crowd("203.0.{}.0/24", 8, 3, pool[3], "device\nMozilla/5.0 (Windows NT 10.0; Win64; x64)")
    passers_by(FEW - 7, "device\nMozilla/5.0 (Windows NT 10.0; Win64; x64)", pool)
    assert rings.hold_rings() == set()


def test_an_origin_is_kept_for_two_weeks_and_under_names_of_the_day(
    pool: list[Contestant],
    cast: Cast,
    voter: Voter,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    one, other = (cast(voter, pool[0], pool[1], Outcome.A).battle for _ in range(2))
    before = redis_reads()
    with django_assert_num_queries(1):
        note_origin(one, network="203.0.113.0/24", client_signature=RARE)
    assert redis_reads() - before == 1  # of the day's key, made if it is not there
    note_origin(other, network=None, client_signature=None)
    origin = Origin.objects.get()
    assert (origin.network, origin.client_signature) == tuple(
        map(network.pseudonym, ("203.0.113.0/24", RARE))
    )
    assert origin.network != origin.client_signature
    before = redis_reads()
    note_origin(other, network=None, client_signature=RARE)
    assert redis_reads() - before == 1
    other.origin.refresh_from_db()
    assert (other.origin.network, other.origin.client_signature) == ("", origin.client_signature)
    Origin.objects.update(created_at=timezone.now() - timedelta(days=15))
    forget_origins()
    assert not Origin.objects.exists()
    note_origin(one, network="203.0.113.0/24", client_signature=None)
    assert Origin.objects.get(client_signature="").network == origin.network
    Origin.objects.all().delete()

    def away() -> redis.Redis:
        raise redis.ConnectionError

    monkeypatch.setattr(network, "connection", away)
    note_origin(one, network="203.0.113.0/24", client_signature=RARE)  # no battle fails for it
    assert not Origin.objects.exists()
    assert VoterEvidence.objects.count() == 0
    assert Battle.objects.count() == 2


def redis_reads() -> int:
    """How often the keys of two days were read from Redis so far."""
    with redis.Redis.from_url(redis_url()) as client:
        calls: int = client.info("commandstats").get("cmdstat_mget", {}).get("calls", 0)
        return calls


def test_the_origin_of_an_erased_battle_goes_when_it_is_a_day_old(
    pool: list[Contestant], crowd: Crowd
) -> None:
    erased, stays = crowd("203.0.{}.0/24", 2, 1, None, RARE)
    erase_texts(erased.pk)
    forget_origins()
    assert Origin.objects.count() == 2  # or sybils who erase each account would share nothing
    Origin.objects.update(created_at=timezone.now() - timedelta(days=1))
    forget_origins()
    assert Origin.objects.get().battle.voter == stays
