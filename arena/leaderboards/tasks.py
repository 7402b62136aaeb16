"""Background tasks: fit leaderboards, publish snapshots."""

import logging
from functools import cache

import redis
from celery import shared_task

from arena.common.redis import redis_client
from arena.leaderboards.boards import OVERALL, boards
from arena.leaderboards.counting.windows import roll_windows
from arena.leaderboards.fitting import refit_changed
from arena.leaderboards.models import Board, Style, Window
from arena.leaderboards.publishing import publish
from arena.leaderboards.signals import publishing

logger = logging.getLogger(__name__)

REQUESTED = "ratings:refit-requested"
GATHER_SECONDS = 1.0  # votes that arrive within this time share one refit
PASS_SECONDS = 20.0  # a longer pass makes room for other work of the same worker


@cache
def _redis() -> redis.Redis:
    """The client of this process: to connect takes longer than the request of a vote."""
    return redis_client()


def request_refit() -> None:
    """Request a fit of all boards that changed; requests within a second share one fit.

    If the broker is down, the vote still counts: the next scheduled refit catches up.
    """
    try:
        if _redis().set(REQUESTED, 1, nx=True, ex=30):
            refit_boards.apply_async(countdown=GATHER_SECONDS)
    except (redis.RedisError, refit_boards.OperationalError):
        logger.warning("The broker is down; the next scheduled refit brings the boards up to date.")


@shared_task
def refit_boards() -> None:
    """Fit every leaderboard whose counts changed."""
    # Before reading: a vote from now on asks for another refit.
    _redis().delete(REQUESTED)
    if not refit_changed(seconds=PASS_SECONDS):
        request_refit()


@shared_task
def publish_snapshots(*, overall_only: bool = False) -> None:
    """Publish a snapshot of every leaderboard that changed since its last one."""
    publishing.send_robust(Board)
    roll_windows()
    published = Board.objects.filter(slug=OVERALL) if overall_only else boards()
    for board in published:
        for style in Style:
            for window in Window:
                publish(board, style, window)
