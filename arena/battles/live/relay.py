"""Tokens to the browsers: one reader per web process follows all live battles at once.

arena.battles.live.pacing says what of the answers may be shown; a browser that comes late or
back gets a snapshot of that first. Every follower keeps its own place in the text, so a slow
browser gets fewer, larger frames and never holds up another. PostgreSQL is the truth: it says
when a battle is over, also while Redis is away.
"""

import asyncio
import logging
import time
import uuid
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

import redis.asyncio as redis
from asgiref.sync import sync_to_async
from django.db import Error, connection

from arena.battles.live.feed import Cursor, Feed, Frame
from arena.battles.live.streams import Entry, milliseconds, stream_key
from arena.battles.reading.battle_view import Progress, progress_of
from arena.common.redis import async_redis_client

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.04  # tokens that arrive within this time share one frame
CHECK_SECONDS = 2.0  # how often the database is asked where live battles stand
RETRY_SECONDS = 0.5  # from one attempt to reach Redis to the next
BEAT_SECONDS = 10.0  # a browser that hears nothing for longer knows that its connection is dead

POLL_WAIT_SECONDS = 20.0  # proxies end a request on which nothing comes for half a minute
POLL_LEAST_SECONDS = 0.7  # from one poll to the next: text of this time comes in one piece
LINGER_SECONDS = 5.0  # how long a battle is followed on after a poll


