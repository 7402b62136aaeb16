"""The task by which a health check finds out whether a worker works."""

import redis
from celery import shared_task
from django.conf import settings

SHOWN_SECONDS = 60


@shared_task
def show_life(key: str) -> None:
    """Set a key in Redis."""
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5) as client:
        client.set(key, 1, ex=SHOWN_SECONDS)
