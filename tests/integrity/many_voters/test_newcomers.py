"""Newcomers who rig together are found and held, honest crowds and who turns out honest are not."""

from collections.abc import Iterator

import numpy as np
import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from arena.battles.models import Vote, VoteStanding
from arena.contestants.models import Contestant
from arena.integrity.collusion import newcomers
from arena.integrity.models import NewcomersDay, Signal, VoterEvidence
from arena.integrity.statistics.newcomers.betting import STAKES, STAKES_ON_PICKS
from arena.integrity.statistics.newcomers.changes import find_changes, share_of_day, share_of_model
from arena.integrity.statistics.newcomers.crowd import Crowd, Day, Sort, ties_of
from arena.integrity.statistics.newcomers.first_votes import FIRST, Cast, Part, firsts
from arena.integrity.statistics.prediction import Prediction
from arena.integrity.tasks import bound_influence as task
from arena.integrity.weights.bounding import bound_influence
from arena.integrity.weights.period import period
from arena.voters.models import Voter
from tests.exports.casting import cast
from tests.integrity.farms import farm, held, noon, now

STRENGTHS = {"best": 1.0, "good": 0.5, "middle": 0.0, "poor": -0.5, "worst": -1.0}


def guests(pool: list[Contestant], votes: int, seed: int = 0) -> list[Vote]:
    """One vote each of honest guests."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(votes):
        a, b = (pool[place] for place in rng.choice(len(pool), 2, replace=False))
        p = expit(STRENGTHS[a.slug] - STRENGTHS[b.slug])
        outcome = "tie" if rng.random() < 0.2 else "a" if rng.random() < p else "b"
        found.append(cast(Voter.objects.create(), (a, b), at=now(), outcome=outcome))
    return found


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    with noon():
        yield


@pytest.mark.django_db
def test_a_farm_that_shares_nothing_is_held_and_recorded_once(pool: list[Contestant]) -> None:
    honest, rigged = guests(pool, 40), farm(pool, 90)
    bound_influence()
    assert held(rigged) == 90
    assert held(honest) <= 12  # those for the same one
    signal = Signal.objects.get()
    assert (signal.kind, signal.detail["contestant"]) == ("newcomers", pool[3].pk)
    assert (signal.detail["change"], signal.detail["accounts"]) == (
        "lifted",
        signal.detail["votes"],
    )
    assert signal.detail["votes"] == held(rigged) + held(honest)
    assert abs(signal.detail["honest"] - held(honest)) <= 6
    assert signal.detail["score"] > signal.detail["most"] > signal.detail["board"]
    standing = rigged[0].standings.all()[0]
    assert (standing.code, standing.author) == ("newcomers", None)

    bound_influence()
    assert Signal.objects.count() == 1
    more = farm(pool, 5)
    bound_influence()
    assert (held(more), Signal.objects.count()) == (5, 2)
    assert set(Signal.objects.latest("pk").voters.all()) == {vote.voter for vote in more}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("outcome", "change"), [("b", "lowered"), ("tie", "tied"), ("both_bad", "tied")]
)
def test_demotion_and_ties_are_found(pool: list[Contestant], outcome: str, change: str) -> None:
    rigged = farm(pool, 70, target=0, outcome=outcome)
    bound_influence()
    assert Signal.objects.get().detail["change"] == change
    assert held(rigged) == 70


@pytest.mark.django_db
def test_honest_guests_are_left_alone(pool: list[Contestant]) -> None:
    honest = guests(pool, 120, seed=1)
    bound_influence()
    assert (held(honest), Signal.objects.count()) == (0, 0)


@pytest.mark.django_db
def test_the_same_votes_give_the_same_again(pool: list[Contestant]) -> None:
    guests(pool, 10)
    farm(pool, 60)
    bound_influence()
    days = list(NewcomersDay.objects.order_by("number").values_list("number", flat=True))
    assert days == list(range(1, len(days) + 1))
    kept = list(NewcomersDay.objects.order_by("day"))
    first, second = (newcomers.find(period(timezone.now().date()), kept) for _ in range(2))
    assert len(first) == 1
    assert first[0].log_e == second[0].log_e  # held or not: it is computed from the votes
    assert np.array_equal(first[0].votes, second[0].votes)
    with pytest.raises(DatabaseError, match="newcomers_day_is_final"), transaction.atomic():
        NewcomersDay.objects.update(ties=2.0)


@pytest.mark.django_db
def test_votes_of_an_account_that_votes_honestly_are_released(pool: list[Contestant]) -> None:
    rigged = farm(pool, 40)
    bound_influence()
    one, other, suspect = (vote.voter for vote in rigged[:3])
    for voter, votes, log_e in ((one, 15, -0.1), (other, 14, -0.1), (suspect, 15, 0.5)):
        VoterEvidence.objects.create(voter=voter, votes=votes, log_e=log_e, peak_log_e=0.5)
    task()
    now_counted = VoteStanding.objects.filter(standing="counted", reason__startswith="Released")
    assert list(now_counted.values_list("vote__voter", flat=True)) == [one.pk]
    task()
    assert (held(rigged), Signal.objects.count()) == (39, 1)  # and not held again


@pytest.mark.django_db
def test_the_votes_of_the_last_minutes_of_a_day_are_waited_for(pool: list[Contestant]) -> None:
    bound_influence()
    newest = NewcomersDay.objects.latest("day")
    assert newest.day == (timezone.now() - newcomers.LATE).date()


def board(models: int) -> Prediction:
    return Prediction(np.linspace(1, -1, models), 0.001 * np.eye(models))


def day(models: int = 6, number: int = 1) -> Day:
    return Day(board(models), 0.7, number, np.full((models, models), 40.0))


def votes_at(bias: float, votes: int, rng: np.random.Generator, *, liked: int = 2) -> Cast:
    """One vote each of a crowd with a taste for one model."""
    a = rng.integers(0, 6, votes)
    b = (a + rng.integers(1, 6, votes)) % 6
    d = board(6).strengths[a] - board(6).strengths[b] + bias * ((a == liked) * 1.0 - (b == liked))
    score = np.where(rng.random(votes) < 0.2, 0.5, rng.random(votes) < expit(d))
    zeros = np.zeros(votes, dtype=np.intp)
    return Cast(np.arange(votes), np.arange(votes), zeros, a, b, score)


def test_a_crowd_with_a_taste_raises_nothing_and_one_beyond_it_does() -> None:
    rng = np.random.default_rng(5)
    for bias, found in ((0.5, False), (-0.5, False), (1.5, True), (-1.5, True)):
        cast_ = votes_at(bias, 20_000, rng)
        changes = find_changes(firsts(cast_, np.zeros(20_000)), [day()], 0.01)
        assert bool(changes) == found
        if found:
            assert (changes[0].model, changes[0].sort) == (2, Sort.LIFTED if bias > 0 else 1)


@given(
    st.tuples(st.floats(-4, 4), st.floats(0, 2), st.floats(0.05, 3)),
    st.integers(0, 3),
    st.floats(-1, 1),
    st.floats(0, 1),
)
def test_no_honest_vote_is_expected_to_raise_an_e_value(
    expected: tuple[float, float, float], contrast: int, where: float, tied: float
) -> None:
    """Over the outcomes of one vote, for any honest chance of each and any stake."""
    crowd = Crowd()
    difference, error, _ = expected
    most = crowd.most(*(np.array([value]) for value in expected))[contrast, :, 0]
    seen = crowd.contrasts[contrast] * difference + where * (crowd.taste + 2.5 * error)
    p, honest_tie = float(expit(seen)), tied * most[Sort.TIED]
    # A tie is half a win: what it takes of either side leaves the expected score as it is.
    tie = min(honest_tie, 2 * p, 2 * (1 - p))
    chances = {1.0: p - tie / 2, 0.5: tie, 0.0: 1 - p - tie / 2}
    for sort in Sort:
        scores = {
            Sort.LIFTED: chances,
            Sort.LOWERED: {1 - score: chance for score, chance in chances.items()},
            Sort.TIED: {1.0: tie, 0.0: 1 - tie},
        }[sort]
        for stake in STAKES:
            mean = sum(
                chance * (1 + stake * (score / most[sort] - 1)) for score, chance in scores.items()
            )
            assert mean <= 1 + 1e-9
        for stake in STAKES_ON_PICKS:
            mean = sum(chance * (1 + stake * score) for score, chance in scores.items())
            assert mean / (1 + stake * most[sort]) <= 1 + 1e-9


def test_all_shares_of_alpha_are_at_most_one() -> None:
    assert sum(share_of_day(number) for number in range(1, 10**5)) < 1
    assert sum(share_of_model(place) for place in range(10**4)) * len(Sort) < 1


def test_parts_are_by_what_a_voter_met_before() -> None:
    voter = np.array([0, 1, 0, 0, 0, 0, 0])
    a, b = np.array([1, 1, 1, 2, 3, 1, 1]), np.array([2, 3, 3, 4, 4, 4, 2])
    found = firsts(Cast(np.arange(7), voter, 0 * voter, a, b, np.ones(7)), np.zeros(2))
    assert found.vote.tolist() == [0, 1, 2, 3, 4, 5]  # the seventh is its voter's sixth
    assert found.part_a.tolist() == [0, 0, Part.AGAIN, Part.AGAIN, Part.AGAIN, Part.AGAIN]
    assert found.part_b.tolist() == [0, 0, Part.OTHER, Part.OTHER, Part.AGAIN, Part.AGAIN]
    earlier = firsts(Cast(np.arange(7), voter, 0 * voter, a, b, np.ones(7)), np.array([FIRST, 2]))
    assert earlier.vote.tolist() == [1]
    assert earlier.part_a.tolist() == [Part.OTHER]


def test_the_tie_parameter_reproduces_the_number_of_ties() -> None:
    difference = np.array([0.0, 1.0, 2.0])
    even = np.sqrt(expit(difference) * expit(-difference))
    share = 0.8 * even / (1 + 0.8 * even)
    assert ties_of(difference, np.full(3, 1000.0), 1000 * share) == pytest.approx(0.8, rel=1e-6)
