"""Find rings: voters who act together. Test each ring as one voter, and hold its members' votes.

The statistics are in `arena.integrity.statistics.collusion.rings`. Links between voters are the
networks and browser kinds that battles were opened with, and prompts that are near copies of each
other, within the last `DAYS` days.
"""

import uuid
from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import Any

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from arena.battles.models import ORIGIN_DAYS, Side
from arena.battles.reading.links import LinkKind, sightings
from arena.integrity.board import KnownBoard, known_board
from arena.integrity.holding import levels, request_hold
from arena.integrity.ledger import PICKED_A, pending_deltas
from arena.integrity.models import Signal, VoterEvidence, WeighedVote
from arena.integrity.signals import record_signal
from arena.integrity.statistics.board import UNKNOWN
from arena.integrity.statistics.collusion.rings import (
    Group,
    Sightings,
    Votes,
    communities,
    find_groups,
)
from arena.integrity.statistics.ledger import LedgerCounts
from arena.integrity.statistics.prediction import Indices, Prediction
from arena.leaderboards.models import Outcome
from arena.voters.models import Voter

DAYS = ORIGIN_DAYS


@dataclass(frozen=True, slots=True)
class Linked:
    """Sightings with numbered voters; `voters` has the id of each number."""

    voters: list[uuid.UUID]
    sightings: Sightings


def hold_rings() -> set[uuid.UUID]:
    """Find rings of voters; hold the votes of those that are found.

    Returns the voters whose votes now have to be held. A ring that was found before is recorded and
    held again if it has new members, or if the evidence grew by the threshold once more.
    """
    linked = _linked()
    groups = communities(linked.sightings)
    members = sorted({int(voter) for group in groups for voter in group})
    known = known_board(
        set(), models=0, revision=_ledger_revision(linked.voters[v] for v in members)
    )
    inside = {known.ids[place]: number for number, place in enumerate(known.board.places)}
    votes = _votes([linked.voters[voter] for voter in members], members, inside)
    voted = set(votes.voter.tolist())
    groups = [kept for group in groups if len(kept := group[[v in voted for v in group]]) > 1]

    def without(group: Indices) -> Prediction:
        return _board_without(known, [linked.voters[voter] for voter in group])

    found = find_groups(votes, groups, without, settings.ARENA.hold_alpha)
    held: set[uuid.UUID] = set()
    for group in found:
        involved = [linked.voters[voter] for voter in group.involved]
        if _is_new(involved, group.log_e):
            _record(group, involved, inside)
            held.update(involved)
    return held


def _linked() -> Linked:
    """Which voters used which networks, browser kinds and prompts."""
    seen = list(sightings(timezone.now() - timedelta(days=DAYS)))
    voters, voter = _numbered([each.voter for each in seen])
    keys, key = _numbered([each.key for each in seen])
    at = np.array([each.at.timestamp() for each in seen], dtype=float)
    device = np.array([kind == LinkKind.CLIENT_SIGNATURE for kind, _ in keys], dtype=bool)[key]
    return Linked(voters, Sightings(voter, key, at, device))


def _numbered(things: Sequence[Hashable]) -> tuple[list[Any], Indices]:
    """The distinct things in order of appearance, and the number of each element."""
    numbers: dict[Hashable, int] = {}
    found = [numbers.setdefault(thing, len(numbers)) for thing in things]
    return list(numbers), np.array(found, dtype=np.intp)


def _ledger_revision(voters: Iterable[uuid.UUID]) -> int:
    """The revision from which on a board includes the ledgers of these voters."""
    newest = VoterEvidence.objects.filter(pk__in=list(voters)).aggregate(Max("ledger_revision"))
    return newest["ledger_revision__max"] or 0


def _votes(voters: list[uuid.UUID], numbers: list[int], inside: dict[int, int]) -> Votes:
    """The weighed votes of these voters between contestants on the board, in order."""
    number_of = dict(zip(voters, numbers, strict=True))
    rows = [
        (number_of[voter], inside[a], inside[b], PICKED_A[Outcome(outcome)])
        for voter, a, b, outcome in WeighedVote.objects.filter(
            voter__in=voters, vote__battle__is_gold=False
        )
        .order_by("vote")
        .values_list(
            "voter",
            "vote__battle__contestant_a",
            "vote__battle__contestant_b",
            "vote__outcome",
        )
        if a in inside and b in inside
    ]
    voter, a, b, picked_a = np.array(rows, dtype=float).reshape(-1, 4).T
    return Votes(voter.astype(np.intp), a.astype(np.intp), b.astype(np.intp), picked_a)


@transaction.atomic
def _board_without(known: KnownBoard, voters: Collection[uuid.UUID]) -> Prediction:
    """The board fitted without the votes of these voters."""
    evidence = VoterEvidence.objects.select_for_update().filter(pk__in=voters).order_by("pk")
    cells = np.zeros((len(known.pairs), 4))
    for kept in evidence:
        cells += LedgerCounts.unpacked(bytes(kept.ledger)).cells(known.pairs)
    pending = chain.from_iterable(map(pending_deltas, voters))
    included = [change.cell_delta for change in pending if known.includes(change)]
    cells += LedgerCounts.unpacked(b"").changed(included).cells(known.pairs)
    fit = known.board.without(cells).fit
    if fit is None:
        models = len(known.board.places)
        return Prediction(np.zeros(models), UNKNOWN**2 * np.eye(models))
    return fit.prediction()


def _is_new(involved: Collection[uuid.UUID], log_e: float) -> bool:
    """Whether a ring is new: other members than in earlier signals, or more evidence."""
    before = Signal.objects.filter(kind=Signal.Kind.GROUP, voters__in=involved)
    recorded = set(before.values_list("voters", flat=True))
    highest = before.aggregate(Max("log_e"))["log_e__max"] or 0.0
    return not recorded.issuperset(involved) or levels(log_e - highest) > 0


@transaction.atomic
def _record(group: Group, involved: Collection[uuid.UUID], inside: dict[int, int]) -> None:
    detail: dict[str, Any] = {
        "members": len(group.members),
        "alternative": group.alternative.kind,
    }
    if group.alternative.model is not None:
        detail["contestant"] = next(
            pk for pk, number in inside.items() if number == group.alternative.model
        )
    if group.alternative.side is not None:
        detail["side"] = list(Side)[group.alternative.side].value
    record_signal(Signal.Kind.GROUP, involved, log_e=group.log_e, detail=detail)
    request_hold(involved)


def ring_members(voter_id: uuid.UUID) -> set[uuid.UUID]:
    """All voters of the rings that a voter is in, the voter included."""
    together = Signal.objects.filter(kind=Signal.Kind.GROUP, voters=voter_id)
    return set(Voter.objects.filter(signals__in=together).values_list("pk", flat=True))
