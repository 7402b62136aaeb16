"""A browser that follows a battle over its socket."""

import json
import uuid
from typing import Any

from asgiref.testing import ApplicationCommunicator

from arena.asgi import application
from arena.battles.models import Battle
from arena.voters.identity import COOKIE
from tests.members import signed_cookie
from tests.speed import seconds

LONGEST_SECONDS = seconds(60)  # for the next frame


class Browser:
    """Follows a battle as the page's script does."""

    def __init__(self, battle: Battle, voter_id: uuid.UUID | None = None) -> None:
        cookie = signed_cookie(voter_id or battle.voter_id)
        self.socket = ApplicationCommunicator(
            application,
            {
                "type": "websocket",
                "scheme": "ws",
                "path": f"/ws/battles/{battle.pk}/",
                "query_string": b"",
                "subprotocols": [],
                "headers": [
                    (b"cookie", f"{COOKIE}={cookie}".encode()),
                    (b"origin", b"http://testserver"),
                    (b"host", b"testserver"),
                ],
            },
        )
        self.text = {"a": "", "b": ""}
        self.frames: list[dict[str, Any]] = []

    async def __aenter__(self) -> "Browser":
        await self.socket.send_input({"type": "websocket.connect"})
        assert (await self.socket.receive_output(LONGEST_SECONDS))["type"] == "websocket.accept"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.socket.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.socket.wait(LONGEST_SECONDS)

    async def next(self) -> dict[str, Any]:
        output = await self.socket.receive_output(LONGEST_SECONDS)
        assert output["type"] == "websocket.send", output
        frame: dict[str, Any] = json.loads(output["text"])
        self.frames.append(frame)
        if frame["type"] == "snapshot":
            self.text = {"a": frame["a"], "b": frame["b"]}
        elif frame["type"] == "text":
            for side in "ab":
                self.text[side] += frame.get(side, "")
        return frame

    async def until(self, *types: str) -> dict[str, Any]:
        while (frame := await self.next())["type"] not in types:
            pass
        return frame

    async def until_text(self, side: str, text: str) -> None:
        while self.text[side] != text:
            await self.next()
            assert text.startswith(self.text[side]), self.text
