"""Votes of guests merged into a member: they move to the member's cluster.

`Voter.cluster` says in which sums a voter's counted votes are, at any time. A guest who logs in to
an account has another cluster than the member, though they are one person, until
`gather_clusters` moves their votes and gives them the member's cluster, in one transaction.
"""

import logging
import uuid

from django.db import OperationalError, connection, transaction
from django.db.models import F

from arena.battles.models import Turn, Vote, VoteStanding
from arena.battles.voting.boards import boards_of
from arena.battles.voting.weights import GIVE_UP, tenths_of
from arena.leaderboards.boards import boards_named
from arena.leaderboards.counting.count import move_to_cluster
from arena.leaderboards.models import Outcome
from arena.leaderboards.tasks import request_refit
from arena.voters.models import Voter

logger = logging.getLogger(__name__)


def gather_clusters() -> None:
    """Move the votes of all guests merged into a member since the last time."""
    merged = Voter.objects.filter(merged_into__isnull=False)
    merged = merged.exclude(cluster=F("merged_into__cluster"))
    for guest_id in list(merged.values_list("pk", flat=True)):
        try:
            _gather(guest_id)
        except OperationalError:
            logger.info("A guest's votes are in use; their cluster is changed the next time.")


@transaction.atomic
def _gather(guest_id: uuid.UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(GIVE_UP)
    # While this is locked, no vote of the guest's is counted or taken back.
    guest = Voter.objects.select_for_update().get(pk=guest_id)
    if guest.merged_into is None:  # erased meanwhile
        return
    before, guest.cluster = guest.cluster, guest.merged_into.cluster
    votes = sorted(_counted(guest), key=_pair)
    tenths = tenths_of([vote.pk for vote in votes])
    for vote in votes:
        turns = Turn.objects.kept().filter(battle=vote.battle).order_by("number")
        move_to_cluster(
            boards_named(boards_of(list(turns))),
            vote.battle.contestant_a_id,
            vote.battle.contestant_b_id,
            Outcome(vote.outcome),
            day=vote.cast_at.date(),
            before=before,
            cluster=guest.cluster,
            tenths=tenths[vote.pk],
        )
    guest.save(update_fields=["cluster"])
    transaction.on_commit(request_refit, robust=True)


def _counted(voter: Voter) -> list[Vote]:
    votes = list(Vote.objects.filter(voter=voter).select_related("battle"))
    newest = VoteStanding.objects.filter(vote__in=votes).newest()
    counted = {
        standing.vote_id
        for standing in newest
        if standing.standing == VoteStanding.Standing.COUNTED
    }
    return [vote for vote in votes if vote.pk in counted]


def _pair(vote: Vote) -> tuple[int, int]:
    a, b = sorted((vote.battle.contestant_a_id, vote.battle.contestant_b_id))
    return a, b
