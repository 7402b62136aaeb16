"""What an open leaderboard page gets over its socket."""

import asyncio

import pytest
import redis
from asgiref.sync import sync_to_async
from channels_redis.core import RedisChannelLayer
from pytest_django import Settings

from arena.leaderboards.fitting import refit
from arena.leaderboards.models import Board
from tests.edge.ends import Socket

pytestmark = pytest.mark.django_db(transaction=True)


async def test_a_quiet_board_keeps_its_socket_and_tells_of_a_change_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(RedisChannelLayer, "brpop_timeout", 1)
    page = await Socket().open()
    assert (await page.next())["type"] == "board"
    await asyncio.sleep(RedisChannelLayer.brpop_timeout + 0.5)  # how long it asks Redis at a time
    board = await sync_to_async(Board.objects.get)(slug="overall")
    await sync_to_async(refit)(board)
    assert (await page.next())["type"] == "board"
    await page.close()


async def test_a_board_says_that_it_lives_and_what_redis_forgot_to_tell(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setattr("arena.pages.consumers.BEAT_SECONDS", 0.1)
    monkeypatch.setattr("arena.common.live.REJOIN_SECONDS", 0.5)
    page = await Socket().open()
    first = await page.next()
    assert first["type"] == "board"
    assert await page.next() == {"type": "beat"}
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.flushdb()  # and with it, who is in which group
    board = await sync_to_async(Board.objects.get)(slug="overall")
    await sync_to_async(refit)(board)
    while (frame := await page.next()) == {"type": "beat"}:
        pass
    assert frame["updated_at"] > first["updated_at"]
    await page.close()
