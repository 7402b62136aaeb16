"""The socket of an open leaderboard page."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from django.http import QueryDict

from arena.common.consumers import BEAT, BEAT_SECONDS, Refused, TellingConsumer
from arena.common.live import NoSuchTopic
from arena.leaderboards.live import follow_board
from arena.leaderboards.models import Style, Window


class BoardConsumer(TellingConsumer):
    """Tells a page whenever its board was fitted again, and on connecting how it stands."""

    async def frames(self) -> AsyncGenerator[dict[str, Any]]:
        slug = self.scope["url_route"]["kwargs"]["slug"]
        query = QueryDict(self.scope["query_string"])
        style, window = query.get("style", Style.PLAIN), query.get("window", Window.ALL)
        if style not in Style or window not in Window:
            raise Refused
        try:
            followed = follow_board(slug, Style(style), Window(window), BEAT_SECONDS)
            async with aclosing(followed) as states:
                async for state in states:
                    yield {"type": "board", **state} if state else BEAT
        except NoSuchTopic as unknown:
            raise Refused from unknown
