"""The checks in the background."""

import logging
import uuid

from celery import shared_task

from arena.integrity import services
from arena.integrity.selectors import voters_to_check

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
    services.check_voter(uuid.UUID(voter_id))


@shared_task
def weigh_missed_votes() -> None:
    """Weigh and hold the votes whose check was lost, each voter's by a task of its own."""
    for voter_id in voters_to_check():
        request_check(voter_id)
