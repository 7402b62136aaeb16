"""Reads of the checks."""

import math
import time
import uuid
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np
from django.db.models import Exists, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Greatest, Least
from django.utils import timezone
from numpy.typing import NDArray

from arena.battles.models import Answer, Battle, IdentityLeak, Image, Turn, Vote, VoteStanding
from arena.contestants.models import Contestant
from arena.integrity.core.board import Board
from arena.integrity.core.habits import Facts
from arena.integrity.core.own import Change, pair_keys
from arena.integrity.models import OwnChange, VoterEvidence
from arena.integrity.words import digests
from arena.voters.models import Voter
from ratings.boards import OVERALL
from ratings.core import OUTCOMES
from ratings.models import Board as RatedBoard
from ratings.models import Outcome
from ratings.selectors import Variant, counts_of

FRESH_SECONDS = 30.0
LEFT_WITHIN = timedelta(days=1)
PICKED_A = {Outcome.A: 1.0, Outcome.B: 0.0, Outcome.TIE: math.nan, Outcome.BOTH_BAD: math.nan}
SEEN_FROM_B = {
    Outcome.A: Outcome.B,
    Outcome.B: Outcome.A,
    Outcome.TIE: Outcome.TIE,
    Outcome.BOTH_BAD: Outcome.BOTH_BAD,
}


@dataclass(frozen=True, slots=True)
class KnownBoard:
    """The overall board as the checks see it; `ids` says which contestant has which place.

    `pairs` are the keys of its table's pairs, `changes` and `pair_changes` (by pair of ids) say
    which changes of the counts it contains.
    """

    board: Board
    ids: list[int]
    places: dict[int, int]
    pairs: NDArray[np.int64]
    changes: int
    pair_changes: dict[tuple[int, int], int]
    read_at: float = field(default_factory=time.monotonic)

    def contains(self, change: OwnChange) -> bool:
        """Whether these counts were read after the change."""
        return change.number <= self.pair_changes.get(pair_of(change.vote), 0)


_known: list[KnownBoard] = []


def known_board(contestants: Set[int], *, models: int, changes: int) -> KnownBoard:
    """The overall board, read again when it is older than FRESH_SECONDS, or than one of these
    contestants, or than a process that knew so many, or had read so many changes.

    It may be a little older than a vote that is weighed against it, or hold that vote already.
    """
    if (
        not _known
        or time.monotonic() - _known[0].read_at > FRESH_SECONDS
        or not _known[0].places.keys() >= contestants
        or len(_known[0].places) < models
        or _known[0].changes < changes
    ):
        _known[:] = [_read_board()]
    return _known[0]


def forget_board() -> None:
    """Have the board read anew at the next vote."""
    _known.clear()


def _read_board() -> KnownBoard:
    counts = counts_of(Variant(RatedBoard.objects.get(slug=OVERALL)))
    ids = all_contestants()
    places = {pk: place for place, pk in enumerate(ids)}
    in_table = np.array(counts.ids, dtype=np.int64)
    return KnownBoard(
        board=Board(counts.table, [places[pk] for pk in counts.ids], len(places)),
        ids=ids,
        places=places,
        pairs=pair_keys(in_table[counts.table.first], in_table[counts.table.second]),
        changes=counts.changes,
        pair_changes={(a, b): changes for a, b, changes in counts.pair_changes.tolist()},
    )


def pair_of(vote: Vote) -> tuple[int, int]:
    """The contestants of a vote, the lower id first."""
    a, b = vote.battle.contestant_a_id, vote.battle.contestant_b_id
    return min(a, b), max(a, b)


def own_change(vote: Vote, delta: int = 1) -> Change:
    """What a vote adds to its voter's own counts, or takes from them."""
    first, second = pair_of(vote)
    outcome = Outcome(vote.outcome)
    seen = outcome if vote.battle.contestant_a_id == first else SEEN_FROM_B[outcome]
    return first, second, OUTCOMES.index(seen), delta


def all_contestants() -> list[int]:
    """The ids of all contestants in the order of their places.

    Drafts too: a contestant's place never changes, for new ones get higher ids.
    """
    return list(Contestant.objects.order_by("pk").values_list("pk", flat=True))


def voters_to_check() -> set[uuid.UUID]:
    """Voters with votes that are still to be weighed, or to be held."""
    unweighed = OwnChange.objects.filter(unweighed=True).values_list("voter", flat=True)
    return {
        *unweighed.distinct(),
        *VoterEvidence.objects.filter(hold_due=True).values_list("voter", flat=True),
    }


