"""The channel layer, on a pool of connections that waits."""

from channels_redis.core import RedisChannelLayer
from redis.asyncio import BlockingConnectionPool


class WaitingChannelLayer(RedisChannelLayer):  # type: ignore[misc]  # untyped
    """Waits for a free connection where the original raises once all of them are in use."""

    def create_pool(self, index: int) -> BlockingConnectionPool:
        options = dict(self.hosts[index])
        return BlockingConnectionPool.from_url(options.pop("address"), **options)
