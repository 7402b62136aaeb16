"""The socket of an open leaderboard page."""

from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from ratings.models import Leaderboard

NO_SUCH_BOARD = 4404


class BoardConsumer(AsyncJsonWebsocketConsumer):
    """Tells a page whenever its board was fitted again, and on connecting how it stands."""

    async def connect(self) -> None:
        self.groups = []
        slug = self.scope["url_route"]["kwargs"]["slug"]
        await self.accept()
        board = await database_sync_to_async(Leaderboard.objects.filter(board__slug=slug).first)()
        group = f"board.{slug}"
        self.groups.append(group)  # left again by Channels on disconnecting
        await self.channel_layer.group_add(group, self.channel_name)
        if board is not None:
            await self._tell(board.votes, board.fitted_at.isoformat())

    async def board_changed(self, event: dict[str, Any]) -> None:
        await self._tell(event["votes"], event["updated_at"])

    async def _tell(self, votes: int, updated_at: str) -> None:
        await self.send_json({"type": "board", "votes": votes, "updated_at": updated_at})
