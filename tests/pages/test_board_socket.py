"""What an open leaderboard page gets over its socket."""

import asyncio
import json

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from channels_redis.core import RedisChannelLayer

from arena.asgi import application
from ratings.models import Board
from ratings.services import refit

pytestmark = pytest.mark.django_db(transaction=True)


def open_page() -> ApplicationCommunicator:
    return ApplicationCommunicator(
        application,
        {
            "type": "websocket",
            "path": "/ws/boards/overall/",
            "query_string": b"",
            "subprotocols": [],
            "headers": [(b"origin", b"http://testserver"), (b"host", b"testserver")],
        },
    )


async def test_a_quiet_board_keeps_its_socket_and_tells_of_a_change_later() -> None:
    page = open_page()
    await page.send_input({"type": "websocket.connect"})
    assert (await page.receive_output(timeout=5))["type"] == "websocket.accept"
    await asyncio.sleep(RedisChannelLayer.brpop_timeout + 0.5)  # how long it asks Redis at a time
    board = await sync_to_async(Board.objects.get)(slug="overall")
    await sync_to_async(refit)(board)
    told = await page.receive_output(timeout=5)
    assert json.loads(told["text"])["type"] == "board"
    await page.send_input({"type": "websocket.disconnect", "code": 1000})
    await page.wait(timeout=5)
