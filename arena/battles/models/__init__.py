"""The records of battles: a file for each subject."""

from arena.battles.models.attention import Attention
from arena.battles.models.battle import ERASED, ORIGIN_DAYS, Battle, IdempotencyKey, Origin, Side
from arena.battles.models.feedback import OPPOSITES, Reaction, Report, Trait
from arena.battles.models.gold import GoldBattle, StyleProfile
from arena.battles.models.metadata import AnswerMetadata
from arena.battles.models.prompt import (
    Benchmark,
    IdentityLeak,
    KnownPrompt,
    NamedAsking,
    NamedPrompt,
)
from arena.battles.models.public import Conversation
from arena.battles.models.turn import Answer, AnswerEnding, Image, Turn
from arena.battles.models.vote import Vote, VoteStanding
from arena.battles.models.weight import VoteWeight

__all__ = [
    "ERASED",
    "OPPOSITES",
    "ORIGIN_DAYS",
    "Answer",
    "AnswerEnding",
    "AnswerMetadata",
    "Attention",
    "Battle",
    "Benchmark",
    "Conversation",
    "GoldBattle",
    "IdempotencyKey",
    "IdentityLeak",
    "Image",
    "KnownPrompt",
    "NamedAsking",
    "NamedPrompt",
    "Origin",
    "Reaction",
    "Report",
    "Side",
    "StyleProfile",
    "Trait",
    "Turn",
    "Vote",
    "VoteStanding",
    "VoteWeight",
]
