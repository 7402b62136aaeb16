"""Hold the counted votes of a voter for review; acknowledge evidence that was reviewed."""

import math
import uuid
from collections.abc import Collection
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from arena.battles.models import VoteStanding
from arena.battles.voting.standing import change_standing
from arena.integrity.ledger import counted_votes
from arena.integrity.models import VoterEvidence
from arena.voters.throttling.risk import flag_until

HELD_AT_ONCE = 100  # each locks the counts of its pair until the batch is committed
RISKY_FOR = timedelta(days=1)  # after the last vote that was weighed


def evidence_of(voter_id: uuid.UUID) -> VoterEvidence:
    """Lock a voter's evidence; create it if there is none."""
    locked = VoterEvidence.objects.select_for_update()
    kept = locked.filter(pk=voter_id).first()
    if kept is None:
        VoterEvidence.objects.get_or_create(voter_id=voter_id)
        kept = locked.get(pk=voter_id)
    return kept


def is_over_threshold(evidence: VoterEvidence) -> bool:
    """Whether the e-value ever reached the published threshold, 1 / alpha.

    After a moderator acknowledged evidence, the threshold is 1 / alpha times what was acknowledged:
    an honest voter's e-value ever grows by that factor with a chance of at most alpha.
    """
    return level_of(evidence, evidence.peak_log_e) > 0


def level_of(evidence: VoterEvidence, log_e: float) -> int:
    return levels(log_e - evidence.acknowledged_log_e)


def levels(log_e: float) -> int:
    """How often the logarithm of the threshold fits: 2 means 1 / alpha squared."""
    return int(log_e // -math.log(settings.ARENA.hold_alpha))


@transaction.atomic
def acknowledge_evidence(voter_id: uuid.UUID) -> None:
    """Acknowledge the evidence so far: only as much evidence again holds votes of the voter.

    Held votes stay held: `arena.battles.voting.standing.change_standing` counts them again.
    """
    kept = evidence_of(voter_id)
    kept.acknowledged_log_e = kept.peak_log_e
    kept.hold_due = False
    kept.save(update_fields=["acknowledged_log_e", "hold_due", "updated_at"])


@transaction.atomic
def revoke_acknowledgement(voter_id: uuid.UUID, acknowledged_log_e: float) -> None:
    """Revoke an acknowledgement: evidence beyond this level holds the votes again."""
    kept = evidence_of(voter_id)
    kept.acknowledged_log_e = acknowledged_log_e
    kept.hold_due = is_over_threshold(kept)
    kept.save(update_fields=["acknowledged_log_e", "hold_due", "updated_at"])


@transaction.atomic
def hold_batch(voter_id: uuid.UUID) -> bool:
    """Hold counted votes of a voter for review; returns whether more are due."""
    kept = evidence_of(voter_id)
    if not kept.hold_due:
        return False
    reason = hold_reason(kept)
    # Pair by pair, in the same order for every voter, so that two holds cannot deadlock.
    votes = list(counted_votes(voter_id)[:HELD_AT_ONCE])
    for vote in votes:
        change_standing(
            vote, VoteStanding.Standing.HELD, code=VoteStanding.Code.REVIEW, reason=reason
        )
    if len(votes) < HELD_AT_ONCE:
        kept.hold_due = False
        kept.save(update_fields=["hold_due", "updated_at"])
    flag_until(voter_id, timezone.now() + RISKY_FOR)  # more gold questions, more evidence
    return kept.hold_due


def hold_reason(kept: VoterEvidence) -> str:
    """The reason that the standings of held votes state."""
    if not is_over_threshold(kept):
        return (
            "Held for review: the votes of this voter and of others who share networks, prompts, "
            "browsers or a target with them, taken together, are not those of honest voters, at a "
            f"level of {settings.ARENA.hold_alpha:.0%}."
        )
    return (
        f"Held for review: the voter's e-value reached {math.exp(kept.peak_log_e):,.0f}; an "
        f"honest voter's ever reaches {1 / settings.ARENA.hold_alpha:,.0f} with a chance of at "
        f"most {settings.ARENA.hold_alpha:.0%}."
    )


def request_hold(voters: Collection[uuid.UUID]) -> None:
    """Let the next check of each of these voters hold all their counted votes."""
    VoterEvidence.objects.filter(pk__in=voters).update(hold_due=True)
