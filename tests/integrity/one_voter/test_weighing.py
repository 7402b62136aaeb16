"""Votes are weighed as they come: a rigger's are held and leave the board, others stay."""

import math
import uuid
from typing import Any

import numpy as np
import pytest
import redis
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from arena.battles.models import Vote, VoteStanding
from arena.battles.voting.standing import change_standing
from arena.contestants.models import Contestant
from arena.integrity import holding, ledger, tasks, weighing
from arena.integrity.board import forget_board, keep_board, known_board
from arena.integrity.holding import acknowledge_evidence
from arena.integrity.models import Signal, VoterCountDelta, VoterEvidence, WeighedVote
from arena.integrity.signals import signal_recorded
from arena.integrity.weighing import locked_evidence, voters_to_check, weigh_and_hold
from arena.leaderboards.boards import register_boards
from arena.leaderboards.models import Outcome, PairTotal
from arena.voters.models import Voter
from tests.factories import Registered
from tests.integrity.conftest import STRENGTHS, Cast

pytestmark = pytest.mark.django_db


def vote_for(target: Contestant, a: Contestant, b: Contestant) -> Outcome:
    return Outcome.A if a == target else Outcome.B


def standings(voter: Voter) -> set[str]:
    return {vote.standings.all()[0].standing for vote in Vote.objects.filter(voter=voter)}


def overall_votes() -> int:
    totals = PairTotal.objects.filter(board__slug="overall", window="all")
    return sum(t.first_wins + t.second_wins + t.ties + t.both_bad for t in totals)


def test_a_voter_who_always_favours_one_model_is_held(
    pool: list[Contestant], voter: Voter, cast: Cast
) -> None:
    recorded: list[Signal] = []

    def note(*, found: Signal, **_: object) -> None:
        recorded.append(found)

    signal_recorded.connect(note)
    before = overall_votes()
    poor = pool[3]
    for number in range(40):
        other = [c for c in pool if c != poor][number % 4]
        a, b = (poor, other) if number % 2 else (other, poor)
        cast(voter, a, b, vote_for(poor, a, b))
        weigh_and_hold(voter.pk)
        if standings(voter) == {"held"}:
            break
    evidence = VoterEvidence.objects.get(voter=voter)
    assert evidence.votes <= 20
    assert evidence.peak_log_e >= math.log(100)
    assert overall_votes() == before
    held = VoteStanding.objects.filter(vote__voter=voter).first()
    assert held is not None
    assert (held.code, held.author) == ("review", None)
    assert "honest" in held.reason
    in_order = VoteStanding.objects.filter(vote__voter=voter, standing="held").order_by("pk")
    pairs = [
        sorted(pair)
        for pair in in_order.values_list("vote__battle__contestant_a", "vote__battle__contestant_b")
    ]
    assert pairs == sorted(pairs)  # as every voter's, so that two holds at once do not deadlock

    (signal,) = Signal.objects.all()
    assert (signal.kind, list(signal.voters.all())) == ("preference", [voter])
    assert signal.log_e == evidence.peak_log_e
    assert signal.detail == {
        "votes": evidence.votes,
        "alternative": "favours",
        "gold_log_e": 0,
        "contestant": poor.pk,
    }
    assert recorded == [signal]

    cast(voter, pool[0], pool[4], Outcome.A)  # what comes later is held as well
    weigh_and_hold(voter.pk)
    assert standings(voter) == {"held"}
    assert overall_votes() == before


def test_an_honest_voter_keeps_every_vote(pool: list[Contestant], voter: Voter, cast: Cast) -> None:
    rng = np.random.default_rng(5)
    before = overall_votes()
    for _ in range(60):
        a, b = (pool[i] for i in rng.choice(5, 2, replace=False))
        p = 1 / (1 + math.exp(STRENGTHS[b.slug] - STRENGTHS[a.slug]))
        cast(voter, a, b, Outcome.A if rng.random() < p else Outcome.B)
    weigh_and_hold(voter.pk)
    evidence = VoterEvidence.objects.get(voter=voter)
    assert (evidence.votes, standings(voter)) == (60, {"counted"})
    assert overall_votes() == before + 60


def test_on_a_young_board_nobody_is_suspected(
    contestant: Registered, voter: Voter, cast: Cast
) -> None:
    forget_board()
    register_boards()
    made = [contestant(name) for name in STRENGTHS]
    for number in range(40):
        cast(voter, made[0], made[1 + number % 4], Outcome.A)
    weigh_and_hold(voter.pk)
    assert standings(voter) == {"counted"}


