"""Clients of the site's Redis: none waits long, and none retries by itself.

Whoever asks Redis has a way to go on without it, which a visitor must not wait for.
"""

from typing import Any

import redis
import redis.asyncio
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

REPLY_SECONDS = 2.0
CONNECT_SECONDS = 1.0


def redis_client(
    *, reply_seconds: float = REPLY_SECONDS, decode_responses: bool = False
) -> redis.Redis:
    """A client with a pool of connections of its own, which keep for as long as it is used.

    Args:
        reply_seconds: how long it waits for a reply.
        decode_responses: whether replies are text instead of bytes.
    """
    return redis.Redis.from_url(
        settings.REDIS_URL,
        decode_responses=decode_responses,
        retry=Retry(NoBackoff(), 0),
        **_time_outs(reply_seconds),
    )


def async_redis_client() -> redis.asyncio.Redis:
    """The same for an event loop."""
    return redis.asyncio.Redis.from_url(
        settings.REDIS_URL,
        retry=redis.asyncio.retry.Retry(NoBackoff(), 0),
        **_time_outs(REPLY_SECONDS),
    )


def _time_outs(reply_seconds: float) -> dict[str, Any]:
    connect_seconds = min(CONNECT_SECONDS, reply_seconds)
    return {"socket_timeout": reply_seconds, "socket_connect_timeout": connect_seconds}
