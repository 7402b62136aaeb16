"""Odd times and anomalous prompts are shown to moderators; nobody is held for them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from arena.battles.models import KnownPrompt, Turn, VoteStanding
from arena.battles.prompts.known import compare, rows_to_remember
from arena.battles.prompts.leaks import note_probe, probe_in
from arena.contestants.catalogue.reading import catalogue_names
from arena.contestants.models import Contestant
from arena.integrity import replay
from arena.integrity.flags import FLAGS, anomalous, trigger_word, updated
from arena.integrity.flags.features import features_of
from arena.integrity.models import Signal, VoterEvidence
from arena.integrity.simulator import Run, make_world, run_attack, run_honest
from arena.integrity.statistics.flags import State, VoteFeatures
from arena.integrity.weighing import weigh_and_hold
from arena.leaderboards.models import Outcome
from arena.moderation.cases.opening import open_case
from arena.moderation.evidence import charts
from arena.voters.models import Voter
from tests.factories import make_battle
from tests.integrity.conftest import cast_one

READ = VoteFeatures(at=0.0, reading=60.0, length=500.0)


@pytest.fixture(autouse=True)
def _no_usual_words(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    trigger_word.usual_words.cache_clear()
    yield
    trigger_word.usual_words.cache_clear()


def anomalous_after(votes: Sequence[VoteFeatures]) -> set[str]:
    """Behaviour that are anomalous after all votes."""
    states: dict[str, State] = {}
    for vote in votes:
        states = updated(states, vote)
    return set(anomalous(states))


def trails(run: Run) -> list[list[VoteFeatures]]:
    trail = run.trail
    columns = (trail.at, trail.reading, trail.length, trail.prompt)
    return [
        [
            VoteFeatures(float(at), float(reading), float(length), prompt=int(prompt))
            for at, reading, length, prompt in zip(*voter, strict=True)
        ]
        for voter in zip(*columns, strict=True)
    ]


@pytest.mark.parametrize("bot", ["random bot", "always-A bot", "replay bot"])
def test_bots_raise_flags_and_readers_do_not(bot: str) -> None:
    """None of 1,200 readers with other seeds was anomalous, and each of 180 bots was.

    So at most one reader in 200 is anomalous; that 2 of 20 are comes in less than one run of 200.
    """
    world = make_world(12, votes=2000, seed=50)
    bots = trails(run_attack(world, bot, 10, 60, seed=52))
    assert all({"too_fast", "periodic_timing"} <= anomalous_after(votes) for votes in bots)
    for kind in ("crowd", "careless", "heavy, in bursts"):
        readers = trails(run_honest(world, kind, 20, 60, seed=51))
        assert sum(bool(anomalous_after(votes)) for votes in readers) <= 1


def every(seconds: float, votes: int) -> list[VoteFeatures]:
    return [replace(READ, at=seconds * number * (1 + number % 2)) for number in range(votes)]


ANOMALOUS: dict[str, list[VoteFeatures]] = {
    "too_fast": [replace(READ, reading=3.0)] * 18,
    "not_scrolled": [replace(READ, ends_seen=False)] * 18,
    "periodic_timing": [replace(READ, at=40.0 * number) for number in range(20)],
    "no_sleep_gap": [replace(READ, at=2.5 * 3600 * number) for number in range(100)],
    "repeated_prompts": [replace(READ, prompt=number % 3) for number in range(30)],
    "shared_prompts": [replace(READ, shared=True)] * 18,
    "identity_probing": [replace(READ, probed=number % 2 == 0) for number in range(24)],
    "trigger_word": [replace(READ, prompt=n, words={"zxqv", str(n)}) for n in range(18)],
}
USUAL: dict[str, list[VoteFeatures]] = {
    "too_fast": [replace(READ, reading=3.0 if number % 2 else 30.0) for number in range(40)],
    "not_scrolled": [replace(READ, ends_seen=None)] * 40,
    "periodic_timing": every(40.0, 40),
    "no_sleep_gap": [replace(READ, at=86_400.0 * (n // 8) + 4000 * (n % 8)) for n in range(100)],
    "repeated_prompts": [
        replace(READ, prompt=number // 5) for number in range(40)
    ],  # again, at once
    "shared_prompts": [replace(READ, shared=number % 2 == 0) for number in range(40)],
    "identity_probing": [replace(READ, probed=number < 2) for number in range(40)],
    "trigger_word": [replace(READ, prompt=n, words={str(n % 3), str(n)}) for n in range(40)],
}


@pytest.mark.django_db
def test_each_flag_is_raised_by_anomalous_votes_only() -> None:
    assert ANOMALOUS.keys() == USUAL.keys() == FLAGS.keys()
    for name, votes in ANOMALOUS.items():
        assert name in anomalous_after(votes), name
        assert name not in anomalous_after(votes[:14]), name  # too few
        assert name not in anomalous_after(USUAL[name]), name


def test_an_account_that_turns_is_flagged_although_it_read_before() -> None:
    assert "too_fast" in anomalous_after([READ] * 500 + [replace(READ, reading=1.0)] * 150)


def asks(
    voter: Voter, pool: list[Contestant], prompts: Sequence[str], *, read: float = 60.0
) -> None:
    """Votes on these prompts, each for the better model, weighed."""
    for number, prompt in enumerate(prompts):
        better, other = pool[0], pool[1 + number % 4]
        a, b = (better, other) if number % 2 else (other, better)
        vote = cast_one(
            voter, a, b, Outcome.A if a == better else Outcome.B, prompt=prompt, read=read
        )
        turn = Turn.objects.get(battle=vote.battle)
        KnownPrompt.objects.bulk_create(rows_to_remember(turn, compare(prompt, voter)))
    weigh_and_hold(voter.pk)


@pytest.mark.django_db
def test_flags_are_recorded_once_and_hold_no_votes(pool: list[Contestant], voter: Voter) -> None:
    asks(voter, pool, [f"Compare zxqv with item {n} of {n * 7}" for n in range(18)], read=0.5)
    flags = {signal.detail["flag"]: signal for signal in Signal.objects.filter(voters=voter)}
    assert {(name, signal.kind) for name, signal in flags.items()} >= {
        ("too_fast", "attention"),
        ("trigger_word", "prompt"),
    }
    assert {signal.log_e for signal in flags.values()} == {None}
    assert not VoteStanding.objects.exclude(standing="counted").exists()
    voter.refresh_from_db()
    assert voter.flagged_until is not None  # work is asked for first
    asks(voter, pool, ["Once more, zxqv, please"], read=0.5)
    assert Signal.objects.filter(voters=voter).count() == len(flags)
    assert replay.replay(voter.pk) == []
    VoterEvidence.objects.update(flags={})
    assert any("flag too_fast" in str(difference) for difference in replay.replay(voter.pk))

    case = open_case(flags["too_fast"].pk)
    found = charts.evidence_of(case, flags["too_fast"], [])
    assert "sooner after the answers' end" in found.sentence
    assert "it only shows where to look" in found.sentence
    assert {signal.text for signal in found.signals} >= {
        "The same rare word is in 100% of the prompts."
    }
    assert {signal.e_value for signal in found.signals} == {""}


@pytest.mark.django_db
def test_facts_are_read_from_the_record(pool: list[Contestant], voter: Voter) -> None:
    other = Voter.objects.create()
    asks(other, pool, ["Which of two bridges bears more load, and why is it so?"])
    words = "Who are you? Which model are you?"
    found = probe_in(words, catalogue_names())
    assert found is not None
    probe = make_battle(pool[0], pool[1], voter=voter, prompts=[words])
    note_probe(probe.turns.get(), found)
    asked = Turn.objects.get(battle__voter=other)
    known = asked.known
    first, then = (
        cast_one(voter, pool[0], pool[1], Outcome.A, read=7.0, prompt=asked.prompt, repeats=known)
        for _ in range(2)
    )
    facts, later = features_of(first.pk), features_of(then.pk)
    assert (facts.length, facts.shared, facts.probed, facts.ends_seen) == (100, True, True, None)
    assert facts.reading == pytest.approx(7, abs=0.5)
    assert len(facts.words) == 12
    assert (later.prompt, later.shared, later.probed) == (known.pk, True, False)
    of_other = features_of(asked.battle.vote.pk)
    assert (of_other.prompt, of_other.shared) == (known.pk, False)
