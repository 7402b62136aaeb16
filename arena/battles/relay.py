"""Tokens to the browsers: one reader per web process follows all live battles at once.

What of the answers may be shown is for arena.battles.pacing to say; a browser that comes late or
back gets a snapshot of that first. Every follower keeps its own place in the text, so a slow
browser gets fewer, larger frames and never holds up another. PostgreSQL is the truth: it says
when a battle is over, also while Redis is away.
"""

import asyncio
import hashlib
import logging
import re
import time
import uuid
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import redis.asyncio as redis
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import Error, connection
from django.utils import timezone
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from arena.battles.models import Battle, Side
from arena.battles.release import Release
from arena.battles.selectors import Progress, progress_of
from arena.battles.tokens import Entry, milliseconds, stream_key

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.04  # tokens that arrive within this time share one frame
CHECK_SECONDS = 2.0  # how often the database is asked where live battles stand
RETRY_SECONDS = 0.5  # from one attempt to reach Redis to the next
BEAT_SECONDS = 10.0  # a browser that hears nothing for longer knows that its connection is dead

POLL_WAIT_SECONDS = 20.0  # proxies end a request on which nothing comes for half a minute
POLL_LEAST_SECONDS = 0.7  # from one poll to the next: text of this time comes in one piece
LINGER_SECONDS = 5.0  # how long a battle is followed on after a poll

CURSOR = re.compile(r"(\d{1,6})\.(\d{1,9})\.(\d{1,9})\.([0-9a-f]{16})\.([a-z]*)")
Frame = dict[str, Any]


@dataclass(slots=True)
class Feed:
    """A live battle and those who follow it."""

    release: Release = field(default_factory=Release)
    cursors: dict[str, bytes] = field(default_factory=lambda: {s.value: b"0" for s in Side})
    progress: Progress | None = None  # what the database said last
    is_ready: bool = False  # whether it is known what has been shown before
    followers: set[asyncio.Event] = field(default_factory=set)
    _settled: Progress | None = None  # what the release was told of the end
    _told: tuple[int, str] = (0, "")  # the turn and the state that followers were notified of

    @property
    def is_shown(self) -> bool:
        """Whether both answers are fully shown, and the vote is open: never told before it is."""
        shown_at = self.progress.shown_at if self.progress else None
        return self.release.is_done and (shown_at is None or shown_at <= timezone.now())

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be shown."""
        failed = self.progress is not None and self.progress.state == Battle.State.FAILED
        return failed or self.is_shown

    @property
    def told_state(self) -> str:
        """The battle's state as followers may know it; empty until it is known."""
        if self.progress is None or not (self.is_ready or self.is_over):
            return ""
        if self.progress.texts and not self.is_shown:
            return Battle.State.GENERATING
        return self.progress.state

    @property
    def is_live(self) -> bool:
        """Whether anything is to be shown or told yet."""
        return not self.is_over or self._to_tell != self._told

    @property
    def turn(self) -> int:
        """The number of the turn that is shown."""
        return self.progress.turn if self.progress else 1

    @property
    def _to_tell(self) -> tuple[int, str]:
        return self.turn, self.told_state

    def update(self, progress: Progress) -> None:
        """Take over what the database says."""
        is_next = self.progress is not None and progress.turn != self.progress.turn
        if is_next or (self.progress is None and not progress.is_blind):
            # Where the names are shown there is nothing that a pace could hide.
            self.release = Release() if progress.is_blind else Release(schedule=None)
            self.cursors = {side.value: b"0" for side in Side}
            self.is_ready = False
            self._settled = None
        self.progress = progress
        if self._to_tell != self._told:
            self.notify()

    def go_on(self, now: int) -> None:
        """Redis is away: what is not whole stands still, for both sides."""
        if self.progress and self.progress.texts and self.is_live:
            self.advance([], now)
        elif not self.is_ready:
            self.is_ready = True
            self.notify()

    def advance(self, entries: Iterable[Entry], now: int) -> None:
        """Take what came of the streams, and show what is due at that time of Redis's clock."""
        self.release.take(entries)
        self.is_ready = True
        if self.progress and self.progress.texts and not self._is_settled(self.progress):
            self._settled = self.progress
            shown_at = self.progress.shown_at or timezone.now()
            left = (shown_at - timezone.now()).total_seconds()
            self.release.settle(self.progress.texts, now + int(1000 * left), now)
        if self.release.advance(now) or self._to_tell != self._told:
            self.notify()

    def _is_settled(self, progress: Progress) -> bool:
        return self._settled is not None and self._settled.shown_at == progress.shown_at

    def notify(self) -> None:
        self._told = self._to_tell
        for follower in self.followers:
            follower.set()


