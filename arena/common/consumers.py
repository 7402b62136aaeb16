"""What the site's sockets have in common: they tell, and take nothing."""

import asyncio
import logging
from abc import abstractmethod
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Any

import orjson
from channels.generic.websocket import AsyncWebsocketConsumer
from django.core.exceptions import SuspiciousOperation
from django.db import Error

from arena.common.live import NoSuchTopic, State
from arena.common.logs import SeldomLogger

seldom = SeldomLogger(logging.getLogger(__name__))

# Codes of closing, which the pages know (frontend/static/js/socket.js).
NOT_HERE = 4404  # there is nothing to follow, or not for this visitor
TOO_MANY = 4429  # this browser, its network or the site holds as many sockets as it may
TRY_AGAIN = 1013  # the server cannot serve it at the moment

BEAT_SECONDS = 10.0  # a browser that hears nothing for longer knows that its connection is dead
BEAT = {"type": "beat"}


class Refused(Exception):
    """This visitor may not follow this, or there is no such thing."""


class NoConsumer(AsyncWebsocketConsumer):
    """Stands at every address that is none: closes with a code that pages know."""

    channel_layer_alias = "none"

    async def connect(self) -> None:
        await self.accept()
        await self.close(NOT_HERE)


class TellingConsumer(AsyncWebsocketConsumer):
    """A socket that sends frames from when it is opened until it is closed."""

    channel_layer_alias = "none"  # no channel of its own: topics are joined once per process
    _telling: asyncio.Task[None] | None = None

    @abstractmethod
    def frames(self) -> AsyncGenerator[dict[str, Any]]:
        """What to send, as it becomes due, without end.

        Raises:
            Refused: this visitor receives nothing.
        """

    async def connect(self) -> None:
        await self.accept()
        self._telling = asyncio.create_task(self._tell())

    async def disconnect(self, code: int) -> None:
        if self._telling:
            self._telling.cancel()
            with suppress(asyncio.CancelledError):
                await self._telling

    async def _tell(self) -> None:
        try:
            async with aclosing(self.frames()) as frames:
                async for frame in frames:
                    await self.send(text_data=orjson.dumps(frame).decode())
        except (Refused, SuspiciousOperation):  # the latter: a query of too many parameters
            await self.close(NOT_HERE)
        except Error as error:
            seldom.warning("A socket is closed, for the database is away:", error)
            await self.close(TRY_AGAIN)
        except Exception:
            await self.close(TRY_AGAIN)
            raise


class StateConsumer(TellingConsumer):
    """A socket that follows the state of one group of `arena.common.live`."""

    @abstractmethod
    async def states(self) -> AsyncGenerator[State | None]:
        """The states to follow, see `arena.common.live.Hub.follow`.

        Raises:
            Refused: this visitor receives nothing.
        """

    @abstractmethod
    def frame_of(self, state: State) -> dict[str, Any]:
        """What is sent of a state."""

    async def frames(self) -> AsyncGenerator[dict[str, Any]]:
        try:
            async with aclosing(await self.states()) as states:
                async for state in states:
                    yield BEAT if state is None else self.frame_of(state)
        except NoSuchTopic as unknown:
            raise Refused from unknown
