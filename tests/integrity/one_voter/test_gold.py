"""Gold questions detect voters who do not read the answers, and no others."""

import itertools
import math
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest

from arena.battles.drawing.catalogue import read_catalogue
from arena.battles.gold import draw
from arena.battles.models import Side, StyleProfile, Vote, VoteStanding
from arena.contestants.models import Contestant
from arena.integrity import replay
from arena.integrity.models import Signal, VoterEvidence, WeighedVote
from arena.integrity.statistics.voter.gold import PICKS_A, PICKS_DECOY, GoldEvidence, ReaderNull
from arena.integrity.weighing import suspected_target, voters_to_check, weigh_and_hold
from arena.leaderboards.models import Outcome
from arena.voters.models import Voter
from tests.integrity.conftest import Cast, cast_in_check

Check = Callable[..., Vote]


KINDS = [("same", ""), ("damaged", "a"), ("damaged", "b"), ("decoy", "a"), ("decoy", "b")]
KINDS += [(kind, side) for kind in ("invisible_decoy", "voided") for side in ("a", "b")]


@pytest.mark.parametrize(("kind", "side"), KINDS)
def test_no_factor_has_an_expectation_above_one(kind: str, side: str) -> None:
    (low,), (high,) = ReaderNull().bounds(kind, side)
    for p in np.linspace(low, high, 9):
        expectation = np.zeros(len(PICKS_A) + len(PICKS_DECOY))
        for picked_a, chance in ((1.0, p), (0.0, 1 - p)):
            evidence = GoldEvidence()
            evidence.update(kind, side, picked_a)
            expectation += chance * np.exp([*evidence.values, *evidence.decoys])
        assert (expectation <= 1 + 1e-12).all()


@pytest.mark.parametrize(("kind", "votes"), [("decoy", 60), ("invisible_decoy", 30)])
@pytest.mark.parametrize("picks", [0.95, 0.05])
def test_picking_decoys_is_evidence_on_either_side(kind: str, votes: int, picks: float) -> None:
    evidence = GoldEvidence()
    for number in range(votes):
        side, picked = "ab"[number % 2], number < votes * picks
        evidence.update(kind, side, float(picked == (side == "a")))
    assert evidence.log_e() > math.log(100)
    assert GoldEvidence.unpacked(evidence.packed()).log_e() == evidence.log_e()


def test_a_fan_of_a_style_is_not() -> None:
    evidence, peak = GoldEvidence(), 0.0
    for number in range(100):
        evidence.update("decoy", "a", float(number % 4 > 0))
        peak = max(peak, evidence.log_e())
    assert peak < math.log(2)


def test_what_was_kept_before_there_were_decoys_is_read_as_it_was() -> None:
    evidence = GoldEvidence()
    evidence.update("same", "", 1.0)
    kept = evidence.packed()
    assert len(kept) == 8 * len(PICKS_A)
    again = GoldEvidence.unpacked(kept)
    assert (again.log_e(), again.packed()) == (evidence.log_e(), kept)
    again.update("decoy", "b", 0.0)
    assert GoldEvidence.unpacked(again.packed()).log_e() == again.log_e() < evidence.log_e()


def test_a_tie_says_nothing() -> None:
    evidence = GoldEvidence()
    for kind, side in KINDS:
        evidence.update(kind, side, math.nan)
    assert evidence.log_e() == pytest.approx(0)
    assert GoldEvidence.unpacked(evidence.packed()).log_e() == evidence.log_e()


@pytest.fixture
def check(pool: list[Contestant]) -> Check:
    """Cast a vote on a gold question of the first contestant of the pool."""
    return partial(cast_in_check, contestant=pool[0])


@pytest.mark.django_db
def test_gold_questions_detect_a_bot_and_all_its_votes_are_held(
    pool: list[Contestant], voter: Voter, check: Check, cast: Cast
) -> None:
    cast(voter, pool[1], pool[2], Outcome.TIE)
    for _, damaged in zip(range(24), itertools.cycle(["", "a", "", "b"]), strict=False):
        check(voter, damaged, Outcome.A)
    weigh_and_hold(voter.pk)
    evidence = VoterEvidence.objects.get(voter=voter)
    assert evidence.peak_log_e > math.log(100)
    assert evidence.votes == 25
    signal = Signal.objects.get(voters=voter)
    assert signal.detail["gold_log_e"] > math.log(100) - 1
    standings = VoteStanding.objects.filter(vote__voter=voter)
    assert standings.filter(standing="held").count() == 1  # the one that counted
    assert replay.replay(voter.pk) == []
    assert not voters_to_check()


@pytest.mark.django_db
def test_a_reader_is_not(pool: list[Contestant], voter: Voter, check: Check, cast: Cast) -> None:
    for number, damaged in zip(range(24), itertools.cycle(["", "a", "", "b"]), strict=False):
        better = {"a": Outcome.B, "b": Outcome.A, "": list(Outcome)[number % 4]}[damaged]
        check(voter, damaged, better)
        if number % 6 == 0:
            cast(voter, pool[0], pool[4], Outcome.A)
            weigh_and_hold(voter.pk)
    weigh_and_hold(voter.pk)
    evidence = VoterEvidence.objects.get(voter=voter)
    assert evidence.peak_log_e < math.log(10)
    assert WeighedVote.objects.filter(voter=voter).count() == 28
    assert replay.replay(voter.pk) == []


@pytest.mark.django_db
def test_decoys_detect_a_rigger_and_not_a_fan(
    pool: list[Contestant], voter: Voter, check: Check
) -> None:
    fan = Voter.objects.create()
    for number in range(60):
        side = Side("ab"[number % 2])
        check(voter, side, Outcome(side), target=pool[3])
        other = {"a": Outcome.B, "b": Outcome.A}[side]
        check(fan, side, Outcome(side) if number % 10 < 7 else other, target=pool[3])
    for each in (voter, fan):
        weigh_and_hold(each.pk)
        assert replay.replay(each.pk) == []
    assert VoterEvidence.objects.get(voter=voter).peak_log_e > math.log(100)
    assert VoterEvidence.objects.get(voter=fan).peak_log_e < math.log(10)


@pytest.mark.django_db
def test_decoys_wear_what_the_voter_seems_to_seek(
    pool: list[Contestant], voter: Voter, cast: Cast
) -> None:
    assert suspected_target(voter.pk) is None
    for number in range(16):
        other = [*pool[:3], pool[4]][number % 4]
        cast(voter, pool[3], other, Outcome.A)
    weigh_and_hold(voter.pk)
    assert suspected_target(voter.pk) == pool[3].pk
    for each in pool[2:4]:
        StyleProfile.objects.create(contestant=each, language="en", bullet="-")
    pair, catalogue = (pool[3].pk, pool[0].pk), read_catalogue()
    drawn = [draw.draw(voter, pair, catalogue) for _ in range(60)]
    decoys = {(each.contestant, each.target) for each in drawn if each.kind == "decoy"}
    assert decoys == {(pool[0].pk, pool[3].pk)}
    voter.refresh_from_db()
    assert voter.flagged_until is not None
