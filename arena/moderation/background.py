"""Request tasks of moderation by their names, so that services need not import the tasks."""

import logging
from functools import partial

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

OPEN_CASE = "arena.moderation.tasks.open_case"
APPLY_DECISION = "arena.moderation.tasks.apply_decision"


def request(task: str, pk: int) -> None:
    """Have a worker run a task. Without a broker the next sweep requests it again."""
    try:
        current_app.send_task(task, [pk])
    except OperationalError:
        logger.warning("The broker is down; the next sweep requests what was missed.")


def request_on_commit(task: str, pk: int) -> None:
    """Have a worker run a task once the transaction is committed."""
    transaction.on_commit(partial(request, task, pk), robust=True)
