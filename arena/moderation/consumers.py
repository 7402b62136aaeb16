"""The socket of an open queue page."""

from collections.abc import AsyncGenerator
from typing import Any

from channels.db import database_sync_to_async

from arena.common.consumers import BEAT_SECONDS, Refused, StateConsumer
from arena.common.live import State, hub
from arena.moderation.live import QUEUE_GROUP
from arena.moderation.roles import READ, may


class QueueConsumer(StateConsumer):
    """Sends a frame to a moderator's page whenever a case is opened, claimed or decided."""

    async def states(self) -> AsyncGenerator[State | None]:
        if not await database_sync_to_async(may)(self.scope.get("user"), READ):
            raise Refused
        return hub().follow(QUEUE_GROUP, dict, BEAT_SECONDS)

    def frame_of(self, state: State) -> dict[str, Any]:
        return {"type": "queue"}