class Relay:
    """Follows the streams of all battles that somebody on this process watches."""

    def __init__(self) -> None:
        self._feeds: dict[uuid.UUID, Feed] = {}
        self._to_check: set[uuid.UUID] = set()
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._ahead = time.time() - time.monotonic()  # of Redis's clock, in seconds

    async def follow(self, battle_id: uuid.UUID) -> AsyncGenerator[list[Frame], None]:
        """Frames for one follower, as they become due, without end; a beat when there are none."""
        feed = self._feeds.setdefault(battle_id, Feed())
        news = asyncio.Event()
        feed.followers.add(news)
        self._check_soon(battle_id)
        self._start()
        follower = Cursor(feed)
        try:
            while True:
                if frames := follower.frames():
                    yield frames
                try:
                    async with asyncio.timeout(BEAT_SECONDS):
                        await news.wait()
                except TimeoutError:
                    yield [{"type": "beat"}]
                news.clear()
        finally:
            feed.followers.discard(news)
            self._drop_unfollowed(battle_id, feed)

    async def poll(self, battle_id: uuid.UUID, cursor: str) -> tuple[list[Frame], str]:
        """The frames since a cursor, and the next cursor, for who cannot be followed by a socket.

        Waits for news for at most `POLL_WAIT_SECONDS`, and then a little for more: who asks on and
        on receives as much as by the socket, in larger pieces.
        """
        feed = self._feeds.setdefault(battle_id, Feed())
        news = asyncio.Event()
        feed.followers.add(news)
        self._check_soon(battle_id)
        self._start()
        follower = Cursor(feed, cursor)
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            while not (frames := follower.frames()) and loop.time() < started + POLL_WAIT_SECONDS:
                with suppress(TimeoutError):
                    async with asyncio.timeout_at(started + POLL_WAIT_SECONDS):
                        await news.wait()
                news.clear()
            if cursor:
                await asyncio.sleep(started + POLL_LEAST_SECONDS - loop.time())
                frames += follower.frames()
            return frames, follower.cursor
        finally:
            feed.followers.discard(news)
            # The next poll comes soon, and goes on with what is known here.
            loop.call_later(LINGER_SECONDS, self._drop_unfollowed, battle_id, feed)

    def _drop_unfollowed(self, battle_id: uuid.UUID, feed: Feed) -> None:
        if not feed.followers and self._feeds.get(battle_id) is feed:
            del self._feeds[battle_id]

    def _check_soon(self, battle_id: uuid.UUID) -> None:
        self._to_check.add(battle_id)
        self._wake.set()

    def _start(self) -> None:
        """Have both loops running; each ends by itself when nobody follows anything."""
        running = {task.get_name() for task in self._tasks}
        for loop in (self._read, self._check):
            if loop.__name__ not in running:
                task = asyncio.create_task(loop(), name=loop.__name__)
                self._tasks.add(task)
                task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        if error := task.exception():
            logger.error("A loop of the relay failed.", exc_info=error)
            task.get_loop().call_later(CHECK_SECONDS, self._start)
        elif self._feeds:  # somebody came while it was ending
            self._start()

    async def _check(self) -> None:
        """Ask the database where battles stand: now and then, and at once on request."""
        last = 0.0
        loop = asyncio.get_running_loop()
        while self._feeds:
            try:
                async with asyncio.timeout(CHECK_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            wanted, self._to_check = self._to_check, set()
            if loop.time() - last >= CHECK_SECONDS:
                last = loop.time()
                wanted = set(self._feeds)
            known = {i: feed.progress for i, feed in self._feeds.items() if feed.progress}
            try:
                progress = await sync_to_async(_progress_of)(wanted, known)
            except Error:
                logger.exception("The relay cannot ask the database; trying again.")
                continue
            for battle_id, news in progress.items():
                if feed := self._feeds.get(battle_id):
                    feed.update(news)

    async def _read(self) -> None:
        """Read what is new in the streams of all live battles, one command a time."""
        async with async_redis_client() as client:
            while self._feeds:
                started = time.monotonic()
                try:
                    await self._read_once(client)
                except (redis.RedisError, OSError) as error:
                    logger.warning("The relay waits for Redis: %s", type(error).__name__)
                    await self._advance_without_redis()
                await asyncio.sleep(max(0.005, started + POLL_SECONDS - time.monotonic()))

    async def _read_once(self, client: "redis.Redis") -> None:
        live = {battle_id: feed for battle_id, feed in self._feeds.items() if feed.is_live}
        if not live:
            return
        keys = {
            stream_key(battle_id, name, feed.turn).encode(): (battle_id, name, feed.turn)
            for battle_id, feed in live.items()
            for name in feed.cursors
        }
        # Of any type: redis-py does not say what it gives for bytes, in either protocol.
        cursors: Any = {key: live[i].cursors[name] for key, (i, name, _) in keys.items()}
        async with client.pipeline(transaction=False) as pipeline:
            pipeline.time()
            pipeline.xread(cursors)
            (seconds, micros), reply = await pipeline.execute()
        now = milliseconds(seconds, micros)
        self._ahead = now / 1000 - time.monotonic()
        news: dict[uuid.UUID, list[Entry]] = {battle_id: [] for battle_id in live}
        for key, batches in reply.items() if isinstance(reply, dict) else reply:
            battle_id, name, turn = keys[key]
            if live[battle_id].turn != turn:
                continue  # the conversation went on while Redis was asked
            batch = batches[0] if isinstance(reply, dict) else batches
            entries = [Entry.parsed(name, entry_id, fields) for entry_id, fields in batch]
            live[battle_id].cursors[name] = batch[-1][0]
            news[battle_id] += entries
            if any(entry.is_committed for entry in entries):
                self._check_soon(battle_id)
        for battle_id, feed in live.items():
            feed.advance(sorted(news[battle_id], key=lambda entry: entry.at), now)

    async def _advance_without_redis(self) -> None:
        """Show what the database has, at the pace, before Redis is tried again."""
        until = time.monotonic() + RETRY_SECONDS
        while time.monotonic() < until:
            now = int(1000 * (time.monotonic() + self._ahead))
            for feed in self._feeds.values():
                feed.advance_without_redis(now)
            await asyncio.sleep(POLL_SECONDS)


def _progress_of(
    battle_ids: set[uuid.UUID], known: Mapping[uuid.UUID, Progress]
) -> dict[uuid.UUID, Progress]:
    try:
        return progress_of(battle_ids, known)
    finally:
        connection.close()


_relays: "WeakKeyDictionary[asyncio.AbstractEventLoop, Relay]" = WeakKeyDictionary()


def relay() -> Relay:
    """The one relay of this process (of this event loop, to be exact)."""
    return _relays.setdefault(asyncio.get_running_loop(), Relay())
