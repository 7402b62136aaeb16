"""The records of leaderboards: a file for each subject."""

from arena.leaderboards.models.board import (
    VARIANT_IS_KNOWN,
    Board,
    OfVariant,
    Outcome,
    Style,
    Window,
)
from arena.leaderboards.models.chain import Link, SigningKey
from arena.leaderboards.models.counts import (
    DISCOUNT_COLUMNS,
    DISCOUNT_LENGTH,
    DISCOUNTED,
    PairCount,
    PairDay,
    PairTotal,
    WindowStart,
    no_voters,
)
from arena.leaderboards.models.fit import Leaderboard, Pairing, Ticker
from arena.leaderboards.models.snapshot import RatingPoint, Snapshot

__all__ = [
    "DISCOUNTED",
    "DISCOUNT_COLUMNS",
    "DISCOUNT_LENGTH",
    "VARIANT_IS_KNOWN",
    "Board",
    "Leaderboard",
    "Link",
    "OfVariant",
    "Outcome",
    "PairCount",
    "PairDay",
    "PairTotal",
    "Pairing",
    "RatingPoint",
    "SigningKey",
    "Snapshot",
    "Style",
    "Ticker",
    "Window",
    "WindowStart",
    "no_voters",
]
