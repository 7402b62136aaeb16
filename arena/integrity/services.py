"""Writes of the checks: weighing votes as they come, and holding those of a suspect."""

import math
import uuid
from collections.abc import Collection, Sequence
from datetime import timedelta
from itertools import chain
from typing import Any

import numpy as np
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from psycopg.types.json import Jsonb

from arena.battles.models import Side, Vote, VoteStanding
from arena.battles.voting.standing import change_standing
from arena.integrity.habits import HABITS, odd, updated
from arena.integrity.models import LEFT, OwnChange, Signal, VoterEvidence, WeighedVote
from arena.integrity.prepared import prepared
from arena.integrity.selectors import (
    PICKED_A,
    KnownBoard,
    NotedChange,
    all_contestants,
    circumstances,
    counted_votes,
    known_board,
    locked_evidence,
)
from arena.integrity.signals import suspected
from arena.integrity.statistics.board import Remainder
from arena.integrity.statistics.ledger import OwnCounts
from arena.integrity.statistics.voter.evidence import Combined
from arena.integrity.statistics.voter.gold import CanaryEvidence
from arena.integrity.statistics.voter.preference import Evidence
from arena.integrity.statistics.voter.target_seeking import Seeking
from arena.integrity.statistics.voter.ties import Ties
from arena.leaderboards.models import Outcome
from arena.voters.models import Voter
from arena.voters.risk import raise_risk

WEIGHED_AT_ONCE = 500
HELD_AT_ONCE = 100  # each locks the counts of its pair until the batch is committed
RISKY_FOR = timedelta(days=1)  # after the last vote that was weighed
OWN_PAIRS_PER_CHANGE = 100  # so many pairs are written again for one change, at most


def note_change(vote: Vote, delta: int, number: int) -> None:
    """Note that a vote has come into the overall board's counts or left them.

    Call it in the transaction that changes the counts. A vote is to be weighed when it counts for
    the first time.
    """
    counted = VoteStanding.objects.filter(vote=vote, standing=VoteStanding.Standing.COUNTED)
    OwnChange.objects.create(
        voter_id=vote.voter_id,
        vote=vote,
        delta=delta,
        number=number,
        unweighed=delta > 0 and counted.count() == 1,
    )


def sought_by(voter_id: uuid.UUID) -> int | None:
    """The contestant that a voter's votes seem to be for or against, if they speak of one."""
    kept = VoterEvidence.objects.filter(pk=voter_id, log_e__gt=0).first()
    if kept is None:
        return None
    model = _opened(kept, kept.models_known).strongest().model
    return None if model is None else all_contestants()[model]


def note_check(vote: Vote) -> None:
    """Note that a vote in a check battle is to be weighed, in the transaction that records it."""
    OwnChange.objects.create(voter_id=vote.voter_id, vote=vote, delta=0, number=0, unweighed=True)


def check_voter(voter_id: uuid.UUID) -> None:
    """Weigh a voter's new votes in their order; hold all that count if the evidence is strong.

    Each batch of either is a transaction. What a killed process left is done by the next call;
    doing it again changes nothing.
    """
    weighed, hold_due = _weigh_batch(voter_id)
    while weighed == WEIGHED_AT_ONCE:
        weighed, hold_due = _weigh_batch(voter_id)
    while hold_due:
        hold_due = _hold_batch(voter_id)


@transaction.atomic
def _weigh_batch(voter_id: uuid.UUID) -> tuple[int, bool]:
    """Weigh the next votes of a voter.

    Returns how many there were, and whether votes are to be held.
    """
    kept, changes = locked_evidence(voter_id)
    if kept is None:
        VoterEvidence.objects.get_or_create(voter_id=voter_id)
        return _weigh_batch(voter_id)  # the changes are to be read under the lock
    batch = [change for change in changes if change.unweighed][:WEIGHED_AT_ONCE]
    if not batch:
        return 0, kept.hold_due
    left, facts = circumstances(voter_id, batch)
    pairs = chain([change.pair for change in batch], chain.from_iterable(left.values()))
    known = known_board(
        set(chain.from_iterable(pairs)),
        models=kept.models_known,
        changes=kept.own_changes,
    )
    own = OwnCounts.unpacked(bytes(kept.own))
    contained = [change for change in changes if known.contains(change)]
    rest = known.board.without(own.changed(change.own for change in contained).cells(known.pairs))
    peak_before = kept.peak_log_e
    evidence = _opened(kept, known.board.models)
    steps = [
        _weigh(kept, evidence, change, left.get(change.battle, []), known=known, rest=rest)
        for change in batch
    ]
    for change in batch:
        kept.habits = updated(kept.habits, facts[change.vote])
    kept.values = evidence.preference.packed()
    kept.canaries = evidence.canaries.packed()
    kept.seeking = evidence.seeking.packed()
    kept.ties = evidence.ties.packed()
    kept.offset = evidence.offset
    kept.hold_due = kept.hold_due or is_suspect(kept)
    _keep(kept, steps, batch)
    waiting = {change.pk for change in changes if change.unweighed} - {c.pk for c in batch}
    _fold(kept, own, [c for c in contained if c.pk not in waiting], known.changes)
    if _level(kept, kept.peak_log_e) > _level(kept, peak_before):
        _note_preference(kept, evidence, known)
    found = odd(kept.habits)
    _note_habits(kept, found)
    if found or kept.log_e >= -math.log(settings.ARENA_RISK_ALPHA):
        raise_risk(voter_id, timezone.now() + RISKY_FOR)
    return len(batch), kept.hold_due


