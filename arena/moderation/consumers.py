"""The socket of an open queue."""

from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from arena.moderation.roles import READ, may
from arena.moderation.selectors import QUEUE_GROUP

NOT_ALLOWED = 4404


class QueueConsumer(AsyncJsonWebsocketConsumer):
    """Tells a moderator's page whenever a case was opened, claimed or decided."""

    async def connect(self) -> None:
        self.groups = []
        await self.accept()
        if not await database_sync_to_async(may)(self.scope.get("user"), READ):
            await self.close(NOT_ALLOWED)
            return
        self.groups.append(QUEUE_GROUP)  # left again by Channels on disconnecting
        await self.channel_layer.group_add(QUEUE_GROUP, self.channel_name)
        await self.send_json({"type": "queue"})

    async def queue_changed(self, event: dict[str, Any]) -> None:
        await self.send_json({"type": "queue"})