def test_weighing_again_and_in_pieces_changes_nothing(
    pool: list[Contestant], cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    one, other = Voter.objects.create(), Voter.objects.create()
    for number in range(9):
        for voter in (one, other):
            outcome = list(Outcome)[number % 4]
            cast(voter, pool[number % 5], pool[(number + 1) % 5], outcome)
        weigh_and_hold(one.pk)
    weigh_and_hold(other.pk)
    weigh_and_hold(other.pk)
    pieces, whole = (VoterEvidence.objects.get(voter=voter) for voter in (one, other))
    assert pieces.log_e == pytest.approx(whole.log_e)
    assert np.frombuffer(pieces.preference) == pytest.approx(np.frombuffer(whole.preference))
    assert WeighedVote.objects.filter(voter=other).count() == 9
    with django_assert_num_queries(4):
        weigh_and_hold(other.pk)
    for _ in range(2):
        cast(other, pool[0], pool[1], Outcome.A)
        with django_assert_num_queries(8):  # two of them begin and end a savepoint
            weigh_and_hold(other.pk)


def test_what_is_asked_at_every_vote_is_planned_once(
    pool: list[Contestant], cast: Cast, voter: Voter
) -> None:
    def planned() -> list[tuple[str, int]]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT name, generic_plans + custom_plans FROM pg_prepared_statements ORDER BY 1"
            )
            return [(name, count) for name, count in cursor.fetchall()]

    cast(voter, pool[0], pool[1], Outcome.A)
    weigh_and_hold(voter.pk)
    before = planned()
    assert len(before) >= 6
    cast(voter, pool[0], pool[1], Outcome.B)
    weigh_and_hold(voter.pk)
    after = planned()
    assert [name for name, _ in after] == [name for name, _ in before]
    assert sum(count for _, count in after) == sum(count for _, count in before) + 6