def _evidence_of(voter_id: uuid.UUID) -> VoterEvidence:
    """A voter's evidence, locked, and made if there is none."""
    locked = VoterEvidence.objects.select_for_update()
    kept = locked.filter(pk=voter_id).first()
    if kept is None:
        VoterEvidence.objects.get_or_create(voter_id=voter_id)
        kept = locked.get(pk=voter_id)
    return kept


# What is done at every vote.
STEP = """
WITH noted AS (
    UPDATE integrity_ownchange SET unweighed = false WHERE id = %s
)
INSERT INTO integrity_weighedvote (
    voter_id, vote_id, number, models_known, difference, error, helps_a, "left", tie_closeness,
    tie_room, log_e, weighed_at
) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, now())
"""
AFTER = """
UPDATE integrity_voterevidence SET votes = %s, models_known = %s, "values" = %s, canaries = %s,
    seeking = %s, ties = %s, habits = %s, "offset" = %s, log_e = %s, peak_log_e = %s, hold_due = %s,
    updated_at = now()
WHERE voter_id = %s
"""


def _keep(kept: VoterEvidence, steps: Sequence[WeighedVote], batch: Sequence[NotedChange]) -> None:
    """Write the steps of these changes' votes, and the evidence after them."""
    for change, step in zip(batch, steps, strict=True):
        prepared(
            STEP,
            (
                change.pk,
                kept.voter_id,
                step.vote_id,
                step.number,
                step.models_known,
                step.difference,
                step.error,
                step.helps_a,
                step.left,
                step.tie_closeness,
                step.tie_room,
                step.log_e,
            ),
        )
    prepared(
        AFTER,
        (
            kept.votes,
            kept.models_known,
            kept.values,
            kept.canaries,
            kept.seeking,
            kept.ties,
            Jsonb(kept.habits),
            kept.offset,
            kept.log_e,
            kept.peak_log_e,
            kept.hold_due,
            kept.voter_id,
        ),
    )


def _fold(
    kept: VoterEvidence, own: OwnCounts, contained: Sequence[NotedChange], changes: int
) -> None:
    """Take changes that the board contains up into the own counts, once they are many enough.

    Only a board that is at least as new may be used with them from then on. A voter with many
    pairs would else have them all written at every vote.
    """
    if len(contained) * OWN_PAIRS_PER_CHANGE < max(1, len(own.pairs)):
        return
    kept.own = own.changed(change.own for change in contained).packed()
    kept.own_changes = max(kept.own_changes, changes)
    OwnChange.objects.filter(pk__in=[change.pk for change in contained]).delete()
    kept.save(update_fields=["own", "own_changes"])


def is_suspect(evidence: VoterEvidence) -> bool:
    """Whether the e-value ever reached the published threshold, 1 / alpha.

    From what a moderator has let pass the threshold counts anew: an honest voter's e-value ever
    grows by a factor of 1 / alpha from there with a chance of at most alpha.
    """
    return _level(evidence, evidence.peak_log_e) > 0


def _level(evidence: VoterEvidence, log_e: float) -> int:
    return levels(log_e - evidence.reviewed_log_e)


