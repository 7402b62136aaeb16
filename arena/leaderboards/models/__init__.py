"""The records of leaderboards: a file for each subject."""

from arena.leaderboards.models.board import (
    VARIANT_IS_KNOWN,
    Board,
    LeaderboardKey,
    Outcome,
    Style,
    Window,
)
from arena.leaderboards.models.chain import ChainEntry, SigningKey
from arena.leaderboards.models.counts import (
    DISCOUNT_LENGTH,
    DISCOUNTED,
    OUTCOME_COLUMNS,
    PairCount,
    PairDay,
    PairTotal,
    WindowStart,
    no_voters,
)
from arena.leaderboards.models.fit import Leaderboard, LiveElo, Pairing
from arena.leaderboards.models.snapshot import RatingPoint, Snapshot

__all__ = [
    "DISCOUNTED",
    "DISCOUNT_LENGTH",
    "OUTCOME_COLUMNS",
    "VARIANT_IS_KNOWN",
    "Board",
    "ChainEntry",
    "Leaderboard",
    "LeaderboardKey",
    "LiveElo",
    "Outcome",
    "PairCount",
    "PairDay",
    "PairTotal",
    "Pairing",
    "RatingPoint",
    "SigningKey",
    "Snapshot",
    "Style",
    "Window",
    "WindowStart",
    "no_voters",
]
