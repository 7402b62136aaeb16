"""Writes of the checks: weighing votes as they come, and holding those of a suspect."""

import math
import uuid
from collections.abc import Collection
from typing import Any

import numpy as np
from django.conf import settings
from django.db import transaction

from arena.battles.models import Side, Vote, VoteStanding
from arena.battles.services import change_standing
from arena.integrity.core.preference import Evidence
from arena.integrity.models import Signal, VoterEvidence, WeighedVote
from arena.integrity.selectors import KnownBoard, counted_votes, known_board, unweighed_votes
from arena.integrity.signals import suspected
from arena.voters.models import Voter
from ratings.models import Outcome

COLUMNS = {outcome: column for column, outcome in enumerate(Outcome)}
SEEN_FROM_B = {
    Outcome.A: Outcome.B,
    Outcome.B: Outcome.A,
    Outcome.TIE: Outcome.TIE,
    Outcome.BOTH_BAD: Outcome.BOTH_BAD,
}
PICKED_A = {Outcome.A: 1.0, Outcome.B: 0.0, Outcome.TIE: math.nan, Outcome.BOTH_BAD: math.nan}


@transaction.atomic
def weigh_votes(voter_id: uuid.UUID) -> None:
    """Weigh a voter's new votes in their order; hold all that count if the evidence is strong.

    Weighing again changes nothing.
    """
    VoterEvidence.objects.get_or_create(voter_id=voter_id)
    kept = VoterEvidence.objects.select_for_update().get(voter_id=voter_id)
    votes = list(unweighed_votes().filter(voter=voter_id))
    if not votes:
        return
    met = {
        pk for vote in votes for pk in (vote.battle.contestant_a_id, vote.battle.contestant_b_id)
    }
    known = known_board(met, kept.models_known)
    peak_before = kept.peak_log_e
    evidence = _opened(kept, known.board.models)
    for vote in votes:
        _weigh(kept, evidence, known, vote)
    kept.values = evidence.values.tobytes()
    kept.random = float(evidence.random[0])
    kept.save()
    if _level(kept.peak_log_e) > _level(peak_before):
        _note_preference(kept, evidence, known)
    if is_suspect(kept):
        hold_votes(kept)


def is_suspect(evidence: VoterEvidence) -> bool:
    """Whether the e-value ever reached the published threshold, 1 / alpha."""
    return _level(evidence.peak_log_e) > 0


def _level(log_e: float) -> int:
    """How many times over the threshold is reached, in logarithms: 2 is 1 / alpha squared."""
    return int(log_e // -math.log(settings.ARENA_HOLD_ALPHA))


def _note_preference(kept: VoterEvidence, evidence: Evidence, known: KnownBoard) -> None:
    strongest = evidence.strongest()
    detail: dict[str, Any] = {"votes": kept.votes, "alternative": strongest.kind}
    if strongest.model is not None:
        detail["contestant"] = known.ids[strongest.model]
    if strongest.side is not None:
        detail["side"] = list(Side)[strongest.side].value
    record_signal(Signal.Kind.PREFERENCE, [kept.voter_id], log_e=kept.peak_log_e, detail=detail)


@transaction.atomic
def record_signal(
    kind: Signal.Kind,
    voters: Collection[uuid.UUID],
    *,
    log_e: float | None,
    detail: dict[str, Any],
) -> Signal:
    """Keep a signal of one voter or of several together, and tell who wants to know of it."""
    signal = Signal.objects.create(kind=kind, log_e=log_e, detail=detail)
    signal.voters.set(Voter.objects.filter(pk__in=voters))
    suspected.send(Signal, found=signal)
    return signal


def hold_votes(evidence: VoterEvidence) -> None:
    """Hold every counted vote of a voter until a moderator has looked at it."""
    reason = (
        f"Held for review: the voter's e-value reached {math.exp(evidence.peak_log_e):,.0f}; an "
        f"honest voter's ever reaches {1 / settings.ARENA_HOLD_ALPHA:,.0f} with a chance of at "
        f"most {settings.ARENA_HOLD_ALPHA:.0%}."
    )
    # Pair by pair, in an order that is the same for every voter, so that two holds at once do not
    # wait for each other's counts in a ring.
    for vote in sorted(counted_votes(evidence.voter_id), key=_pair):
        change_standing(
            vote, VoteStanding.Standing.HELD, code=VoteStanding.Code.REVIEW, reason=reason
        )
    evidence.own = {}
    evidence.save(update_fields=["own"])


def _pair(vote: Vote) -> tuple[int, int]:
    a, b = vote.battle.contestant_a_id, vote.battle.contestant_b_id
    return min(a, b), max(a, b)


def _opened(kept: VoterEvidence, models: int) -> Evidence:
    """The evidence as kept, with room for contestants that came since.

    New alternatives start at an e-value of 1. Where that would raise the mixture, the offset takes
    it back, so that the value never grows by anything but votes.
    """
    before = kept.models_known or models
    evidence = Evidence(1, before)
    if kept.values:
        evidence.values[:] = np.frombuffer(kept.values).reshape(evidence.values.shape)
        evidence.random[:] = kept.random
    kept.models_known = models
    if models == before:
        return evidence
    grown = Evidence(1, models)
    blocks = np.split(evidence.values, [before, 2 * before, 3 * before], axis=1)
    for start, block in zip((0, models, 2 * models, 3 * models), blocks, strict=True):
        grown.values[:, start : start + block.shape[1]] = block
    grown.random[:] = evidence.random
    kept.offset += min(0.0, float(evidence.log_e()[0] - grown.log_e()[0]))
    return grown


def _weigh(kept: VoterEvidence, evidence: Evidence, known: KnownBoard, vote: Vote) -> None:
    battle, outcome = vote.battle, Outcome(vote.outcome)
    a, b = known.places[battle.contestant_a_id], known.places[battle.contestant_b_id]
    expected = known.board.expected(known.own_cells(kept.own), a, b)
    evidence.update(expected, np.array([a]), np.array([b]), np.array([PICKED_A[outcome]]))
    kept.votes += 1
    kept.log_e = float(evidence.log_e()[0]) + kept.offset
    kept.peak_log_e = max(kept.peak_log_e, kept.log_e)
    column = COLUMNS[outcome] if a < b else COLUMNS[SEEN_FROM_B[outcome]]
    counts = kept.own.setdefault(f"{min(a, b)}-{max(a, b)}", [0, 0, 0, 0])
    counts[column] += 1
    WeighedVote.objects.create(
        vote=vote,
        voter_id=kept.voter_id,
        difference=expected.difference[0],
        error=expected.error[0],
        helps_a=np.packbits(expected.helps_a[0]).tobytes(),
        log_e=kept.log_e,
    )
