"""Votes in check battles tell those who do not read from those who do, and nobody else."""

import itertools
import math
from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from arena.battles import services as battles
from arena.battles.models import Answer, Battle, Canary, Turn, VoteStanding
from arena.contestants.models import Contestant
from arena.integrity import replay, selectors, services
from arena.integrity.core.canaries import PICKS_A, CanaryEvidence, Reading
from arena.integrity.models import Signal, VoterEvidence, WeighedVote
from arena.voters.models import Voter
from ratings.models import Outcome
from tests.integrity.conftest import Cast

Check = Callable[[Voter, str, Outcome], None]


@pytest.mark.parametrize("damaged", ["", "a", "b"])
def test_no_factor_has_an_expectation_above_one(damaged: str) -> None:
    (low,), (high,) = Reading().bounds(damaged)
    for p in np.linspace(low, high, 9):
        expectation = np.zeros(len(PICKS_A))
        for picked_a, chance in ((1.0, p), (0.0, 1 - p)):
            evidence = CanaryEvidence()
            evidence.update(damaged, picked_a)
            expectation += chance * np.exp(evidence.values)
        assert (expectation <= 1 + 1e-12).all()


def test_a_tie_says_nothing() -> None:
    evidence = CanaryEvidence()
    for damaged in ("", "a", "b"):
        evidence.update(damaged, math.nan)
    assert evidence.log_e() == pytest.approx(0)
    assert CanaryEvidence.unpacked(evidence.packed()).log_e() == evidence.log_e()


@pytest.fixture
def check(pool: list[Contestant]) -> Check:
    """Casts a vote in a check battle whose named side is damaged."""

    def make(voter: Voter, damaged: str, outcome: Outcome) -> None:
        now = timezone.now()
        shown = now - timedelta(minutes=1)
        battle = Battle.objects.create(
            voter=voter,
            contestant_a=pool[0],
            contestant_b=pool[0],
            is_check=True,
            state=Battle.State.OPEN,
            finished_at=shown,
            shown_at=shown,
        )
        kind = Canary.Kind.DAMAGED if damaged else Canary.Kind.SAME
        Canary.objects.create(battle=battle, kind=kind, damaged=damaged)
        turn = Turn.objects.create(battle=battle, prompt="Why?", language="en", topics=[])
        Answer.objects.bulk_create(
            Answer(turn=turn, side=side, state="complete", text=side, queued_at=now)
            for side in ("a", "b")
        )
        battles.cast_vote(voter.pk, battle.pk, outcome)

    return make


@pytest.mark.django_db
def test_a_bot_is_found_by_checks_and_all_its_votes_are_held(
    pool: list[Contestant], voter: Voter, check: Check, cast: Cast
) -> None:
    cast(voter, pool[1], pool[2], Outcome.TIE)
    for _, damaged in zip(range(24), itertools.cycle(["", "a", "", "b"]), strict=False):
        check(voter, damaged, Outcome.A)
    services.check_voter(voter.pk)
    evidence = VoterEvidence.objects.get(voter=voter)
    assert evidence.peak_log_e > math.log(100)
    assert evidence.votes == 25
    signal = Signal.objects.get(voters=voter)
    assert signal.detail["checks_log_e"] > math.log(100) - 1
    standings = VoteStanding.objects.filter(vote__voter=voter)
    assert standings.filter(standing="held").count() == 1  # the one that counted
    assert replay.replay(voter.pk) == []
    assert not selectors.voters_to_check()


@pytest.mark.django_db
def test_a_reader_is_not(pool: list[Contestant], voter: Voter, check: Check, cast: Cast) -> None:
    for number, damaged in zip(range(24), itertools.cycle(["", "a", "", "b"]), strict=False):
        better = {"a": Outcome.B, "b": Outcome.A, "": list(Outcome)[number % 4]}[damaged]
        check(voter, damaged, better)
        if number % 6 == 0:
            cast(voter, pool[0], pool[4], Outcome.A)
            services.check_voter(voter.pk)
    services.check_voter(voter.pk)
    evidence = VoterEvidence.objects.get(voter=voter)
    assert evidence.peak_log_e < math.log(10)
    assert WeighedVote.objects.filter(voter=voter).count() == 28
    assert replay.replay(voter.pk) == []
