"""The checks in the background."""

import logging
import uuid

from celery import shared_task

from arena.battles.idempotency import forget_keys
from arena.battles.opening import forget_origins
from arena.battles.prompts.named import forget_erased
from arena.integrity.collusion import newcomers, rings, targets
from arena.integrity.replay import replay, voters_between
from arena.integrity.weighing import voters_to_check, weigh_and_hold
from arena.integrity.weights import bounding

logger = logging.getLogger(__name__)


def request_check(voter_id: uuid.UUID) -> None:
    """Have a voter's new votes weighed. A broker that is down must not fail the vote."""
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
    """Weigh and hold the votes whose check was lost, each voter's by a task of its own."""
    for voter_id in voters_to_check():
        request_check(voter_id)


@shared_task
def hold_rings() -> None:
    """Look for voters who act together, by links or by a target, and have their votes held."""
    forget_origins()
    forget_erased()
    forget_keys()
    for voter_id in rings.hold_rings() | targets.hold_shared_target_voters():
        request_check(voter_id)


@shared_task
def bound_influence() -> None:
    """Hold what newcomers rig together; compute how much recent votes weigh, set what changed."""
    newcomers.release_newcomers()
    bounding.bound_influence()


REPLAY_PARTS = 256  # each short enough not to be taken for lost


@shared_task
def replay_evidence() -> None:
    """Have all voters' evidence computed again, part by part."""
    for part in range(REPLAY_PARTS):
        replay_part.delay(part)


@shared_task
def replay_part(part: int) -> None:
    """Compute the evidence of the voters again whose ids begin with this byte."""
    first = uuid.UUID(bytes=bytes([part] + [0x00] * 15))
    last = uuid.UUID(bytes=bytes([part] + [0xFF] * 15))
    for voter_id in voters_between(first, last):
        for difference in replay(voter_id):
            logger.error("Stored evidence differs from its steps: %s", difference)
