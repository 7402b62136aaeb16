"""Tokens to the browsers: one reader per web process follows all live battles at once.

Every follower keeps its own place in the text, so a slow browser gets fewer, larger frames
and never holds up another; a browser that comes late or back gets a snapshot first.
PostgreSQL is the truth: it says when a battle is over, also while Redis is away.
"""

import asyncio
import logging
import uuid
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import redis.asyncio as redis
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DatabaseError, connection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from arena.battles.models import Battle, Side
from arena.battles.selectors import Progress, progress_of
from arena.battles.tokens import stream_key

logger = logging.getLogger(__name__)

TICK_SECONDS = 0.04  # tokens that arrive within this time share one frame
CHECK_SECONDS = 2.0  # how often the database is asked where live battles stand

Frame = dict[str, Any]


@dataclass(slots=True)
class SideText:
    """One side's answer as far as it is known here."""

    text: str = ""
    attempt: int = 0
    cursor: bytes = b"0"
    starts: int = 0  # how often it started over

    def add(self, attempt: int, offset: int, text: str) -> None:
        if attempt > self.attempt:
            if self.text:
                self.replace("")
            self.attempt = attempt
        known = len(self.text)
        if attempt == self.attempt and offset <= known < offset + len(text):
            self.text += text[known - offset :]

    def replace(self, text: str) -> None:
        self.text = text
        self.starts += 1


@dataclass(slots=True)
class Feed:
    """A live battle and those who follow it."""

    sides: dict[str, SideText] = field(default_factory=lambda: {s.value: SideText() for s in Side})
    prompt: str = ""
    state: str = ""  # empty until the database was asked
    failure: str = ""
    followers: set[asyncio.Event] = field(default_factory=set)

    @property
    def is_live(self) -> bool:
        return self.state in {"", Battle.State.GENERATING}

    def update(self, progress: Progress) -> bool:
        """Take over what the database says; returns whether that is news."""
        news = (self.state, self.failure) != (progress.state, progress.failure)
        self.prompt, self.state, self.failure = progress.prompt, progress.state, progress.failure
        for name, text in progress.texts.items():
            side = self.sides[name]
            if text != side.text:
                if text.startswith(side.text):
                    side.text = text
                else:
                    side.replace(text)
                news = True
        return news

    def notify(self) -> None:
        for follower in self.followers:
            follower.set()


class Place:
    """How much of a feed one follower has been told."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._starts: dict[str, int] | None = None
        self._chars: dict[str, int] = {}
        self._state = ""

    def frames(self) -> list[Frame]:
        """What is new since the last call."""
        feed = self._feed
        if not feed.state:
            return []
        frames: list[Frame] = []
        starts = {name: side.starts for name, side in feed.sides.items()}
        texts = {name: side.text for name, side in feed.sides.items()}
        if starts != self._starts:
            frames.append({"type": "snapshot", "state": feed.state, "prompt": feed.prompt, **texts})
        else:
            more = {n: t[self._chars[n] :] for n, t in texts.items() if len(t) > self._chars[n]}
            if more:
                frames.append({"type": "text", **more})
        if feed.state != self._state:
            frames.extend(self._state_frames())
        self._starts = starts
        self._chars = {name: len(text) for name, text in texts.items()}
        self._state = feed.state
        return frames

    def _state_frames(self) -> list[Frame]:
        match self._feed.state:
            case Battle.State.OPEN:
                return [{"type": "open"}]
            case Battle.State.VOTED:
                return [{"type": "voted"}]
            case Battle.State.FAILED:
                return [{"type": "failed", "detail": self._feed.failure}]
        return []


class Relay:
    """Follows the streams of all battles that somebody on this process watches."""

    def __init__(self) -> None:
        self._feeds: dict[uuid.UUID, Feed] = {}
        self._to_check: set[uuid.UUID] = set()
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def follow(self, battle_id: uuid.UUID) -> AsyncGenerator[list[Frame], None]:
        """Frames for one follower, as they become due, without end."""
        feed = self._feeds.setdefault(battle_id, Feed())
        news = asyncio.Event()
        feed.followers.add(news)
        self._check_soon(battle_id)
        self._start()
        place = Place(feed)
        try:
            while True:
                if frames := place.frames():
                    yield frames
                await news.wait()
                news.clear()
        finally:
            feed.followers.discard(news)
            if not feed.followers and self._feeds.get(battle_id) is feed:
                del self._feeds[battle_id]

    def _check_soon(self, battle_id: uuid.UUID) -> None:
        self._to_check.add(battle_id)
        self._wake.set()

    def _start(self) -> None:
        if not any(not task.done() for task in self._tasks):
            self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._check())]

    async def _check(self) -> None:
        """Ask the database where battles stand: now and then, and at once when told to."""
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
            try:
                progress = await sync_to_async(_progress_of)(wanted)
            except DatabaseError:
                logger.exception("The relay cannot ask the database; trying again.")
                continue
            for battle_id, news in progress.items():
                feed = self._feeds.get(battle_id)
                if feed and feed.update(news):
                    feed.notify()

    async def _read(self) -> None:
        """Read what is new in the streams of all live battles, one command a tick."""
        client = redis.Redis.from_url(
            settings.REDIS_URL,
            socket_timeout=2,
            socket_connect_timeout=1,
            retry=Retry(NoBackoff(), 0),
        )
        loop = asyncio.get_running_loop()
        async with client:
            while self._feeds:
                started = loop.time()
                try:
                    await self._read_once(client)
                except (redis.RedisError, OSError) as error:
                    logger.warning("The relay waits for Redis: %s", type(error).__name__)
                    await asyncio.sleep(0.5)
                await asyncio.sleep(max(0.005, started + TICK_SECONDS - loop.time()))

    async def _read_once(self, client: "redis.Redis") -> None:
        sides = {
            stream_key(battle_id, name).encode(): (battle_id, feed, side)
            for battle_id, feed in self._feeds.items()
            if feed.is_live
            for name, side in feed.sides.items()
        }
        if not sides:
            return
        # Of any type: redis-py does not say what it gives for bytes, in either protocol.
        cursors: Any = {key: side.cursor for key, (_, _, side) in sides.items()}
        reply: Any = await client.xread(cursors)
        streams = reply.items() if isinstance(reply, dict) else reply
        changed: list[Feed] = []
        for key, batches in streams:
            battle_id, feed, side = sides[key]
            entries = batches[0] if isinstance(reply, dict) else batches
            for entry_id, fields in entries:
                side.cursor = entry_id
                if b"end" in fields:
                    self._check_soon(battle_id)
                else:
                    side.add(int(fields[b"n"]), int(fields[b"o"]), fields[b"t"].decode())
            changed.append(feed)
        for feed in changed:
            feed.notify()


def _progress_of(battle_ids: set[uuid.UUID]) -> dict[uuid.UUID, Progress]:
    try:
        return progress_of(battle_ids)
    finally:
        connection.close()


_relays: "WeakKeyDictionary[asyncio.AbstractEventLoop, Relay]" = WeakKeyDictionary()


def relay() -> Relay:
    """The one relay of this process (of this event loop, to be exact)."""
    return _relays.setdefault(asyncio.get_running_loop(), Relay())
