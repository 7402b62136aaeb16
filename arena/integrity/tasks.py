"""Background tasks: weigh votes, find rings, set weights, replay evidence."""

import logging
import uuid

from celery import shared_task

from arena.battles.opening import forget_origins
from arena.battles.prompts.named import forget_erased
from arena.battles.repeats.idempotency import forget_keys
from arena.integrity.collusion import newcomers, rings, targets
from arena.integrity.replay import replay, voters_between
from arena.integrity.weighing import voters_to_check, weigh_and_hold
from arena.integrity.weights import bounding

logger = logging.getLogger(__name__)


def request_check(voter_id: uuid.UUID) -> None:
    """Enqueue the weighing of a voter's new votes. A broker that is down must not fail the vote."""
    try:
        weigh_votes.delay(str(voter_id))
    except weigh_votes.OperationalError:
        logger.warning("The broker is down; the next sweep weighs what was missed.")


@shared_task
def weigh_votes(voter_id: str) -> None:
    """Weigh a voter's new votes, and hold them if the evidence is strong."""
    weigh_and_hold(uuid.UUID(voter_id))


@shared_task
def weigh_missed_votes() -> None:
    """Enqueue the voters whose votes were not weighed or held yet, a task for each."""
    for voter_id in voters_to_check():
        request_check(voter_id)


@shared_task
def hold_rings() -> None:
    """Find rings and voters with a shared target; hold their votes. Delete what has expired."""
    forget_origins()
    forget_erased()
    forget_keys()
    for voter_id in rings.hold_rings() | targets.hold_shared_target_voters():
        request_check(voter_id)


@shared_task
def bound_influence() -> None:
    """Release and hold newcomers' votes; set the weights of recent votes."""
    newcomers.release_newcomers()
    bounding.bound_influence()


REPLAY_PARTS = 256  # each ends before the broker would deliver it again


@shared_task
def replay_evidence() -> None:
    """Enqueue the replay of all voters' evidence, part by part."""
    for part in range(REPLAY_PARTS):
        replay_part.delay(part)


@shared_task
def replay_part(part: int) -> None:
    """Replay the evidence of the voters whose ids start with this byte."""
    first = uuid.UUID(bytes=bytes([part] + [0x00] * 15))
    last = uuid.UUID(bytes=bytes([part] + [0xFF] * 15))
    for voter_id in voters_between(first, last):
        for difference in replay(voter_id):
            logger.error("Stored evidence differs from its steps: %s", difference)
