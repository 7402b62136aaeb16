"""The voter ledger: the counts of each voter on the overall board, kept beside the board."""

import math
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import QuerySet
from django.db.models.functions import Greatest, Least

from arena.battles.models import Vote, VoteStanding
from arena.integrity import sql
from arena.integrity.models import OwnChange, VoterEvidence
from arena.integrity.prepared_statements import prepared
from arena.integrity.statistics.ledger import Change, OwnCounts
from arena.leaderboards.counting.pairs import lower_id_first
from arena.leaderboards.models import Outcome

PICKED_A = {Outcome.A: 1.0, Outcome.B: 0.0, Outcome.TIE: math.nan, Outcome.BOTH_BAD: math.nan}


class NotedChange(NamedTuple):
    """An `OwnChange` with its vote and battle; the last two as in `Canary`, None if it is no check.

    A model's instance for each of the three takes longer than PostgreSQL to find them.
    """

    pk: int
    delta: int
    number: int
    unweighed: bool
    vote: int
    outcome: str
    battle: uuid.UUID
    contestant_a: int
    contestant_b: int
    opened_at: datetime
    check_kind: str | None
    changed_side: str | None

    @property
    def pair(self) -> tuple[int, int]:
        """The contestants, the lower id first."""
        return lower_id_first(self.contestant_a, self.contestant_b, self.outcome).pair

    @property
    def own(self) -> Change:
        """What it adds to its voter's own counts, or takes from them."""
        return own_change(self.contestant_a, self.contestant_b, self.outcome, self.delta)


def own_change(a: int, b: int, outcome: str, delta: int = 1) -> Change:
    """What a vote between these contestants adds to its voter's own counts, or takes from them."""
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


def noted_changes(voter_id: uuid.UUID) -> list[NotedChange]:
    """Changes that wait for their votes to be weighed or for a board that contains them."""
    return [NotedChange(*row) for row in prepared(sql.COUNT_CHANGES, [voter_id])]


OWN_PAIRS_PER_CHANGE = 100  # so many pairs are written again for one change, at most


def record_count_change(vote: Vote, delta: int, number: int) -> None:
    """Note that a vote has come into the overall board's counts or left them.

    Call it in the transaction that changes the counts. A vote is to be weighed when it counts for
    the first time.
    """
    counted = VoteStanding.objects.filter(vote=vote, standing=VoteStanding.Standing.COUNTED)
    OwnChange.objects.create(
        voter_id=vote.voter_id,
        vote=vote,
        delta=delta,
        number=number,
        unweighed=delta > 0 and counted.count() == 1,
    )


def record_gold_vote(vote: Vote) -> None:
    """Note that a vote in a check battle is to be weighed, in the transaction that records it."""
    OwnChange.objects.create(voter_id=vote.voter_id, vote=vote, delta=0, number=0, unweighed=True)


def compact_ledger(
    kept: VoterEvidence, own: OwnCounts, contained: Sequence[NotedChange], changes: int
) -> None:
    """Take changes that the board contains up into the own counts, once they are many enough.

    Only a board that is at least as new may be used with them from then on. A voter with many
    pairs would else have them all written at every vote.
    """
    if len(contained) * OWN_PAIRS_PER_CHANGE < max(1, len(own.pairs)):
        return
    kept.own = own.changed(change.own for change in contained).packed()
    kept.own_changes = max(kept.own_changes, changes)
    OwnChange.objects.filter(pk__in=[change.pk for change in contained]).delete()
    kept.save(update_fields=["own", "own_changes"])
