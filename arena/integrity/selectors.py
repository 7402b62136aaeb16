"""Reads of the checks."""

import time
import uuid
from collections.abc import Set
from dataclasses import dataclass, field

import numpy as np
from django.db.models import Exists, OuterRef, QuerySet, Subquery

from arena.battles.models import Vote, VoteStanding
from arena.contestants.models import Contestant
from arena.integrity.core.board import Board
from arena.integrity.core.preference import Floats
from arena.integrity.models import VoterEvidence, WeighedVote
from ratings.boards import OVERALL
from ratings.models import Board as RatedBoard
from ratings.selectors import Variant, counts_of

FRESH_SECONDS = 30.0
LOOK_BACK = 10_000  # votes that may be under way at once, with a wide margin


@dataclass(frozen=True, slots=True)
class KnownBoard:
    """The overall board as the checks see it; `ids` says which contestant has which place."""

    board: Board
    ids: list[int]
    places: dict[int, int]
    read_at: float = field(default_factory=time.monotonic)

    def own_cells(self, own: dict[str, list[int]]) -> Floats:
        """A voter's own counts, shape (pairs, 4), in the order of the table's pairs.

        Args:
            own: counts of a pair's outcomes by "place-place", the lower place first.
        """
        table, places = self.board.table, self.board.places
        cells = np.zeros((len(table.first), 4))
        for row, (i, j) in enumerate(zip(table.first, table.second, strict=True)):
            cells[row] = own.get(f"{places[i]}-{places[j]}", 0)
        return cells


_known: list[KnownBoard] = []


def known_board(contestants: Set[int], models: int) -> KnownBoard:
    """The overall board, read again when it is older than FRESH_SECONDS, or than one of these
    contestants, or than a process that knew so many.

    It may be a little older than a vote that is weighed against it, or hold that vote already.
    """
    if (
        not _known
        or time.monotonic() - _known[0].read_at > FRESH_SECONDS
        or not _known[0].places.keys() >= contestants
        or len(_known[0].places) < models
    ):
        _known[:] = [_read_board()]
    return _known[0]


def forget_board() -> None:
    """Have the board read anew at the next vote."""
    _known.clear()


def _read_board() -> KnownBoard:
    counts = counts_of(Variant(RatedBoard.objects.get(slug=OVERALL)))
    # Drafts too: a contestant's place never changes, for new ones get higher ids.
    ids = list(Contestant.objects.order_by("pk").values_list("pk", flat=True))
    places = {pk: place for place, pk in enumerate(ids)}
    board = Board(counts.table, [places[pk] for pk in counts.ids], len(places))
    return KnownBoard(board, ids, places)


def unweighed_votes() -> QuerySet[Vote]:
    """Recent votes that were counted on arrival and not weighed yet, in their order.

    Numbers are given in the order of arrival, give or take a few transactions at once; so looking
    back a little from the newest vote finds all, however many there are.
    """
    newest = Vote.objects.order_by("-pk").values("pk")[:1]
    weighed = WeighedVote.objects.filter(vote=OuterRef("pk"))
    counted = VoteStanding.objects.filter(
        vote=OuterRef("pk"), standing=VoteStanding.Standing.COUNTED
    )
    return (
        Vote.objects.filter(~Exists(weighed), Exists(counted))
        .filter(pk__gt=Subquery(newest) - LOOK_BACK)
        .select_related("battle")
        .order_by("pk")
    )


def counted_votes(voter_id: uuid.UUID) -> QuerySet[Vote]:
    """A voter's votes that count now."""
    newest = VoteStanding.objects.filter(vote=OuterRef("pk")).order_by("-pk")
    return (
        Vote.objects.filter(voter=voter_id)
        .alias(now=Subquery(newest.values("standing")[:1]))
        .filter(now=VoteStanding.Standing.COUNTED)
        .select_related("battle")
        .order_by("pk")
    )


def suspects(log_e: float) -> QuerySet[VoterEvidence]:
    """Voters whose e-value ever reached this (natural logarithm), the strongest first."""
    return VoterEvidence.objects.filter(peak_log_e__gte=log_e).order_by("-peak_log_e")
