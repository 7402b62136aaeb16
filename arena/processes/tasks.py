"""The task by which a health check finds out whether a worker works."""

from celery import shared_task

from arena.common.redis import redis_client

SHOWN_SECONDS = 60


@shared_task
def show_life(key: str) -> None:
    """Set a key in Redis."""
    with redis_client(reply_seconds=5) as client:
        client.set(key, 1, ex=SHOWN_SECONDS)
