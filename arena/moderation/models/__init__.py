"""The records of moderation: a file for each subject."""

from arena.moderation.models.audit import AuditEntry, SavedFilter
from arena.moderation.models.case import Case
from arena.moderation.models.decision import Appeal, Approval, DecidedVote, Decision
from arena.moderation.models.simulation import Simulation

__all__ = [
    "Appeal",
    "Approval",
    "AuditEntry",
    "Case",
    "DecidedVote",
    "Decision",
    "SavedFilter",
    "Simulation",
]
