"""The live ticker: what it tells, what it keeps to itself, and how it goes on after a break."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from arena.api.v1.boards import ticker
from arena.leaderboards.fitting import refit
from arena.leaderboards.models import Board
from tests.edge.ends import stream
from tests.factories import Registered, count_votes
from tests.speed import seconds

pytestmark = pytest.mark.django_db(transaction=True)


@asynccontextmanager
async def opened(last_id: str = "") -> AsyncIterator[AsyncIterator[str]]:
    headers = {"accept": "text/event-stream"} | ({"last-event-id": last_id} if last_id else {})
    async with stream("/api/v1/ticker", headers=headers) as (begun, parts):
        assert begun["status"] == 200
        assert begun["headers"]["content-type"] == "text/event-stream"
        assert begun["headers"]["access-control-allow-origin"] == "*"
        assert await next_part(parts) == "retry: 3000"
        yield parts


async def next_part(parts: AsyncIterator[str]) -> str:
    return (await asyncio.wait_for(anext(parts), seconds(60))).strip()


def event(text: str) -> dict[str, Any]:
    fields = dict(line.split(": ", 1) for line in text.splitlines())
    assert fields["event"] == "board"
    data: dict[str, Any] = json.loads(fields["data"])
    assert fields["id"] == data["updated_at"]
    return data


async def test_it_tells_of_votes_and_goes_on_after_a_break(
    contestant: Registered, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ticker, "HEARTBEAT_SECONDS", 0.2)

    @sync_to_async
    def vote(number: int) -> None:
        """So many votes, then a fit."""
        count_votes(["overall"], pair[0], pair[1], "a " * number)
        refit(Board.objects.get(slug="overall"))

    pair = [await sync_to_async(contestant)(slug) for slug in ("one", "two")]
    await vote(2)
    async with opened() as live:
        first = event(await next_part(live))
        assert (first["votes"], first["new"]) == (2, None)
        assert await next_part(live) == ": still here"
        await vote(3)
        while (text := await next_part(live)).startswith(":"):
            pass
        second = event(text)
    assert (second["votes"], second["new"]) == (5, 3)
    assert second.keys() == {"board", "votes", "new", "updated_at"}
    # Who knows the newest state hears nothing of it; who missed one receives it.
    async with opened(second["updated_at"]) as again:
        assert await next_part(again) == ": still here"
    async with opened(first["updated_at"]) as late:
        assert event(await next_part(late))["votes"] == 5
