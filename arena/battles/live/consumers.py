"""The socket of a battle."""

import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from channels.db import database_sync_to_async
from django.contrib.auth.models import AnonymousUser

from arena.battles.live.relay import relay
from arena.battles.models import Battle
from arena.common.consumers import Refused, TellingConsumer
from arena.voters.identity import acting_voter_id


class BattleConsumer(TellingConsumer):
    """Streams the two answers of a battle to the voter who opened it."""

    async def frames(self) -> AsyncGenerator[dict[str, Any]]:
        battle_id: uuid.UUID = self.scope["url_route"]["kwargs"]["battle_id"]
        if not await database_sync_to_async(self._may_follow)(battle_id):
            raise Refused
        async with aclosing(relay().follow(battle_id)) as due:
            async for frames in due:
                for frame in frames:
                    yield frame

    def _may_follow(self, battle_id: uuid.UUID) -> bool:
        user = self.scope["user"] or AnonymousUser()
        voter_id = acting_voter_id(user, self.scope["cookies"])
        return (
            voter_id is not None
            and Battle.objects.of_person(voter_id).filter(pk=battle_id).exists()
        )
