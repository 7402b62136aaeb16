"""The socket of an open leaderboard page."""

from collections.abc import AsyncGenerator
from typing import Any

from django.http import QueryDict

from arena.common.consumers import BEAT_SECONDS, Refused, StateConsumer
from arena.common.live import State
from arena.leaderboards.live import follow_board
from arena.leaderboards.models import Style, Window


class BoardConsumer(StateConsumer):
    """Tells a page whenever its board was fitted again, and on connecting how it stands."""

    async def states(self) -> AsyncGenerator[State | None]:
        slug = self.scope["url_route"]["kwargs"]["slug"]
        query = QueryDict(self.scope["query_string"])
        style, window = query.get("style", Style.PLAIN), query.get("window", Window.ALL)
        if style not in Style or window not in Window:
            raise Refused
        return follow_board(slug, Style(style), Window(window), BEAT_SECONDS)

    def frame_of(self, state: State) -> dict[str, Any]:
        return {"type": "board", **state}
