"""The overall board as the tests of voters see it."""

import time
from collections.abc import Set
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from arena.contestants.models import Contestant
from arena.integrity.ledger import NotedChange
from arena.integrity.statistics.board import Board
from arena.integrity.statistics.ledger import pair_keys
from arena.leaderboards.boards import OVERALL
from arena.leaderboards.counting.totals import counts_of
from arena.leaderboards.models import Board as RatedBoard
from arena.leaderboards.variants import Variant

FRESH_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class KnownBoard:
    """The overall board as the checks see it; `ids` says which contestant has which place.

    `pairs` are the keys of its table's pairs, `revision` and `pair_revisions` (by pair of ids) say
    which changes of the counts it includes.
    """

    board: Board
    ids: list[int]
    places: dict[int, int]
    pairs: NDArray[np.int64]
    revision: int
    pair_revisions: dict[tuple[int, int], int]
    read_at: float = field(default_factory=time.monotonic)

    def contains(self, change: NotedChange) -> bool:
        """Whether these counts were read after the change."""
        return change.number <= self.pair_revisions.get(change.pair, 0)


_known: list[KnownBoard] = []


def known_board(contestants: Set[int], *, models: int, revision: int) -> KnownBoard:
    """The overall board, read again when it is older than FRESH_SECONDS, or than one of these
    contestants, or than a process that knew so many, or had read so high a revision.

    It may be a little older than a vote that is weighed against it, or hold that vote already.
    """
    if (
        not _known
        or time.monotonic() - _known[0].read_at > FRESH_SECONDS
        or not _known[0].places.keys() >= contestants
        or len(_known[0].places) < models
        or _known[0].revision < revision
    ):
        keep_board(_read_board())
    return _known[0]


def keep_board(board: KnownBoard) -> None:
    """Weigh the next votes of this process against a board."""
    _known[:] = [board]


def forget_board() -> None:
    """Have the board read anew at the next vote."""
    _known.clear()


def _read_board() -> KnownBoard:
    counts = counts_of(Variant(RatedBoard.objects.get(slug=OVERALL)), as_cast=True)
    ids = all_contestants()
    places = {pk: place for place, pk in enumerate(ids)}
    in_table = np.array(counts.ids, dtype=np.int64)
    return KnownBoard(
        board=Board(counts.table, [places[pk] for pk in counts.ids], len(places)),
        ids=ids,
        places=places,
        pairs=pair_keys(in_table[counts.table.first], in_table[counts.table.second]),
        revision=counts.revision,
        pair_revisions={(a, b): revision for a, b, revision in counts.pair_revisions.tolist()},
    )


def all_contestants() -> list[int]:
    """The ids of all contestants in the order of their places.

    Drafts too: a contestant's place never changes, for new ones get higher ids.
    """
    return list(Contestant.objects.order_by("pk").values_list("pk", flat=True))
