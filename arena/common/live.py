"""Live events: from whoever announces one to every page that follows it.

An event is the whole new state of something small, such as how many votes a board was fitted from.
Each web process joins the channel group of a topic once, however many pages follow it here, and
each follower gets the newest state only, so that a slow one holds up nobody and nothing piles up.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

from asgiref.sync import async_to_sync
from channels import DEFAULT_CHANNEL_LAYER
from channels.db import database_sync_to_async
from channels.layers import channel_layers
from django.db import Error
from redis import RedisError

logger = logging.getLogger(__name__)

REJOIN_SECONDS = 30.0  # a Redis that was emptied has forgotten who is in a group
RETRY_SECONDS = 1.0

State = dict[str, Any]
Load = Callable[[], State | None]


class NoSuchTopic(Exception):
    """There is nothing to follow under that name."""


def announce(group: str, state: State) -> None:
    """Send a group's new state to all who follow it; while Redis is away, they receive it later."""
    send = channel_layers[DEFAULT_CHANNEL_LAYER].group_send
    try:
        async_to_sync(send)(group, {"type": "state", **state})
    except (RedisError, OSError) as error:
        logger.warning("%s is not announced: %s", group, type(error).__name__)


class _Topic:
    """The newest state of a group, and who waits for the next one."""

    def __init__(self, group: str, load: Load) -> None:
        self.group = group
        self.followers: set[asyncio.Event] = set()
        self.state: State | None = None
        self._load = database_sync_to_async(load)
        self._is_away = False  # Redis or the database, which was logged

    async def run(self) -> None:
        """Take in events until cancelled; while Redis is away, ask the database now and then."""
        layer = channel_layers[DEFAULT_CHANNEL_LAYER]
        while True:
            channel = await layer.new_channel()
            try:
                await self._receive(layer, channel)
            except (RedisError, OSError, Error) as error:
                if not self._is_away:
                    logger.warning("%s waits: %s", self.group, type(error).__name__)
                self._is_away = True
            finally:
                with suppress(RedisError, OSError):
                    await layer.group_discard(self.group, channel)
            await asyncio.sleep(RETRY_SECONDS)
            with suppress(Error):
                self._take(await self._load())

    async def _receive(self, layer: Any, channel: str) -> None:
        coming = asyncio.ensure_future(layer.receive(channel))
        try:
            while True:
                await layer.group_add(self.group, channel)
                self._take(await self._load())  # what was missed
                self._is_away = False
                rejoin_at = asyncio.get_running_loop().time() + REJOIN_SECONDS
                while (left := rejoin_at - asyncio.get_running_loop().time()) > 0:
                    done, _ = await asyncio.wait({coming}, timeout=left)
                    if done:
                        self._take(coming.result())
                        coming = asyncio.ensure_future(layer.receive(channel))
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)

    def _take(self, event: State | None) -> None:
        if event is None:
            return
        state = {name: value for name, value in event.items() if name != "type"}
        if state == self.state:
            return
        self.state = state
        for follower in self.followers:
            follower.set()


class Hub:
    """All topics that somebody follows on this event loop."""

    def __init__(self) -> None:
        self._topics: dict[str, _Topic] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def follow(
        self, group: str, load: Load, beat_seconds: float
    ) -> AsyncGenerator[State | None]:
        """The state, then each newer one, without end; None after each silence of `beat_seconds`.

        Args:
            load: reads the state from the database; gives None if there is no such thing.

        Raises:
            NoSuchTopic: `load` says so.
            django.db.Error: the database is away.
        """
        topic = self._topics.get(group)
        if topic is None:
            state = await database_sync_to_async(load)()
            if state is None:
                raise NoSuchTopic(group)
            topic = self._topics.get(group) or self._start(group, load)
            topic.state = topic.state or state
        news = asyncio.Event()
        topic.followers.add(news)
        sent = None
        try:
            while True:
                if topic.state != sent:
                    sent = topic.state
                    yield sent
                try:
                    async with asyncio.timeout(beat_seconds):
                        await news.wait()
                except TimeoutError:
                    yield None
                news.clear()
        finally:
            topic.followers.discard(news)
            if not topic.followers and self._topics.get(group) is topic:
                del self._topics[group]
                self._tasks.pop(group).cancel()

    def _start(self, group: str, load: Load) -> _Topic:
        topic = self._topics[group] = _Topic(group, load)
        self._tasks[group] = asyncio.create_task(topic.run(), name=group)
        return topic


_hubs: "WeakKeyDictionary[asyncio.AbstractEventLoop, Hub]" = WeakKeyDictionary()


def hub() -> Hub:
    """The one hub of this process (of this event loop, to be exact)."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub())