class Place:
    """How much of a feed one follower has been told.

    Args:
        cursor: of a place from before, maybe of another process: what was told until then is not
            told again. One that fits no more, or is none, tells all from the beginning.
    """

    def __init__(self, feed: Feed, cursor: str = "") -> None:
        self._feed = feed
        self._starts: tuple[int, dict[str, int]] | None = None
        self._chars: dict[str, int] = {}
        self._state = ""
        self._resumes = CURSOR.fullmatch(cursor)

    @property
    def cursor(self) -> str:
        """The turn, the length of each text, what the texts were, and the state; empty at first."""
        if self._starts is None:
            return ""
        texts = self._feed.release.sides
        chars = [self._chars[name] for name in sorted(self._chars)]
        digest = _digest({name: texts[name].shown[:n] for name, n in self._chars.items()})
        return f"{self._starts[0]}.{chars[0]}.{chars[1]}.{digest}.{self._state}"

    def _resume(self, match: "re.Match[str]") -> None:
        turn, chars_a, chars_b, digest, state = match.groups()
        chars = {Side.A.value: int(chars_a), Side.B.value: int(chars_b)}
        sides = self._feed.release.sides
        told = {name: sides[name].shown[:n] for name, n in chars.items()}
        if int(turn) != self._feed.turn or digest != _digest(told):
            return
        self._starts = self._feed.turn, {name: side.starts for name, side in sides.items()}
        self._chars = {name: len(text) for name, text in told.items()}
        self._state = state

    def frames(self) -> list[Frame]:
        """What is new since the last call."""
        feed = self._feed
        state = feed.told_state
        if feed.progress is None or not state:
            return []
        if self._resumes:
            self._resume(self._resumes)
            self._resumes = None
        frames: list[Frame] = []
        sides = feed.release.sides
        starts = feed.turn, {name: side.starts for name, side in sides.items()}
        texts = {name: side.shown for name, side in sides.items()}
        if starts != self._starts:
            told = {"state": state, "turn": feed.turn, "prompt": feed.progress.prompt}
            frames.append({"type": "snapshot", **told, **texts})
            if self._starts and self._starts[0] != feed.turn:
                self._state = ""
        else:
            more = {n: t[self._chars[n] :] for n, t in texts.items() if len(t) > self._chars[n]}
            if more:
                frames.append({"type": "text", **more})
        if state != self._state:
            frames.extend(_state_frames(state, feed.progress.failure))
        self._starts = starts
        self._chars = {name: len(text) for name, text in texts.items()}
        self._state = state
        return frames


def _digest(texts: Mapping[str, str]) -> str:
    """Tells one pair of texts from another."""
    joined = "\0".join(texts[name] for name in sorted(texts))
    return hashlib.blake2b(joined.encode(), digest_size=8).hexdigest()


def _state_frames(state: str, failure: str) -> list[Frame]:
    match state:
        case Battle.State.OPEN:
            return [{"type": "open"}]
        case Battle.State.VOTED:
            return [{"type": "voted"}]
        case Battle.State.FAILED:
            return [{"type": "failed", "detail": failure}]
    return []


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
        place = Place(feed)
        try:
            while True:
                if frames := place.frames():
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
        on is told as much as by the socket, in larger pieces.
        """
        feed = self._feeds.setdefault(battle_id, Feed())
        news = asyncio.Event()
        feed.followers.add(news)
        self._check_soon(battle_id)
        self._start()
        place = Place(feed, cursor)
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            while not (frames := place.frames()) and loop.time() < started + POLL_WAIT_SECONDS:
                with suppress(TimeoutError):
                    async with asyncio.timeout_at(started + POLL_WAIT_SECONDS):
                        await news.wait()
                news.clear()
            if cursor:
                await asyncio.sleep(started + POLL_LEAST_SECONDS - loop.time())
                frames += place.frames()
            return frames, place.cursor
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
        client = redis.Redis.from_url(
            settings.REDIS_URL,
            socket_timeout=2,
            socket_connect_timeout=1,
            retry=Retry(NoBackoff(), 0),
        )
        async with client:
            while self._feeds:
                started = time.monotonic()
                try:
                    await self._read_once(client)
                except (redis.RedisError, OSError) as error:
                    logger.warning("The relay waits for Redis: %s", type(error).__name__)
                    await self._go_on_without_redis()
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
            if any(entry.is_end for entry in entries):
                self._check_soon(battle_id)
        for battle_id, feed in live.items():
            feed.advance(sorted(news[battle_id], key=lambda entry: entry.at), now)

    async def _go_on_without_redis(self) -> None:
        """Show what the database has, at the pace, before Redis is tried again."""
        until = time.monotonic() + RETRY_SECONDS
        while time.monotonic() < until:
            now = int(1000 * (time.monotonic() + self._ahead))
            for feed in self._feeds.values():
                feed.go_on(now)
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
