"""The socket of an open queue page."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from channels.db import database_sync_to_async

from arena.common.consumers import BEAT, BEAT_SECONDS, Refused, TellingConsumer
from arena.common.live import hub
from arena.moderation.live import QUEUE_GROUP
from arena.moderation.roles import READ, may


class QueueConsumer(TellingConsumer):
    """Sends a frame to a moderator's page whenever a case is opened, claimed or decided."""

    async def frames(self) -> AsyncGenerator[dict[str, Any]]:
        if not await database_sync_to_async(may)(self.scope.get("user"), READ):
            raise Refused
        async with aclosing(hub().follow(QUEUE_GROUP, dict, BEAT_SECONDS)) as states:
            async for state in states:
                yield BEAT if state is None else {"type": "queue"}
