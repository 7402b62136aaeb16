"""The evidence computed again from the record: whether what was kept step by step is right.

Every step of an e-process is on record (`WeighedVote`), and so are the votes and their standings.
A value that was altered, a step that was taken out or put in, a vote that was never weighed: each
shows as a difference.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from arena.battles.models import Vote, VoteStanding
from arena.integrity.board import all_contestants
from arena.integrity.flags import HABITS, updated
from arena.integrity.flags.features import facts_of
from arena.integrity.ledger import PICKED_A, counted_votes, noted_changes, own_change
from arena.integrity.models import LEFT, OwnChange, VoterEvidence, WeighedVote
from arena.integrity.statistics.flags import State
from arena.integrity.statistics.ledger import OwnCounts
from arena.integrity.statistics.voter.evidence import Combined
from arena.integrity.statistics.voter.preference import Expected, Floats
from arena.leaderboards.models import Outcome
from arena.voters.models import Voter

CLOSE = 1e-9  # another processor, or another NumPy, may round the last digits otherwise


@dataclass(frozen=True, slots=True)
class Difference:
    """Something kept of a voter that does not follow from the record."""

    voter_id: uuid.UUID
    what: str
    kept: Any
    replayed: Any

    def __str__(self) -> str:
        return (
            f"voter {self.voter_id}: {self.what} is {self.kept}; the record gives {self.replayed}"
        )


@dataclass(frozen=True, slots=True)
class Replay:
    """What the steps of a voter give: the log-e-value after each, and the evidence at the end."""

    log_e: Floats
    evidence: Combined


def replay(voter_id: uuid.UUID) -> list[Difference]:
    """Compute a voter's evidence again; returns where it is not what is kept."""
    return [*_wrong_steps(voter_id), *_wrong_own_counts(voter_id), *_missed_votes(voter_id)]


@transaction.atomic
def _wrong_steps(voter_id: uuid.UUID) -> list[Difference]:
    kept = VoterEvidence.objects.select_for_update().filter(pk=voter_id).first()
    steps = list(
        WeighedVote.objects.filter(voter=voter_id)
        .select_related("vote__battle")
        .defer("weighed_at")
        .order_by("number")
    )
    if kept is None:
        return [Difference(voter_id, "the evidence", "none", f"{len(steps)} steps")] * bool(steps)
    found = []

    def compare(what: str, value: float, replayed: float) -> None:
        if abs(value - replayed) > CLOSE:
            found.append(Difference(voter_id, what, value, replayed))

    if [step.number for step in steps] != list(range(1, kept.votes + 1)):
        found.append(Difference(voter_id, "the number of steps", kept.votes, len(steps)))
    replayed = replay_steps(steps)
    for step, log_e in zip(steps, replayed.log_e.tolist(), strict=True):
        compare(f"log_e after vote {step.vote_id}", step.log_e, log_e)
    compare("models_known", kept.models_known, replayed.evidence.models)
    compare("log_e", kept.log_e, replayed.log_e[-1] if steps else 0.0)
    compare("peak_log_e", kept.peak_log_e, replayed.log_e.max(initial=0.0))
    compare("offset", kept.offset, replayed.evidence.offset)
    if not any(step.vote.battle.erased_at for step in steps):
        found += _wrong_habits(kept, steps)
    evidence = replayed.evidence
    for what, packed, same in (
        ("values", kept.values, evidence.preference.packed()),
        ("canaries", kept.canaries, evidence.canaries.packed()),
        ("seeking", kept.seeking, evidence.seeking.packed()),
        ("ties", kept.ties, evidence.ties.packed()),
    ):
        values, again = np.frombuffer(bytes(packed)), np.frombuffer(same if steps else b"")
        if len(values) != len(again) or (np.abs(values - again) > CLOSE).any():
            found.append(Difference(voter_id, what, _digest(values), _digest(again)))
    return found


