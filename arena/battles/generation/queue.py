"""Send answers to the workers that write them."""

import logging

from celery import current_app
from django.db import transaction
from django.db.models import F
from kombu.exceptions import OperationalError

from arena.battles.generation.claim import LEASE
from arena.battles.models import Answer

logger = logging.getLogger(__name__)

TASK = "arena.battles.tasks.generate_answer"  # by name: tasks import the services that send it
REQUEUE_AFTER = LEASE  # an answer that no worker took is enqueued again


def enqueue_on_commit(answer_ids: list[int]) -> None:
    """Send answers to the workers once the transaction is committed.

    Without a broker they wait for `arena.battles.generation.recovery`.
    """

    def enqueue() -> None:
        for answer_id in answer_ids:
            try:
                current_app.send_task(TASK, [answer_id])
            except OperationalError:
                logger.warning("The broker is down; beat enqueues answer %d again.", answer_id)
                # At once: there is no worker that it could be waiting for.
                Answer.objects.filter(pk=answer_id, state=Answer.State.PENDING).update(
                    queued_at=F("queued_at") - REQUEUE_AFTER
                )

    transaction.on_commit(enqueue)
