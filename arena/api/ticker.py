"""The live ticker: server-sent events of the overall board, for programs and pages of any site.

An event tells how many votes the board was fitted from, never a vote by itself: who knew the
moment and the pair of each could find it in an export, which tells neither moments nor voters.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from channels import DEFAULT_CHANNEL_LAYER
from channels.db import database_sync_to_async
from channels.layers import channel_layers
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from arena.api.authentication import KeyAuthentication
from arena.api.reading import SHARED, ReadingLimit, limits_of
from ratings.boards import OVERALL
from ratings.models import Leaderboard, Style, Window
from ratings.selectors import group_of

HEARTBEAT_SECONDS = 15  # proxies close what is silent for longer
LONGEST_SECONDS = 3600  # then the client comes again by itself
RETRY_MILLISECONDS = 3000


class EventStreamRenderer(JSONRenderer):
    """Lets who accepts only events in; what it writes are refusals, which are JSON."""

    media_type = "text/event-stream"
    format = "events"


class TickerView(APIView):
    """Server-sent events: `board` whenever the overall board was fitted anew.

    Its data are JSON: `board`, `votes`, `new` (votes since the event before; null in the first) and
    `updated_at`. Who comes again with `Last-Event-ID` gets the newest state if they missed any.
    """

    authentication_classes = [KeyAuthentication]
    throttle_classes = [ReadingLimit]
    renderer_classes = [EventStreamRenderer, JSONRenderer]

    @extend_schema(
        parameters=[OpenApiParameter("Last-Event-ID", str, OpenApiParameter.HEADER)],
        responses={
            (200, "text/event-stream"): OpenApiResponse(OpenApiTypes.STR, "A stream of events.")
        },
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        return StreamingHttpResponse(
            events(request.headers.get("Last-Event-ID", "")),
            content_type="text/event-stream",
            headers={
                **SHARED,
                **limits_of(request._request),
                "Cache-Control": "no-store",
                "X-Accel-Buffering": "no",  # proxies such as nginx would keep events back
            },
        )


async def events(last_id: str) -> AsyncIterator[str]:
    """The state of the board unless it is known, then every change, for at most an hour."""
    layer = channel_layers[DEFAULT_CHANNEL_LAYER]
    channel, group = await layer.new_channel(), group_of(OVERALL, Style.PLAIN, Window.ALL)
    await layer.group_add(group, channel)
    change = asyncio.ensure_future(layer.receive(channel))
    end = asyncio.get_running_loop().time() + LONGEST_SECONDS
    try:
        yield f"retry: {RETRY_MILLISECONDS}\n\n"
        votes, updated_at = await _state()
        if updated_at and updated_at.isoformat() != last_id:
            yield _event(votes, None, updated_at.isoformat())
        while asyncio.get_running_loop().time() < end:
            done, _ = await asyncio.wait({change}, timeout=HEARTBEAT_SECONDS)
            if not done:
                yield ": still here\n\n"
                continue
            told: dict[str, Any] = change.result()
            change = asyncio.ensure_future(layer.receive(channel))
            yield _event(told["votes"], told["votes"] - votes, told["updated_at"])
            votes = told["votes"]
    finally:
        change.cancel()
        await layer.group_discard(group, channel)


@database_sync_to_async
def _state() -> tuple[int, datetime | None]:
    fits = Leaderboard.objects.filter(board__slug=OVERALL, style=Style.PLAIN, window=Window.ALL)
    return fits.values_list("votes", "fitted_at").first() or (0, None)


def _event(votes: int, new: int | None, updated_at: str) -> str:
    data = {"board": OVERALL, "votes": votes, "new": new, "updated_at": updated_at}
    return f"event: board\nid: {updated_at}\ndata: {json.dumps(data)}\n\n"