def voters_between(first: uuid.UUID, last: uuid.UUID) -> list[uuid.UUID]:
    """Voters with an id in this range who voted."""
    voters = Voter.objects.filter(pk__gte=first, pk__lte=last)
    voted = Exists(Vote.objects.filter(voter=OuterRef("pk")))
    return list(voters.filter(voted).order_by("pk").values_list("pk", flat=True))


def counted_votes(voter_id: uuid.UUID) -> QuerySet[Vote]:
    """A voter's votes that count now, pair by pair."""
    newest = VoteStanding.objects.filter(vote=OuterRef("pk")).order_by("-pk")
    return (
        Vote.objects.filter(voter=voter_id)
        .alias(now=Subquery(newest.values("standing")[:1]))
        .filter(now=VoteStanding.Standing.COUNTED)
        .select_related("battle")
        .order_by(
            Least("battle__contestant_a", "battle__contestant_b"),
            Greatest("battle__contestant_a", "battle__contestant_b"),
            "pk",
        )
    )


def battles_left(votes: Sequence[Vote]) -> dict[uuid.UUID, list[tuple[int, int]]]:
    """What the voter of these votes left: contestants of battles that nobody decided, by the
    battle voted on next.

    Within a day before, with an image or without as the one voted on, for such are drawn among
    other contestants; none whose answers were not shown whole.
    """
    opened = [vote.battle.created_at for vote in votes]
    rows = (
        Battle.objects.filter(
            voter=votes[0].voter_id,
            created_at__range=(min(opened) - LEFT_WITHIN, max(opened)),
            mode=Battle.Mode.BLIND,
            is_check=False,
            by_program=False,
            state__in=[Battle.State.OPEN, Battle.State.VOTED],
        )
        .annotate(has_image=Exists(Image.objects.filter(turn__battle=OuterRef("pk"))))
        .order_by("created_at", "pk")
        .values_list(
            *("pk", "state", "contestant_a", "contestant_b"),
            *("has_image", "created_at", "shown_at"),
        )
    )
    found: dict[uuid.UUID, list[tuple[int, int]]] = {}
    left: list[tuple[int, int, bool, datetime]] = []
    now = timezone.now()
    for battle, state, a, b, has_image, at, shown_at in rows:
        if state == Battle.State.VOTED:
            found[battle] = [
                (c, d)
                for c, d, as_well, before in left
                if as_well == has_image and at - before <= LEFT_WITHIN
            ]
            left = []
        elif shown_at and shown_at <= now:
            left.append((a, b, has_image, at))
    return found


def facts_of(votes: Iterable[int]) -> dict[int, Facts]:
    """What habits are measured by, for votes by id: the first prompt, and the answers read last."""
    tokens = Answer.objects.filter(turn=OuterRef("pk")).order_by().values("turn")
    before = Battle.objects.filter(
        voter=OuterRef(OuterRef("battle__voter")),
        created_at__lt=OuterRef(OuterRef("battle__created_at")),
    ).order_by("-created_at", "-pk")
    probes = IdentityLeak.objects.filter(
        kind=IdentityLeak.Kind.PROBE, battle=Subquery(before.values("pk")[:1])
    )
    rows = (
        Turn.objects.filter(battle__vote__in=list(votes), dropped="")
        .annotate(
            length=Subquery(tokens.annotate(length=Sum("style_tokens")).values("length")),
            probed=Exists(probes),
        )
        .order_by("battle_id", "number")
        .values_list(
            *("battle__vote", "battle__vote__cast_at", "length", "probed", "prompt"),
            *("known", "repeats", "repeats__turn__battle__voter", "battle__voter"),
            "battle__vote__attention__server_decided_ms",
            *(f"battle__vote__attention__end_seen_{side}" for side in "ab"),
        )
    )
    found: dict[int, Facts] = {}
    for vote, cast_at, length, probed, prompt, known, repeats, asker, voter, *attention in rows:
        decided_ms, *ends = attention
        if vote in found:
            found[vote] = replace(found[vote], length=float(length or 0))
            continue
        found[vote] = Facts(
            at=cast_at.timestamp(),
            reading=math.inf if decided_ms is None else decided_ms / 1000,
            length=float(length or 0),
            ends_seen=None if None in ends else all(ends),
            prompt=repeats or known,
            shared=asker not in {None, voter},
            probed=probed,
            words=digests(prompt),
        )
    return found


def suspects(log_e: float) -> QuerySet[VoterEvidence]:
    """Voters whose e-value ever reached this (natural logarithm), the strongest first."""
    return VoterEvidence.objects.filter(peak_log_e__gte=log_e).order_by("-peak_log_e")
