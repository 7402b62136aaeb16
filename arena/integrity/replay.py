"""Compute evidence again from the recorded steps, and compare it with what is stored.

Every step of an e-process is recorded (`WeighedVote`), and so are the votes and their standings. An
altered value, a removed or added step, and a vote that was never weighed each give a difference.
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
from arena.integrity.flags import FLAGS, updated
from arena.integrity.flags.features import features_of
from arena.integrity.ledger import PICKED_A, count_delta, counted_votes, pending_deltas
from arena.integrity.models import PAIR_IDS, VoterCountDelta, VoterEvidence, WeighedVote
from arena.integrity.statistics.flags import State
from arena.integrity.statistics.ledger import LedgerCounts
from arena.integrity.statistics.prediction import Expected, Floats
from arena.integrity.statistics.voter.evidence import CombinedEvidence
from arena.leaderboards.models import Outcome
from arena.voters.models import Voter

CLOSE = 1e-9  # processors and versions of NumPy differ in the last digits


@dataclass(frozen=True, slots=True)
class Difference:
    """A stored value of a voter that does not follow from the recorded steps."""

    voter_id: uuid.UUID
    what: str
    kept: Any
    replayed: Any

    def __str__(self) -> str:
        return f"voter {self.voter_id}: {self.what} is {self.kept}; the steps give {self.replayed}"


@dataclass(frozen=True, slots=True)
class Replay:
    """What the steps give: `log_e` after each, shape (steps,), and the final evidence."""

    log_e: Floats
    evidence: CombinedEvidence


def replay(voter_id: uuid.UUID) -> list[Difference]:
    """Compute a voter's evidence again; returns the differences from what is stored."""
    return [*_wrong_steps(voter_id), *_wrong_ledger(voter_id), *_missed_votes(voter_id)]


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
        found += _wrong_flags(kept, steps)
    evidence = replayed.evidence
    for what, packed, same in (
        ("preference", kept.preference, evidence.preference.packed()),
        ("gold", kept.gold, evidence.gold.packed()),
        ("target_seeking", kept.target_seeking, evidence.target_seeking.packed()),
        ("ties", kept.ties, evidence.ties.packed()),
    ):
        values, again = np.frombuffer(bytes(packed)), np.frombuffer(same if steps else b"")
        if len(values) != len(again) or (np.abs(values - again) > CLOSE).any():
            found.append(Difference(voter_id, what, _digest(values), _digest(again)))
    return found


def replay_steps(steps: Sequence[WeighedVote]) -> Replay:
    """Compute a voter's evidence from the recorded steps, in their order."""
    places = {pk: place for place, pk in enumerate(all_contestants())}
    evidence = CombinedEvidence.empty(steps[0].models_known if steps else 0)
    log_e = np.zeros(len(steps))
    for row, step in enumerate(steps):
        evidence.grow(step.models_known)
        battle, picked_a = step.vote.battle, PICKED_A[Outcome(step.vote.outcome)]
        if battle.is_gold:
            evidence.add_gold_vote(battle.gold.kind, battle.gold.side, picked_a)
        else:
            gradient_sign = np.unpackbits(
                np.frombuffer(step.gradient_sign, np.uint8), count=evidence.models
            )
            expected = Expected(
                np.array([step.difference]),
                np.array([step.error]),
                gradient_sign.astype(bool)[None],
                np.array([step.tie_closeness or 0.0]),
                np.array([step.tie_tolerance]),
            )
            pair = places[battle.contestant_a_id], places[battle.contestant_b_id]
            abandoned = np.frombuffer(step.abandoned, PAIR_IDS).reshape(-1, 2).tolist()
            evidence.add_vote(
                expected,
                pair,
                picked_a,
                [(places[c], places[d]) for c, d in abandoned],
                with_ties=step.tie_closeness is not None,
            )
        log_e[row] = evidence.log_e()
    return Replay(log_e, evidence)


def _wrong_flags(kept: VoterEvidence, steps: Sequence[WeighedVote]) -> list[Difference]:
    """Differences of the states of flags. Call it only if no prompt was erased."""
    states: dict[str, State] = {}
    for step in steps:
        states = updated(states, features_of(step.vote_id))
    return [
        Difference(kept.voter_id, f"flag {name}", kept.flags.get(name), states.get(name))
        for name in FLAGS
        if kept.flags.get(name) != states.get(name)
    ]


def _digest(values: Floats) -> str:
    return f"{len(values)} numbers, sum {values.sum():.9g}"


@transaction.atomic
def _wrong_ledger(voter_id: uuid.UUID) -> list[Difference]:
    """Compare the ledger, with the pending changes, with the votes that count now."""
    kept = VoterEvidence.objects.select_for_update().filter(pk=voter_id).first()
    # Until the end of the transaction no vote is cast, and no standing changes: each records a
    # change that refers to the voter.
    Voter.objects.select_for_update().filter(pk=voter_id).first()
    ledger = LedgerCounts.unpacked(bytes(kept.ledger) if kept else b"").changed(
        change.cell_delta for change in pending_deltas(voter_id)
    )
    counted = LedgerCounts.unpacked(b"").changed(
        count_delta(vote.battle.contestant_a_id, vote.battle.contestant_b_id, vote.outcome)
        for vote in counted_votes(voter_id)
    )
    if ledger.packed() == counted.packed():
        return []
    return [Difference(voter_id, "the ledger", int(ledger.counts.sum()), int(counted.counts.sum()))]


def _missed_votes(voter_id: uuid.UUID) -> list[Difference]:
    """Votes that were counted, or are on gold questions, and are neither weighed nor pending."""
    ever_counted = VoteStanding.objects.filter(
        vote=OuterRef("pk"), standing=VoteStanding.Standing.COUNTED
    )
    missed = Vote.objects.filter(
        Exists(ever_counted) | Q(battle__is_gold=True),
        ~Exists(WeighedVote.objects.filter(vote=OuterRef("pk"))),
        ~Exists(VoterCountDelta.objects.filter(vote=OuterRef("pk"), unweighed=True)),
        voter=voter_id,
    )
    return [Difference(voter_id, f"vote {vote.pk}", "not weighed", "a step") for vote in missed]


def voters_between(first: uuid.UUID, last: uuid.UUID) -> list[uuid.UUID]:
    """Voters (ids, from first to last) who cast a vote."""
    voters = Voter.objects.filter(pk__gte=first, pk__lte=last)
    voted = Exists(Vote.objects.filter(voter=OuterRef("pk")))
    return list(voters.filter(voted).order_by("pk").values_list("pk", flat=True))
