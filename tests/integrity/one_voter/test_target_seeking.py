"""Voting on one model's battles alone is evidence; abandoning battles at will is not."""

from datetime import timedelta
from itertools import product
from typing import Any

import numpy as np
import pytest
from django.utils import timezone

from arena.battles.models import Battle, Image
from arena.contestants.models import Contestant
from arena.integrity import replay
from arena.integrity.models import VoterEvidence, WeighedVote
from arena.integrity.statistics.prediction import Expected
from arena.integrity.statistics.voter.evidence import CombinedEvidence
from arena.integrity.statistics.voter.preference import Alternative
from arena.integrity.statistics.voter.target_seeking import MAX_HONEST_ODDS_RATIO, TargetSeeking
from arena.integrity.weighing import weigh_and_hold
from arena.leaderboards.models import Outcome
from arena.voters.models import Voter
from tests.factories import make_battle
from tests.integrity.conftest import Cast


def seeking(
    models: int, votes: list[tuple[list[tuple[int, int]], tuple[int, int]]]
) -> TargetSeeking:
    """After votes for the first of a pair, each with the pairs that were abandoned before."""
    evidence = TargetSeeking(1, models)
    for abandoned, (a, b) in votes:
        shown = np.bincount(np.array([*abandoned, (a, b)]).ravel(), minlength=models)[None]
        evidence.update(np.array([len(abandoned) + 1]), shown, np.array([a]), np.array([b]))
    return evidence


def test_target_seeking_is_detected_within_ten_votes_whatever_the_picks() -> None:
    others = [(1, 2), (3, 4), (5, 6), (7, 8), (9, 10), (11, 12)] * 8
    evidence = seeking(20, [(others, (0, 3 + n)) for n in range(10)])
    assert evidence.log_e()[0] > np.log(100)
    assert evidence.target() == 0


def test_voting_on_every_battle_is_no_evidence() -> None:
    evidence = seeking(20, [([], (0, 3 + n)) for n in range(10)])
    assert evidence.log_e()[0] == pytest.approx(0)
    assert evidence.packed() == b""
    assert evidence.target() is None


def test_evidence_is_kept_and_has_room_for_newcomers() -> None:
    others = [(1, 2), (3, 4), (5, 6)]
    evidence = seeking(9, [(others, (0, 7)), (others, (0, 8))])
    assert evidence.leading.any()
    grown = TargetSeeking.unpacked(evidence.packed(), 12)
    assert grown.log_e() == pytest.approx(evidence.log_e())
    assert TargetSeeking.unpacked(evidence.packed(), 9).packed() == evidence.packed()


def test_a_tie_is_a_vote_as_any_other() -> None:
    """Opening 61 battles for a tie with one model is detected within ten votes."""
    others = [(1, 2), (3, 4), (5, 6), (7, 8), (9, 10), (11, 12)] * 10
    evidence = CombinedEvidence.empty(20)
    expected = Expected(np.array([-2.0]), np.array([0.05]), np.zeros((1, 20), dtype=bool))
    for n in range(10):
        evidence.add_vote(expected, (0, 3 + n), np.nan, others)
    assert evidence.log_e() > np.log(100)
    assert evidence.strongest() == Alternative("seeks", model=0)


def test_votes_of_before_are_weighed_by_the_rules_of_before() -> None:
    """At that time a tie counted as an abandoned battle, and was no evidence itself."""
    expected = Expected(np.zeros(1), np.array([0.05]), np.zeros((1, 9), dtype=bool))
    abandoned, tied = CombinedEvidence.empty(9), CombinedEvidence.empty(9)
    others = [(1, 2), (3, 4), (5, 6)]
    for pair in others:
        tied.add_vote(expected, pair, np.nan, [], with_ties=False)
        assert tied.log_e() == pytest.approx(0.0)
    tied.add_vote(expected, (0, 7), 1.0, [], with_ties=False)
    abandoned.add_vote(expected, (0, 7), 1.0, others, with_ties=False)
    assert abandoned.target_seeking.packed() == tied.target_seeking.packed()
    assert not tied.ties.packed()
    # What such votes abandoned is nothing to the first vote by the new rules.
    tied.add_vote(expected, (1, 3), np.nan, [], with_ties=False)
    before = tied.target_seeking.log_e()
    tied.add_vote(expected, (0, 7), 1.0, [])
    assert tied.target_seeking.log_e() == pytest.approx(before)
    assert tied.ties.packed()


@pytest.mark.parametrize("favoured", [0, 1, 5])
def test_the_expectation_is_at_most_one_for_the_least_favourable_honest_voter(
    favoured: int,
) -> None:
    """Over every course of three votes among four battles each, of which some show a model."""
    pairs = [(0, 1), (0, 2), (3, 4), (5, 1)]
    odds = np.array([MAX_HONEST_ODDS_RATIO if favoured in pair else 1.0 for pair in pairs])
    chance = odds / odds.sum()
    expectation = 0.0
    for course in product(range(4), repeat=3):
        votes = [([pairs[i] for i in range(4) if i != voted], pairs[voted]) for voted in course]
        expectation += float(np.prod(chance[list(course)]) * np.exp(seeking(6, votes).log_e()[0]))
    assert expectation <= 1 + 1e-12


def leave(voter: Voter, pair: list[Contestant], **how: Any) -> Battle:
    """A battle whose answers were shown, and that was abandoned."""
    shown = timezone.now() - timedelta(seconds=60)
    values = {"state": "open", "finished_at": shown, "shown_at": shown, **how}
    return make_battle(*pair, voter=voter, **values)


@pytest.mark.django_db
def test_the_battles_left_count_and_the_record_gives_the_same(
    pool: list[Contestant], voter: Voter, cast: Cast
) -> None:
    for _ in range(3):
        leave(voter, pool[:2])
    leave(voter, pool[:2], mode="side_by_side")
    leave(voter, pool[:2], by_program=True)
    leave(voter, pool[:2], state="failed", failure="no_answer", shown_at=None)
    leave(voter, pool[:2], shown_at=timezone.now() + timedelta(minutes=1))
    leave(voter, pool[:2], opened_at=timezone.now() - timedelta(days=2))
    with_image = leave(voter, pool[:2], prompts=["What is it?"]).turns.get()
    Image.objects.create(turn=with_image, name="x", width=1, height=1)
    cast(voter, pool[3], pool[4], Outcome.A)
    leave(Voter.objects.create(), pool[:2])
    cast(voter, pool[3], pool[4], Outcome.TIE)
    leave(voter, pool[1:3])
    cast(voter, pool[3], pool[2], Outcome.A)
    weigh_and_hold(voter.pk)

    steps = WeighedVote.objects.filter(voter=voter).order_by("number")
    ids = [model.pk for model in pool]
    abandoned = [np.frombuffer(step.abandoned, "<i4").tolist() for step in steps]
    assert abandoned == [ids[:2] * 3, [], ids[1:3]]
    kept = VoterEvidence.objects.get(voter=voter)
    votes = [([(0, 1)] * 3, (3, 4)), ([], (3, 4)), ([(1, 2)], (3, 2))]
    assert bytes(kept.target_seeking) == seeking(5, votes).packed()
    without = CombinedEvidence.empty(5).log_e()
    assert without == pytest.approx(0)
    assert replay.replay(voter.pk) == []
    VoterEvidence.objects.filter(voter=voter).update(target_seeking=b"")
    assert any("target_seeking" in str(difference) for difference in replay.replay(voter.pk))
