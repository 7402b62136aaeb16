"""Update a voter's evidence with each new vote; hold the voter's votes if it is strong."""

import math
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection, models, transaction
from django.utils import timezone
from psycopg.types.json import Jsonb

from arena.battles.models import Side
from arena.integrity import sql
from arena.integrity.board import KnownBoard, all_contestants, known_board
from arena.integrity.flags import FLAGS, anomalous, updated
from arena.integrity.flags.features import features_of
from arena.integrity.holding import RISKY_FOR, hold_batch, is_over_threshold, level_of
from arena.integrity.ledger import PICKED_A, PendingDelta, compact_ledger, pending_deltas
from arena.integrity.models import PAIR_IDS, Signal, VoterCountDelta, VoterEvidence, WeighedVote
from arena.integrity.prepared_statements import prepared
from arena.integrity.signals import record_signal
from arena.integrity.statistics.board import Remainder
from arena.integrity.statistics.ledger import LedgerCounts
from arena.integrity.statistics.voter.evidence import CombinedEvidence
from arena.integrity.statistics.voter.gold import GoldEvidence
from arena.integrity.statistics.voter.preference import PreferenceEvidence
from arena.integrity.statistics.voter.target_seeking import TargetSeeking
from arena.integrity.statistics.voter.ties import Ties
from arena.leaderboards.models import Outcome
from arena.voters.throttling.risk import flag_until

ABANDONED_WITHIN = timedelta(days=1)
"""Abandoned battles that are older than this at the next vote are no evidence."""

WEIGHED_AT_ONCE = 500  # votes in one transaction

Abandoned = dict[uuid.UUID, list[tuple[int, int]]]
"""The contestants of the battles that a voter abandoned before each battle that got a vote."""


def voters_to_check() -> set[uuid.UUID]:
    """Voters with votes that still have to be weighed, or to be held."""
    unweighed = VoterCountDelta.objects.filter(unweighed=True).values_list("voter", flat=True)
    return {
        *unweighed.distinct(),
        *VoterEvidence.objects.filter(hold_due=True).values_list("voter", flat=True),
    }


def suspected_target(voter_id: uuid.UUID) -> int | None:
    """The contestant (id) that a voter's votes seem to favour or disfavour; None if there is none.

    Gold questions with a decoy are chosen by it.
    """
    kept = VoterEvidence.objects.filter(pk=voter_id, log_e__gt=0).first()
    if kept is None:
        return None
    model = _unpacked(kept, kept.models_known).strongest().model
    return None if model is None else all_contestants()[model]


def weigh_and_hold(voter_id: uuid.UUID) -> None:
    """Weigh a voter's new votes in their order; hold all counted votes if the evidence is strong.

    Each batch is a transaction. If the process is killed, the next call does the rest; a second
    call changes nothing.
    """
    weighed, hold_due = _weigh_batch(voter_id)
    while weighed == WEIGHED_AT_ONCE:
        weighed, hold_due = _weigh_batch(voter_id)
    while hold_due:
        hold_due = hold_batch(voter_id)


def locked_evidence(voter_id: uuid.UUID) -> tuple[VoterEvidence | None, list[PendingDelta]]:
    """Lock a voter's evidence; return it, and the pending changes as they are under the lock."""
    row = prepared(sql.LOCKED_EVIDENCE, [voter_id]).fetchone()
    columns = [field.attname for field in VoterEvidence._meta.concrete_fields]
    evidence = VoterEvidence.from_db(connection.alias, columns, row) if row else None
    return evidence, pending_deltas(voter_id)


@transaction.atomic
def _weigh_batch(voter_id: uuid.UUID) -> tuple[int, bool]:
    """Weigh the next votes of a voter.

    Returns how many there were, and whether votes have to be held.
    """
    kept, changes = locked_evidence(voter_id)
    if kept is None:
        VoterEvidence.objects.get_or_create(voter_id=voter_id)
        return _weigh_batch(voter_id)  # read the changes again, under the lock
    batch = [change for change in changes if change.unweighed][:WEIGHED_AT_ONCE]
    if not batch:
        return 0, kept.hold_due
    abandoned = _abandoned_before(voter_id, batch)
    pairs = chain([change.pair for change in batch], chain.from_iterable(abandoned.values()))
    known = known_board(
        set(chain.from_iterable(pairs)),
        models=kept.models_known,
        revision=kept.ledger_revision,
    )
    ledger = LedgerCounts.unpacked(bytes(kept.ledger))
    included = [change for change in changes if known.includes(change)]
    on_board = ledger.changed(change.cell_delta for change in included)
    rest = known.board.without(on_board.cells(known.pairs))
    peak_before = kept.peak_log_e
    evidence = _unpacked(kept, known.board.models)
    steps = [
        _weigh(kept, evidence, change, abandoned.get(change.battle, []), known=known, rest=rest)
        for change in batch
    ]
    for change in batch:
        kept.flags = updated(kept.flags, features_of(change.vote))
    kept.preference = evidence.preference.packed()
    kept.gold = evidence.gold.packed()
    kept.target_seeking = evidence.target_seeking.packed()
    kept.ties = evidence.ties.packed()
    kept.offset = evidence.offset
    kept.hold_due = kept.hold_due or is_over_threshold(kept)
    _save(kept, steps, batch)
    waiting = {change.pk for change in changes if change.unweighed} - {c.pk for c in batch}
    compact_ledger(kept, ledger, [c for c in included if c.pk not in waiting], known.revision)
    if level_of(kept, kept.peak_log_e) > level_of(kept, peak_before):
        _record_preference(kept, evidence, known)
    raised = anomalous(kept.flags)
    _record_flags(kept, raised)
    if raised or kept.log_e >= -math.log(settings.ARENA.risk_alpha):
        flag_until(voter_id, timezone.now() + RISKY_FOR)
    return len(batch), kept.hold_due


