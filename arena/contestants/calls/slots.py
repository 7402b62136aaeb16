"""How many requests an endpoint gets at once, over all worker processes.

A slot is a member of a sorted set in Redis, scored with the time until which it is leased.
The process that holds it extends the lease. So the slots of a killed process become free when
their lease ends, and after a restart of an empty Redis the held slots are entered again.
"""

import logging
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import redis

from arena.common.redis import redis_client
from arena.common.threads import start_beat
from arena.contestants.calls.once import once

logger = logging.getLogger(__name__)

LEASE_SECONDS = 15.0
BEAT_SECONDS = LEASE_SECONDS / 4

# KEYS: the set. ARGV: the time in seconds, or nothing for Redis's own; seconds of a lease; the
# member; for TAKE, how many slots there are.
NOW = """
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] + time[2] / 1000000
end
"""
TAKE = (
    NOW
    + """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[4]) then return 0 end
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[3])
redis.call('EXPIRE', KEYS[1], math.ceil(ARGV[2]))
return 1
"""
)
EXTEND = (
    NOW
    + """
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[3])
redis.call('EXPIRE', KEYS[1], math.ceil(ARGV[2]))
"""
)


class Slots:
    """The slots that this process holds.

    Args:
        clock: gives seconds since the epoch; Redis's own, which all processes share, if not given.
    """

    def __init__(self, clock: Callable[[], float] | None = None) -> None:
        self._clock = clock
        self._redis = redis_client()
        self._take = self._redis.register_script(TAKE)
        self._extend = self._redis.register_script(EXTEND)
        self._held: dict[str, str] = {}  # member → key
        self._lock = threading.Lock()
        start_beat("slot-keeper", BEAT_SECONDS, self._beat)

    def take(self, endpoint_id: int, limit: int) -> str | None:
        """A slot of an endpoint that answers `limit` requests at once, or None for now."""
        key, member = f"slots:{endpoint_id}", uuid.uuid4().hex
        try:
            taken = self._take(keys=[key], args=[self._now(), LEASE_SECONDS, member, limit])
        except redis.RedisError as error:
            logger.warning("Slots wait for Redis: %s", type(error).__name__)
            return None
        if not taken:
            return None
        with self._lock:
            self._held[member] = key
        return member

    @contextmanager
    def held(self, member: str) -> Iterator[None]:
        """Keep a slot while the block runs, then give it back."""
        try:
            yield
        finally:
            with self._lock:
                key = self._held.pop(member)
            try:
                self._redis.zrem(key, member)
            except redis.RedisError as error:
                logger.warning("A slot becomes free when its lease ends: %s", type(error).__name__)

    def _now(self) -> float | str:
        return self._clock() if self._clock else ""

    def _beat(self) -> None:
        try:
            self.extend()
        except redis.RedisError as error:
            logger.warning("Slots wait for Redis: %s", type(error).__name__)

    def extend(self) -> None:
        """Extend every lease of this process."""
        with self._lock:
            # Under the lock: what is given back meanwhile must not be entered again.
            for member, key in self._held.items():
                self._extend(keys=[key], args=[self._now(), LEASE_SECONDS, member])


@once
def slots() -> Slots:
    """The slots of this process."""
    return Slots()
