"""Fitting and publishing in the background."""

import logging

import redis
from celery import shared_task
from django.conf import settings

from ratings.models import Board
from ratings.services import publish, refit

logger = logging.getLogger(__name__)

REQUESTED = "ratings:refit-requested"
GATHER_SECONDS = 1.0  # votes that arrive within this time share one refit


def request_refit() -> None:
    """Have the boards fitted soon; many requests at once become one.

    A broker that is down must not fail a vote: beat refits what was missed.
    """
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2) as client:
            if client.set(REQUESTED, 1, nx=True, ex=30):
                refit_boards.apply_async(countdown=GATHER_SECONDS)
    except (redis.RedisError, refit_boards.OperationalError):
        logger.warning("The broker is down; the next scheduled refit brings the boards up to date.")


@shared_task
def refit_boards() -> None:
    """Fit every board whose counts changed."""
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2) as client:
        client.delete(REQUESTED)  # before reading: a vote from now on asks for another refit
    for board in Board.objects.all():
        refit(board)


@shared_task
def publish_snapshots() -> None:
    """Publish a snapshot of every board that changed since its last one."""
    for board in Board.objects.all():
        publish(board)