def replay_steps(steps: Sequence[WeighedVote]) -> Replay:
    """Compute a voter's evidence from the votes that were weighed, in their order."""
    places = {pk: place for place, pk in enumerate(all_contestants())}
    evidence = Combined.of_nothing(steps[0].models_known if steps else 0)
    log_e = np.zeros(len(steps))
    for row, step in enumerate(steps):
        evidence.grow(step.models_known)
        battle, picked_a = step.vote.battle, PICKED_A[Outcome(step.vote.outcome)]
        if battle.is_check:
            evidence.check(battle.canary.kind, battle.canary.side, picked_a)
        else:
            helps_a = np.unpackbits(np.frombuffer(step.helps_a, np.uint8), count=evidence.models)
            expected = Expected(
                np.array([step.difference]),
                np.array([step.error]),
                helps_a.astype(bool)[None],
                np.array([step.tie_closeness or 0.0]),
                np.array([step.tie_room]),
            )
            pair = places[battle.contestant_a_id], places[battle.contestant_b_id]
            left = np.frombuffer(step.left, LEFT).reshape(-1, 2).tolist()
            evidence.vote(
                expected,
                pair,
                picked_a,
                [(places[c], places[d]) for c, d in left],
                with_ties=step.tie_closeness is not None,
            )
        log_e[row] = evidence.log_e()
    return Replay(log_e, evidence)


def _wrong_habits(kept: VoterEvidence, steps: Sequence[WeighedVote]) -> list[Difference]:
    """Where the states of habits differ; they can be told from texts alone that are still there."""
    states: dict[str, State] = {}
    for step in steps:
        states = updated(states, facts_of(step.vote_id))
    return [
        Difference(kept.voter_id, f"habit {name}", kept.habits.get(name), states.get(name))
        for name in HABITS
        if kept.habits.get(name) != states.get(name)
    ]


def _digest(values: Floats) -> str:
    return f"{len(values)} numbers, {values.sum():.9g} together"


@transaction.atomic
def _wrong_own_counts(voter_id: uuid.UUID) -> list[Difference]:
    """The own counts, with the changes that wait to be taken up, are the votes that count now."""
    kept = VoterEvidence.objects.select_for_update().filter(pk=voter_id).first()
    # No vote comes, and none changes its standing, until the end: each notes a change, which
    # refers to the voter.
    Voter.objects.select_for_update().filter(pk=voter_id).first()
    own = OwnCounts.unpacked(bytes(kept.own) if kept else b"").changed(
        change.own for change in noted_changes(voter_id)
    )
    counted = OwnCounts.unpacked(b"").changed(
        own_change(vote.battle.contestant_a_id, vote.battle.contestant_b_id, vote.outcome)
        for vote in counted_votes(voter_id)
    )
    if own.packed() == counted.packed():
        return []
    return [Difference(voter_id, "own votes", int(own.counts.sum()), int(counted.counts.sum()))]


def _missed_votes(voter_id: uuid.UUID) -> list[Difference]:
    """Votes that were counted, or are of checks, and neither are weighed nor wait for it."""
    ever_counted = VoteStanding.objects.filter(
        vote=OuterRef("pk"), standing=VoteStanding.Standing.COUNTED
    )
    missed = Vote.objects.filter(
        Exists(ever_counted) | Q(battle__is_check=True),
        ~Exists(WeighedVote.objects.filter(vote=OuterRef("pk"))),
        ~Exists(OwnChange.objects.filter(vote=OuterRef("pk"), unweighed=True)),
        voter=voter_id,
    )
    return [Difference(voter_id, f"vote {vote.pk}", "not weighed", "a step") for vote in missed]


def voters_between(first: uuid.UUID, last: uuid.UUID) -> list[uuid.UUID]:
    """Voters with an id in this range who voted."""
    voters = Voter.objects.filter(pk__gte=first, pk__lte=last)
    voted = Exists(Vote.objects.filter(voter=OuterRef("pk")))
    return list(voters.filter(voted).order_by("pk").values_list("pk", flat=True))