def _abandoned_before(voter_id: uuid.UUID, batch: Sequence[PendingDelta]) -> Abandoned:
    """The battles that a voter abandoned before each of these votes.

    A battle is abandoned if its answers were shown in full, and the voter voted on a later one
    within `ABANDONED_WITHIN`. Battles with an image are compared with those with an image alone,
    because their contestants are drawn from fewer.
    """
    opened = [change.opened_at for change in batch]
    rows = prepared(sql.OPENED_BATTLES, [voter_id, min(opened) - ABANDONED_WITHIN, max(opened)])
    found: Abandoned = {}
    abandoned: list[tuple[int, int, bool, datetime]] = []
    for battle, voted, a, b, has_image, at, was_shown in rows:
        if voted:
            found[battle] = [
                (c, d)
                for c, d, had_image, before in abandoned
                if had_image == has_image and at - before <= ABANDONED_WITHIN
            ]
            abandoned = []
        elif was_shown:
            abandoned.append((a, b, has_image, at))
    return found


def _weigh(
    kept: VoterEvidence,
    evidence: CombinedEvidence,
    change: PendingDelta,
    abandoned: Sequence[tuple[int, int]],
    *,
    known: KnownBoard,
    rest: Remainder,
) -> WeighedVote:
    """Update the evidence with one vote and the battles abandoned before it; returns the step."""
    picked_a = PICKED_A[Outcome(change.outcome)]
    step = WeighedVote(vote_id=change.vote, models_known=evidence.models)
    if change.gold_kind is not None:
        evidence.add_gold_vote(change.gold_kind, change.changed_side or "", picked_a)
    else:
        a, b = known.places[change.contestant_a], known.places[change.contestant_b]
        expected = rest.expected(a, b)
        places = [(known.places[c], known.places[d]) for c, d in abandoned]
        evidence.add_vote(expected, (a, b), picked_a, places)
        step.difference, step.error = expected.difference[0], expected.error[0]
        step.gradient_sign = np.packbits(expected.gradient_sign[0]).tobytes()
        step.tie_closeness, step.tie_tolerance = expected.closeness[0], expected.tie_tolerance[0]
        step.abandoned = np.array(abandoned, dtype=PAIR_IDS).tobytes()
    kept.votes += 1
    kept.log_e = evidence.log_e()
    kept.peak_log_e = max(kept.peak_log_e, kept.log_e)
    step.number, step.log_e = kept.votes, kept.log_e
    return step


def _unpacked(kept: VoterEvidence, models: int) -> CombinedEvidence:
    """The stored evidence, with room for contestants that were added since."""
    known = kept.models_known or models
    evidence = CombinedEvidence(
        PreferenceEvidence.unpacked(bytes(kept.preference), known),
        GoldEvidence.unpacked(bytes(kept.gold)),
        TargetSeeking.unpacked(bytes(kept.target_seeking), known),
        Ties.unpacked(bytes(kept.ties), known),
        kept.offset,
    )
    evidence.grow(models)
    kept.models_known = models
    return evidence


def _save(kept: VoterEvidence, steps: Sequence[WeighedVote], batch: Sequence[PendingDelta]) -> None:
    """Insert the steps of these changes' votes; update the evidence."""
    for change, step in zip(batch, steps, strict=True):
        step.voter_id = kept.voter_id
        prepared(sql.ADD_STEP, [change.pk, *_values(step, sql.STEP_FIELDS)])
    after = _values(kept, sql.UPDATED_FIELDS)
    prepared(sql.UPDATE_EVIDENCE, [*after, kept.voter_id])


def _values(row: models.Model, fields: Sequence[str]) -> list[Any]:
    """The values of these fields, as psycopg takes them."""
    attributes = {field.name: field.attname for field in row._meta.concrete_fields}
    found = [getattr(row, attributes[name]) for name in fields]
    return [Jsonb(value) if isinstance(value, dict) else value for value in found]


def _record_preference(kept: VoterEvidence, evidence: CombinedEvidence, known: KnownBoard) -> None:
    strongest = evidence.strongest()
    detail: dict[str, Any] = {
        "votes": kept.votes,
        "alternative": strongest.kind,
        "gold_log_e": evidence.gold.log_e(),
    }
    if strongest.model is not None:
        detail["contestant"] = known.ids[strongest.model]
    if strongest.side is not None:
        detail["side"] = list(Side)[strongest.side].value
    record_signal(Signal.Kind.PREFERENCE, [kept.voter_id], log_e=kept.peak_log_e, detail=detail)


def _record_flags(kept: VoterEvidence, raised: dict[str, float]) -> None:
    """Record each behaviour flag of a voter once. Flags hold no votes."""
    if not raised:
        return
    signals = Signal.objects.filter(voters=kept.voter_id, detail__has_key="flag")
    recorded = set(signals.values_list("detail__flag", flat=True))
    for name in raised.keys() - recorded:
        record_signal(
            Signal.Kind(FLAGS[name].kind),
            [kept.voter_id],
            log_e=None,
            detail={"flag": name, "measure": raised[name], "votes": kept.votes},
        )
