"""The live ticker: server-sent events of the overall board, for programs and pages of any site.

An event tells how many votes the board was fitted from, never a vote by itself: who knew the
moment and the pair of each could find it in an export, which tells neither moments nor voters.
"""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from arena.api.authentication import KeyAuthentication
from arena.api.caching.public_view import CORS_HEADERS, ReadingLimit, limits_of
from arena.common.handover import hand_over
from arena.leaderboards.boards import OVERALL
from arena.leaderboards.live import follow_board
from arena.leaderboards.models import Style, Window

HEARTBEAT_SECONDS = 15  # proxies close what is silent for longer
LONGEST_SECONDS = 3600  # then the client comes again by itself
RETRY_MILLISECONDS = 3000


class EventStreamRenderer(JSONRenderer):
    """Lets who accepts only events in; what it writes are refusals, which are JSON."""

    media_type = "text/event-stream"
    format = "events"


class TickerView(APIView):
    """Server-sent events: `board` whenever the overall board was fitted again.

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
    def get(self, request: Request) -> HttpResponse:
        hand_over(request._request, events(request.headers.get("Last-Event-ID", "")))
        return HttpResponse(
            f"retry: {RETRY_MILLISECONDS}\n\n",
            content_type="text/event-stream",
            headers={
                **CORS_HEADERS,
                **limits_of(request._request),
                "Cache-Control": "no-store",
                "X-Accel-Buffering": "no",  # proxies such as nginx would keep events back
            },
        )


async def events(last_id: str) -> AsyncGenerator[bytes]:
    """The state of the board unless it is known, then every change, for at most an hour."""
    end = asyncio.get_running_loop().time() + LONGEST_SECONDS
    votes: int | None = None
    followed = follow_board(OVERALL, Style.PLAIN, Window.ALL, HEARTBEAT_SECONDS)
    async with aclosing(followed) as states:
        async for state in states:
            if state is None:
                yield b": still here\n\n"
            elif state["updated_at"] and (votes is not None or state["updated_at"] != last_id):
                new = None if votes is None else state["votes"] - votes
                yield _event(state["votes"], new, state["updated_at"])
            if state is not None:
                votes = state["votes"]
            if asyncio.get_running_loop().time() > end:
                return


def _event(votes: int, new: int | None, updated_at: str) -> bytes:
    data = {"board": OVERALL, "votes": votes, "new": new, "updated_at": updated_at}
    return f"event: board\nid: {updated_at}\ndata: {json.dumps(data)}\n\n".encode()
