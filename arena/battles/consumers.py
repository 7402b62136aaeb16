"""The socket of a battle."""

import asyncio
import uuid
from contextlib import aclosing

import orjson
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.contrib.auth.models import AnonymousUser

from arena.battles.models import Battle
from arena.battles.relay import relay
from arena.battles.selectors import of_voter
from arena.voters.identity import acting_voter_id

NO_SUCH_BATTLE = 4404


class BattleConsumer(AsyncWebsocketConsumer):
    """Streams the two answers of a battle to the voter who opened it."""

    channel_layer_alias = "none"  # it gets no events of others, and need not ask Redis for them
    _relaying: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        await self.accept()
        battle_id: uuid.UUID = self.scope["url_route"]["kwargs"]["battle_id"]
        if not await database_sync_to_async(self._may_follow)(battle_id):
            await self.close(code=NO_SUCH_BATTLE)
            return
        self._relaying = asyncio.create_task(self._relay(battle_id))

    async def disconnect(self, code: int) -> None:
        if self._relaying:
            self._relaying.cancel()

    def _may_follow(self, battle_id: uuid.UUID) -> bool:
        user = self.scope["user"] or AnonymousUser()
        voter_id = acting_voter_id(user, self.scope["cookies"])
        return (
            voter_id is not None
            and Battle.objects.filter(of_voter(voter_id), pk=battle_id).exists()
        )

    async def _relay(self, battle_id: uuid.UUID) -> None:
        async with aclosing(relay().follow(battle_id)) as due:
            async for frames in due:
                for frame in frames:
                    await self.send(text_data=orjson.dumps(frame).decode())