def levels(log_e: float) -> int:
    """How many times over the threshold is reached, in logarithms: 2 is 1 / alpha squared."""
    return int(log_e // -math.log(settings.ARENA_HOLD_ALPHA))


@transaction.atomic
def let_pass(voter_id: uuid.UUID) -> None:
    """Hold no more votes of a voter for the evidence there is, only for as much of it again.

    Votes that are held stay so: `arena.battles.voting.standing.change_standing` counts them again.
    """
    kept = _evidence_of(voter_id)
    kept.reviewed_log_e = kept.peak_log_e
    kept.hold_due = False
    kept.save(update_fields=["reviewed_log_e", "hold_due", "updated_at"])


@transaction.atomic
def review_anew(voter_id: uuid.UUID, reviewed_log_e: float) -> None:
    """Take `let_pass` back: evidence beyond this level holds the voter's votes again."""
    kept = _evidence_of(voter_id)
    kept.reviewed_log_e = reviewed_log_e
    kept.hold_due = is_suspect(kept)
    kept.save(update_fields=["reviewed_log_e", "hold_due", "updated_at"])


def _note_preference(kept: VoterEvidence, evidence: Combined, known: KnownBoard) -> None:
    strongest = evidence.strongest()
    detail: dict[str, Any] = {
        "votes": kept.votes,
        "alternative": strongest.kind,
        "checks_log_e": evidence.canaries.log_e(),
    }
    if strongest.model is not None:
        detail["contestant"] = known.ids[strongest.model]
    if strongest.side is not None:
        detail["side"] = list(Side)[strongest.side].value
    record_signal(Signal.Kind.PREFERENCE, [kept.voter_id], log_e=kept.peak_log_e, detail=detail)


def _note_habits(kept: VoterEvidence, found: dict[str, float]) -> None:
    """Tell of each odd habit of a voter once. Nobody is held for it."""
    if not found:
        return
    before = Signal.objects.filter(voters=kept.voter_id, detail__has_key="habit")
    told = set(before.values_list("detail__habit", flat=True))
    for name in found.keys() - told:
        record_signal(
            Signal.Kind(HABITS[name].kind),
            [kept.voter_id],
            log_e=None,
            detail={"habit": name, "measure": found[name], "votes": kept.votes},
        )


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


@transaction.atomic
def _hold_batch(voter_id: uuid.UUID) -> bool:
    """Hold counted votes of a suspect until a moderator has looked; returns if more are due."""
    kept = _evidence_of(voter_id)
    if not kept.hold_due:
        return False
    reason = hold_reason(kept)
    # Pair by pair, in an order that is the same for every voter, so that two holds at once do not
    # wait for each other's counts in a ring.
    votes = list(counted_votes(voter_id)[:HELD_AT_ONCE])
    for vote in votes:
        change_standing(
            vote, VoteStanding.Standing.HELD, code=VoteStanding.Code.REVIEW, reason=reason
        )
    if len(votes) < HELD_AT_ONCE:
        kept.hold_due = False
        kept.save(update_fields=["hold_due", "updated_at"])
    raise_risk(voter_id, timezone.now() + RISKY_FOR)  # so that more checks tell more of them
    return kept.hold_due


def hold_reason(kept: VoterEvidence) -> str:
    """Why a voter's votes are held, as their standings say it."""
    if not is_suspect(kept):
        return (
            "Held for review: the votes of this voter and of others who share networks, prompts, "
            "browsers or a target with them, taken together, are not those of honest voters, at a "
            f"level of {settings.ARENA_HOLD_ALPHA:.0%}."
        )
    return (
        f"Held for review: the voter's e-value reached {math.exp(kept.peak_log_e):,.0f}; an "
        f"honest voter's ever reaches {1 / settings.ARENA_HOLD_ALPHA:,.0f} with a chance of at "
        f"most {settings.ARENA_HOLD_ALPHA:.0%}."
    )


def hold_all(voters: Collection[uuid.UUID]) -> None:
    """Have all counted votes of these voters held by the next check of each."""
    VoterEvidence.objects.filter(pk__in=voters).update(hold_due=True)


def _opened(kept: VoterEvidence, models: int) -> Combined:
    """The evidence as kept, with room for contestants that came since."""
    known = kept.models_known or models
    evidence = Combined(
        Evidence.unpacked(bytes(kept.values), known),
        CanaryEvidence.unpacked(bytes(kept.canaries)),
        Seeking.unpacked(bytes(kept.seeking), known),
        Ties.unpacked(bytes(kept.ties), known),
        kept.offset,
    )
    evidence.grow(models)
    kept.models_known = models
    return evidence


def _weigh(
    kept: VoterEvidence,
    evidence: Combined,
    change: NotedChange,
    left: Sequence[tuple[int, int]],
    *,
    known: KnownBoard,
    rest: Remainder,
) -> WeighedVote:
    """Take one vote, and the battles left before it, into account; returns the step to keep."""
    picked_a = PICKED_A[Outcome(change.outcome)]
    step = WeighedVote(vote_id=change.vote, models_known=evidence.models)
    if change.check_kind is not None:
        evidence.check(change.check_kind, change.changed_side or "", picked_a)
    else:
        a, b = known.places[change.contestant_a], known.places[change.contestant_b]
        expected = rest.expected(a, b)
        places = [(known.places[c], known.places[d]) for c, d in left]
        evidence.vote(expected, (a, b), picked_a, places)
        step.difference, step.error = expected.difference[0], expected.error[0]
        step.helps_a = np.packbits(expected.helps_a[0]).tobytes()
        step.tie_closeness, step.tie_room = expected.closeness[0], expected.extra[0]
        step.left = np.array(left, dtype=LEFT).tobytes()
    kept.votes += 1
    kept.log_e = evidence.log_e()
    kept.peak_log_e = max(kept.peak_log_e, kept.log_e)
    step.number, step.log_e = kept.votes, kept.log_e
    return step
