"""The overall board as the tests of voters see it."""

import time
from collections.abc import Set
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from arena.contestants.models import Contestant
from arena.integrity.ledger import PendingDelta
from arena.integrity.statistics.board import Board
from arena.integrity.statistics.ledger import pair_keys
from arena.leaderboards.boards import OVERALL
from arena.leaderboards.counting.totals import counts_of
from arena.leaderboards.models import Board as RatedBoard
from arena.leaderboards.variants import Variant

FRESH_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class KnownBoard:
    """The overall board as it was read at some time.

    Attributes:
        ids: the contestant (id) at each place; `places` is the inverse.
        pairs: keys of the pairs in the board's table.
        revision: of the board's counts, in total.
        pair_revisions: of each pair's counts, by the ids of the pair.
        read_at: in seconds of the monotonic clock.
    """

    board: Board
    ids: list[int]
    places: dict[int, int]
    pairs: NDArray[np.int64]
    revision: int
    pair_revisions: dict[tuple[int, int], int]
    read_at: float = field(default_factory=time.monotonic)

    def includes(self, change: PendingDelta) -> bool:
        """Whether the counts were read after this change."""
        return change.revision <= self.pair_revisions.get(change.pair, 0)


_known: list[KnownBoard] = []


def known_board(contestants: Set[int], *, models: int, revision: int) -> KnownBoard:
    """The overall board, from this process's cache or the database.

    It is read again if it is older than `FRESH_SECONDS`, lacks one of these contestants, has fewer
    than `models` contestants, or is older than `revision`. It may be a little older than the vote
    that is weighed against it, or include that vote already.
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
    """Make the next vote read the board again."""
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
    """The ids of all contestants, drafts included, in the order of their places.

    New contestants get higher ids, so a contestant's place never changes.
    """
    return list(Contestant.objects.order_by("pk").values_list("pk", flat=True))
