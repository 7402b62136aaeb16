"""Update a voter's evidence with each new vote; hold the voter's votes if it is strong."""

import math
import uuid
from collections.abc import Iterable, Sequence
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
from arena.integrity.flags import HABITS, odd, updated
from arena.integrity.flags.features import facts_of
from arena.integrity.holding import RISKY_FOR, hold_batch, is_over_threshold, level_of
from arena.integrity.ledger import PICKED_A, NotedChange, compact_ledger, noted_changes
from arena.integrity.models import LEFT, OwnChange, Signal, VoterEvidence, WeighedVote
from arena.integrity.prepared_statements import prepared
from arena.integrity.signals import record_signal
from arena.integrity.statistics.board import Remainder
from arena.integrity.statistics.flags import Facts
from arena.integrity.statistics.ledger import OwnCounts
from arena.integrity.statistics.voter.evidence import Combined
from arena.integrity.statistics.voter.gold import CanaryEvidence
from arena.integrity.statistics.voter.preference import Evidence
from arena.integrity.statistics.voter.target_seeking import Seeking
from arena.integrity.statistics.voter.ties import Ties
from arena.leaderboards.models import Outcome
from arena.voters.risk import raise_risk

LEFT_WITHIN = timedelta(days=1)


def voters_to_check() -> set[uuid.UUID]:
    """Voters with votes that are still to be weighed, or to be held."""
    unweighed = OwnChange.objects.filter(unweighed=True).values_list("voter", flat=True)
    return {
        *unweighed.distinct(),
        *VoterEvidence.objects.filter(hold_due=True).values_list("voter", flat=True),
    }


def locked_evidence(voter_id: uuid.UUID) -> tuple[VoterEvidence | None, list[NotedChange]]:
    """A voter's evidence, locked, and after that the changes noted of the voter."""
    kept = prepared(sql.LOCKED_EVIDENCE, [voter_id]).fetchone()
    columns = [field.attname for field in VoterEvidence._meta.concrete_fields]
    evidence = VoterEvidence.from_db(connection.alias, columns, kept) if kept else None
    return evidence, noted_changes(voter_id)


Left = dict[uuid.UUID, list[tuple[int, int]]]
"""What a voter left: contestants of battles that nobody decided, by the battle voted on next."""


def circumstances(
    voter_id: uuid.UUID, batch: Sequence[NotedChange]
) -> tuple[Left, dict[int, Facts]]:
    """What a voter left before these votes, and what habits are measured by, by the vote's id."""
    opened = [change.opened_at for change in batch]
    battles = prepared(sql.OPENED_BATTLES, [voter_id, min(opened) - LEFT_WITHIN, max(opened)])
    return _left(battles), {change.vote: facts_of(change.vote) for change in batch}


def _left(battles: Iterable[tuple[Any, ...]]) -> Left:
    """From the rows of `sql.OPENED_BATTLES`.

    Within a day before, with an image or without as the one voted on, for such are drawn among
    other contestants; none whose answers were not shown whole.
    """
    found: Left = {}
    left: list[tuple[int, int, bool, datetime]] = []
    for battle, voted, a, b, has_image, at, was_shown in battles:
        if voted:
            found[battle] = [
                (c, d)
                for c, d, as_well, before in left
                if as_well == has_image and at - before <= LEFT_WITHIN
            ]
            left = []
        elif was_shown:
            left.append((a, b, has_image, at))
    return found


WEIGHED_AT_ONCE = 500


def suspected_target(voter_id: uuid.UUID) -> int | None:
    """The contestant that a voter's votes seem to be for or against, if they speak of one."""
    kept = VoterEvidence.objects.filter(pk=voter_id, log_e__gt=0).first()
    if kept is None:
        return None
    model = _opened(kept, kept.models_known).strongest().model
    return None if model is None else all_contestants()[model]


def weigh_and_hold(voter_id: uuid.UUID) -> None:
    """Weigh a voter's new votes in their order; hold all that count if the evidence is strong.

    Each batch of either is a transaction. What a killed process left is done by the next call;
    doing it again changes nothing.
    """
    weighed, hold_due = _weigh_batch(voter_id)
    while weighed == WEIGHED_AT_ONCE:
        weighed, hold_due = _weigh_batch(voter_id)
    while hold_due:
        hold_due = hold_batch(voter_id)


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
        revision=kept.own_changes,
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
    kept.hold_due = kept.hold_due or is_over_threshold(kept)
    _keep(kept, steps, batch)
    waiting = {change.pk for change in changes if change.unweighed} - {c.pk for c in batch}
    compact_ledger(kept, own, [c for c in contained if c.pk not in waiting], known.revision)
    if level_of(kept, kept.peak_log_e) > level_of(kept, peak_before):
        _note_preference(kept, evidence, known)
    found = odd(kept.habits)
    _note_habits(kept, found)
    if found or kept.log_e >= -math.log(settings.ARENA.risk_alpha):
        raise_risk(voter_id, timezone.now() + RISKY_FOR)
    return len(batch), kept.hold_due


def _keep(kept: VoterEvidence, steps: Sequence[WeighedVote], batch: Sequence[NotedChange]) -> None:
    """Write the steps of these changes' votes, and the evidence after them."""
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
