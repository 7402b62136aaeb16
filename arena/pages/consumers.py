"""The socket of an open leaderboard page."""

from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.http import QueryDict

from ratings.models import Leaderboard, Style, Window
from ratings.selectors import group_of

NO_SUCH_BOARD = 4404


class BoardConsumer(AsyncJsonWebsocketConsumer):
    """Tells a page whenever its board was fitted again, and on connecting how it stands."""

    async def connect(self) -> None:
        self.groups = []
        slug = self.scope["url_route"]["kwargs"]["slug"]
        query = QueryDict(self.scope["query_string"])
        style, window = query.get("style", Style.PLAIN), query.get("window", Window.ALL)
        await self.accept()
        if style not in Style or window not in Window:
            await self.close(NO_SUCH_BOARD)
            return
        fits = Leaderboard.objects.filter(board__slug=slug, style=style, window=window)
        group = group_of(slug, style, window)
        self.groups.append(group)  # left again by Channels on disconnecting
        await self.channel_layer.group_add(group, self.channel_name)
        fit = await database_sync_to_async(fits.only("votes", "fitted_at").first)()
        if fit is not None:
            await self._tell(fit.votes, fit.fitted_at.isoformat())

    async def board_changed(self, event: dict[str, Any]) -> None:
        await self._tell(event["votes"], event["updated_at"])

    async def _tell(self, votes: int, updated_at: str) -> None:
        await self.send_json({"type": "board", "votes": votes, "updated_at": updated_at})