def test_the_board_is_that_of_the_others_however_old_it_is(
    contestant: Registered, voter: Voter, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a sparse board each vote of the voter's own would show."""
    monkeypatch.setattr(ledger, "LEDGER_PAIRS_PER_DELTA", 1)  # three pairs: folded by threes
    forget_board()
    register_boards()
    one, two, three = (contestant(name) for name in ("one", "two", "three"))
    other = Voter.objects.create()
    for a, b, outcome in (
        *((one, two, Outcome.A), (two, one, Outcome.A), (two, three, Outcome.A)),
        *((two, three, Outcome.B), (one, three, Outcome.TIE), (one, three, Outcome.A)),
    ):
        cast(other, a, b, outcome)
    weigh_and_hold(other.pk)
    before = known_board(set(), models=0, revision=0)  # as another process has it
    votes = []
    for number in range(30):
        a, b = ((one, two), (two, three), (one, three))[number % 3]
        votes.append(cast(voter, a, b, Outcome.A))
        if number % 4 == 1:
            change_standing(votes[-1], VoteStanding.Standing.HELD, reason="a test")
        if number % 4 == 3:
            change_standing(votes[-3], VoteStanding.Standing.COUNTED, reason="a test")
        if number % 5 == 0:
            forget_board()
        if number % 7 == 0:
            keep_board(before)
        if number % 3 == 2:
            weigh_and_hold(voter.pk)
    weighed = WeighedVote.objects.filter(voter=voter).order_by("number")
    assert [step.vote.pk for step in weighed] == sorted(step.vote.pk for step in weighed)
    differences = np.array([step.difference for step in weighed]).reshape(10, 3)
    assert differences == pytest.approx(np.tile(differences[:1], (10, 1)))
    errors = np.array([step.error for step in weighed]).reshape(10, 3)
    assert errors == pytest.approx(np.tile(errors[:1], (10, 1)))
    assert VoterCountDelta.objects.filter(voter=voter).count() < 6


def test_a_vote_is_weighed_however_late(pool: list[Contestant], voter: Voter, cast: Cast) -> None:
    cast(voter, pool[0], pool[1], Outcome.A)
    other = Voter.objects.create()
    cast(other, pool[0], pool[1], Outcome.A)
    weigh_and_hold(other.pk)
    assert voters_to_check() == {voter.pk}
    tasks.weigh_votes(str(voter.pk))
    assert voters_to_check() == set()


def test_two_processes_weigh_a_first_vote_once(
    pool: list[Contestant], voter: Voter, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast(voter, pool[0], pool[1], Outcome.A)

    def overtaken(voter_id: uuid.UUID) -> Any:
        found = locked_evidence(voter_id)
        monkeypatch.undo()
        weigh_and_hold(voter_id)  # by the other process, before this one has a row to lock
        return found

    monkeypatch.setattr(weighing, "locked_evidence", overtaken)
    weigh_and_hold(voter.pk)
    assert VoterEvidence.objects.get(voter=voter).votes == 1
    assert WeighedVote.objects.filter(voter=voter).count() == 1


def test_an_interrupted_hold_continues_where_it_stopped(
    pool: list[Contestant], voter: Voter, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = overall_votes()
    for number in range(24):
        cast(voter, pool[3], pool[number % 3], Outcome.A)
    monkeypatch.setattr(holding, "HELD_AT_ONCE", 5)
    held = 0

    def dying(*args: Any, **kwargs: Any) -> VoteStanding:
        nonlocal held
        held += 1
        if held == 13:
            raise KeyboardInterrupt
        return change_standing(*args, **kwargs)

    monkeypatch.setattr(holding, "change_standing", dying)
    with pytest.raises(KeyboardInterrupt):
        weigh_and_hold(voter.pk)
    assert overall_votes() == before + 14  # two batches are done
    assert voters_to_check() == {voter.pk}
    weigh_and_hold(voter.pk)
    assert overall_votes() == before
    assert VoteStanding.objects.filter(standing="held").count() == 24
    assert voters_to_check() == set()


def test_risk_is_raised_before_anything_is_held(
    pool: list[Contestant], voter: Voter, cast: Cast
) -> None:
    honest = Voter.objects.create()
    for number in range(20):
        cast(honest, pool[0], pool[4 - number % 2], Outcome.A)
        weigh_and_hold(honest.pk)
        cast(voter, pool[3], pool[number % 3], Outcome.A)
        weigh_and_hold(voter.pk)
        voter.refresh_from_db()
        if voter.flagged_until:
            break
    assert voter.flagged_until is not None
    assert voter.flagged_until > timezone.now()
    assert standings(voter) == {"counted"}
    evidence = VoterEvidence.objects.get(voter=voter)
    assert math.log(10) <= evidence.peak_log_e < math.log(100)
    honest.refresh_from_db()
    assert honest.flagged_until is None


def test_what_a_moderator_let_pass_holds_no_more_votes(
    pool: list[Contestant], voter: Voter, cast: Cast
) -> None:
    for number in range(12):
        cast(voter, pool[3], pool[number % 3], Outcome.A)
    weigh_and_hold(voter.pk)
    assert standings(voter) == {"held"}
    acknowledge_evidence(voter.pk)
    for vote in Vote.objects.filter(voter=voter):
        change_standing(vote, VoteStanding.Standing.COUNTED, reason="a moderator's word")
    cast(voter, pool[0], pool[4], Outcome.A)
    weigh_and_hold(voter.pk)
    assert standings(voter) == {"counted"}
    for number in range(12):
        cast(voter, pool[3], pool[number % 3], Outcome.A)
    weigh_and_hold(voter.pk)
    assert standings(voter) == {"held"}
    assert Signal.objects.filter(voters=voter).count() == 2


def test_a_new_contestant_does_not_raise_the_evidence(
    pool: list[Contestant], voter: Voter, cast: Cast, contestant: Registered
) -> None:
    for _ in range(6):
        cast(voter, pool[3], pool[0], Outcome.A)
    weigh_and_hold(voter.pk)
    before = VoterEvidence.objects.get(voter=voter).log_e
    contestant("newcomer")
    forget_board()
    cast(voter, pool[0], pool[1], Outcome.TIE)
    weigh_and_hold(voter.pk)
    assert VoterEvidence.objects.get(voter=voter).log_e <= before + 1e-9


def test_a_process_that_read_the_board_before_a_newcomer_weighs_its_vote(
    pool: list[Contestant], voter: Voter, cast: Cast, contestant: Registered
) -> None:
    cast(voter, pool[0], pool[1], Outcome.A)
    weigh_and_hold(voter.pk)
    before = known_board(set(), models=0, revision=0)
    cast(voter, pool[0], contestant("newcomer"), Outcome.A)
    weigh_and_hold(voter.pk)
    assert VoterEvidence.objects.get(voter=voter).models_known == 6
    keep_board(before)  # as another process has it
    cast(voter, pool[0], pool[1], Outcome.A)
    weigh_and_hold(voter.pk)
    assert VoterEvidence.objects.get(voter=voter).votes == 3


def test_what_was_weighed_is_final(pool: list[Contestant], voter: Voter, cast: Cast) -> None:
    cast(voter, pool[0], pool[1], Outcome.A)
    weigh_and_hold(voter.pk)
    with pytest.raises(DatabaseError), transaction.atomic():
        WeighedVote.objects.update(log_e=0)


def test_a_standing_can_be_given_back(pool: list[Contestant], voter: Voter, cast: Cast) -> None:
    vote = cast(voter, pool[0], pool[1], Outcome.A)
    before = overall_votes()
    for standing, counted in (("held", -1), ("excluded", -1), ("excluded", -1), ("counted", 0)):
        change_standing(vote, VoteStanding.Standing(standing), reason="a test")
        assert overall_votes() == before + counted
    assert [s.standing for s in vote.standings.all()] == ["counted", "excluded", "held", "counted"]


def test_a_counted_vote_enqueues_the_check_of_its_voter(
    pool: list[Contestant],
    voter: Voter,
    cast: Cast,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        cast(voter, pool[0], pool[1], Outcome.A)
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        assert client.llen("integrity") == 1
