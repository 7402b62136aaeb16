"""How far the votes of decisions move the ratings."""

from collections.abc import Sequence

from arena.leaderboards.boards import OVERALL
from arena.leaderboards.models import Board
from arena.moderation.evidence.board_effect import effect_without
from arena.moderation.evidence.votes import CaseVote
from arena.moderation.models import Decision


def max_rating_impact(kind: str, votes: Sequence[CaseVote]) -> float:
    """The most points that hang on a decision about these votes for one of the ten highest.

    Votes that are held already move nothing when they are excluded; but it is then that they are
    lost to the board.
    """
    if kind == Decision.Kind.HOLD or not votes:
        return 0.0
    return effect_without(Board.objects.get(slug=OVERALL), votes).max_top_shift
