"""The ledger: how many votes each voter has on each pair of the overall board, and the changes.

The tests compare a voter's votes with the board fitted without them. The ledger tells which of the
board's counts to leave out.
"""

import math
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import QuerySet
from django.db.models.functions import Greatest, Least

from arena.battles.models import Vote, VoteStanding
from arena.integrity import sql
from arena.integrity.models import VoterCountDelta, VoterEvidence
from arena.integrity.prepared_statements import prepared
from arena.integrity.statistics.ledger import CountDelta, LedgerCounts
from arena.leaderboards.counting.pairs import lower_id_first
from arena.leaderboards.models import Outcome

PICKED_A = {Outcome.A: 1.0, Outcome.B: 0.0, Outcome.TIE: math.nan, Outcome.BOTH_BAD: math.nan}


class PendingDelta(NamedTuple):
    """A `VoterCountDelta` with what is needed of its vote and battle.

    `gold_kind` and `changed_side` are None unless the battle is a gold question. Plain tuples,
    because making three model instances takes longer than the query.
    """

    pk: int
    delta: int
    revision: int
    unweighed: bool
    vote: int
    outcome: str
    battle: uuid.UUID
    contestant_a: int
    contestant_b: int
    opened_at: datetime
    gold_kind: str | None
    changed_side: str | None

    @property
    def pair(self) -> tuple[int, int]:
        """The contestants, the lower id first."""
        return lower_id_first(self.contestant_a, self.contestant_b, self.outcome).pair

    @property
    def cell_delta(self) -> CountDelta:
        """What it adds to the voter's ledger, or takes from it."""
        return count_delta(self.contestant_a, self.contestant_b, self.outcome, self.delta)


def count_delta(a: int, b: int, outcome: str, delta: int = 1) -> CountDelta:
    """What a vote between these contestants adds to the voter's ledger, or takes from it."""
    seen = lower_id_first(a, b, outcome)
    return seen.first, seen.second, seen.place, delta


def counted_votes(voter_id: uuid.UUID) -> QuerySet[Vote]:
    """A voter's votes that count now, pair by pair."""
    return (
        Vote.objects.filter(voter=voter_id)
        .counted()
        .select_related("battle")
        .order_by(
            Least("battle__contestant_a", "battle__contestant_b"),
            Greatest("battle__contestant_a", "battle__contestant_b"),
            "pk",
        )
    )


def pending_deltas(voter_id: uuid.UUID) -> list[PendingDelta]:
    """Changes whose votes are not weighed yet, or that are not part of the ledger yet."""
    return [PendingDelta(*row) for row in prepared(sql.COUNT_CHANGES, [voter_id])]


LEDGER_PAIRS_PER_DELTA = 100  # a change rewrites at most so many pairs of the ledger


def record_count_delta(vote: Vote, delta: int, revision: int, *, is_new: bool) -> None:
    """Record that a vote was added to the overall board's counts, or removed from them.

    Call it in the transaction that changes the counts. The vote has to be weighed when it is
    counted for the first time: when it is new, or was excluded or held from the beginning.
    """
    counted = VoteStanding.objects.filter(vote=vote, standing=VoteStanding.Standing.COUNTED)
    VoterCountDelta.objects.create(
        voter_id=vote.voter_id,
        vote=vote,
        delta=delta,
        revision=revision,
        unweighed=delta > 0 and (is_new or counted.count() == 1),
    )


def record_gold_vote(vote: Vote) -> None:
    """Record, in the vote's transaction, that a vote on a gold question has to be weighed."""
    VoterCountDelta.objects.create(
        voter_id=vote.voter_id, vote=vote, delta=0, revision=0, unweighed=True
    )


def compact_ledger(
    evidence: VoterEvidence,
    ledger: LedgerCounts,
    included: Sequence[PendingDelta],
    revision: int,
) -> None:
    """Add changes that the board includes to the ledger, once there are enough of them.

    From then on, only a board of at least this revision may be used with the ledger. Without the
    minimum, the whole ledger of a voter with many pairs would be written at every vote.
    """
    if len(included) * LEDGER_PAIRS_PER_DELTA < max(1, len(ledger.pairs)):
        return
    evidence.ledger = ledger.changed(change.cell_delta for change in included).packed()
    evidence.ledger_revision = max(evidence.ledger_revision, revision)
    VoterCountDelta.objects.filter(pk__in=[change.pk for change in included]).delete()
    evidence.save(update_fields=["ledger", "ledger_revision"])
