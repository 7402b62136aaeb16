"""Tokens on their way: from the worker that receives them into one Redis Stream per answer.

An entry holds the attempt it belongs to, the offset of its text in the whole answer, in
characters, and the text; in a gold question also where the answer was changed, which is read when
its voter stops it. A reader that knows the offset neither loses nor doubles a character, even when
the writer sends everything again after Redis came back.
"""

import json
import logging
import threading
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import redis
from redis.client import Pipeline
from redis.typing import EncodableT, FieldT

from arena.battles.models import Side
from arena.common.redis import redis_client
from arena.common.threads import start_daemon
from arena.contestants.calls.once import once
from arena.text.transforms.protocol import Span

logger = logging.getLogger(__name__)

FLUSH_SECONDS = 0.02  # tokens that arrive within this time share one entry
KEEP_SECONDS = 3600


def stream_key(battle_id: uuid.UUID, side: str, turn: int = 1) -> str:
    """The Redis key of the stream of one side's answer to a turn, by its number."""
    return f"stream:{battle_id}:{turn}:{side}"


class Changed(NamedTuple):
    """Where an answer to a gold question was first changed: for all to see, and in marks alone."""

    seen: Span | None = None
    marks: Span | None = None

    @classmethod
    def parsed(cls, written: bytes) -> "Changed":
        """The inverse of `written`; nothing, of an answer that is as it came."""
        if not written:
            return cls()
        spans = json.loads(written)
        return cls(*(Span(*span) if span else None for span in spans))

    def written(self) -> str:
        return json.dumps(self)


NOT_CHANGED = Changed()


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of an answer's stream, and when Redis took it (milliseconds of its clock)."""

    side: str
    at: int
    attempt: int
    offset: int
    text: str
    is_text_complete: bool  # no text of this attempt comes after it
    is_committed: bool  # nothing more comes of this attempt, and the database has the outcome
    changed: Changed = NOT_CHANGED  # up to the end of the text

    @classmethod
    def parsed(cls, side: str, entry_id: bytes, fields: Mapping[bytes, bytes]) -> "Entry":
        return cls(
            side=side,
            at=int(entry_id.split(b"-")[0]),
            attempt=int(fields[b"n"]),
            offset=int(fields.get(b"o", 0)),
            text=fields.get(b"t", b"").decode(),
            is_text_complete=b"text_complete" in fields,
            is_committed=b"committed" in fields,
            changed=Changed.parsed(fields.get(b"c", b"")),
        )


class AnswerStream:
    """The text of one attempt at an answer, as far as it has arrived."""

    def __init__(self, key: str, attempt: int) -> None:
        self.key = key
        self.attempt = attempt
        self.text_complete = False
        self.committed = False
        self.changed = NOT_CHANGED
        self._parts: list[str] = []
        self._sent_parts = 0
        self._sent_chars = 0
        self._sent_complete = False

    @property
    def text(self) -> str:
        return "".join(self._parts)

    @property
    def has_news(self) -> bool:
        news = len(self._parts) > self._sent_parts or self.text_complete > self._sent_complete
        return self.committed or news

    def append(self, text: str) -> None:
        self._parts.append(text)

    def finish(self) -> None:
        """Tell readers that this is all of the text, before the database takes its time.

        The pace would stand still at the end of a side that it must take for a stalled one, and
        so tell which side ends there by being slow.
        """
        self.text_complete = True

    def end(self) -> None:
        """Tell readers that the database now has the outcome."""
        self.committed = True

    def write_to(self, pipeline: Pipeline) -> bool:
        """Queue what has not been sent yet; returns whether that was the last of it."""
        last, complete = self.committed, self.text_complete
        until = len(self._parts)
        changed = self.changed  # after `until`: it is set before the text is appended
        if until > self._sent_parts:
            text = "".join(self._parts[self._sent_parts : until])
            entry: dict[FieldT, EncodableT] = {"n": self.attempt, "o": self._sent_chars, "t": text}
            if any(changed):
                entry["c"] = changed.written()
            pipeline.xadd(self.key, entry)
            if self._sent_parts == 0:
                pipeline.expire(self.key, KEEP_SECONDS)
            self._sent_parts = until
            self._sent_chars += len(text)
        if complete and not self._sent_complete:
            pipeline.xadd(self.key, {"n": self.attempt, "text_complete": 1})
            self._sent_complete = True
        if last:
            pipeline.xadd(self.key, {"n": self.attempt, "committed": 1})
            pipeline.expire(self.key, KEEP_SECONDS)
        return last

    def send_all_again(self) -> None:
        self._sent_parts = self._sent_chars = 0
        self._sent_complete = False


class TokenWriter:
    """Writes the streams of a whole process to Redis from one thread, a few times a tick.

    Redis being down never holds up an answer: its text is sent again, whole, when Redis is back.
    """

    def __init__(self) -> None:
        # No retries inside the client: after any error the streams must be sent again, whole.
        self._redis = redis_client()
        self._streams: set[AnswerStream] = set()
        self._lock = threading.Lock()
        self._work = threading.Event()
        start_daemon("token-writer", self._run)

    @contextmanager
    def opened(self, key: str, attempt: int) -> Iterator[AnswerStream]:
        """A stream to append to; leaving the block ends it for its readers."""
        stream = AnswerStream(key, attempt)
        with self._lock:
            self._streams.add(stream)
            self._work.set()
        try:
            yield stream
        finally:
            stream.end()

    def _run(self) -> None:
        while True:
            self._work.wait()
            try:
                self._flush()
            except redis.RedisError as error:
                logger.warning("Tokens wait for Redis: %s", type(error).__name__)
                self._start_over()
                time.sleep(0.5)
            time.sleep(FLUSH_SECONDS)

    def _flush(self) -> None:
        with self._lock:
            news = [stream for stream in self._streams if stream.has_news]
            if not self._streams:
                self._work.clear()
        if not news:
            return
        with self._redis.pipeline(transaction=False) as pipeline:
            done = {stream for stream in news if stream.write_to(pipeline)}
            pipeline.execute()
        with self._lock:
            self._streams -= done

    def _start_over(self) -> None:
        with self._lock:
            # What ended meanwhile is in the database, where readers find it.
            self._streams = {stream for stream in self._streams if not stream.committed}
            for stream in self._streams:
                stream.send_all_again()


def read_streams(battle_id: uuid.UUID, turn: int = 1) -> tuple[int, list[Entry]]:
    """Redis's time in milliseconds, and all entries of a turn's streams in the order of time.

    Raises:
        redis.RedisError: Redis is away.
    """
    with reader().pipeline(transaction=False) as pipeline:
        pipeline.time()
        for side in Side:
            pipeline.xrange(stream_key(battle_id, side, turn))
        (seconds, micros), *streams = pipeline.execute()
    entries = [
        Entry.parsed(side, entry_id, fields)
        for side, stream in zip(Side, streams, strict=True)
        for entry_id, fields in stream
    ]
    return milliseconds(seconds, micros), sorted(entries, key=lambda entry: entry.at)


def delete_streams(turns: Iterable[tuple[uuid.UUID, int]]) -> None:
    """Delete the streams of turns, by battle and number.

    Raises:
        redis.RedisError: Redis is away.
    """
    keys = [stream_key(battle_id, side, turn) for battle_id, turn in turns for side in Side]
    if keys:
        reader().delete(*keys)


def milliseconds(seconds: int, micros: int) -> int:
    """Redis's answer to TIME as the ids of its streams count."""
    return seconds * 1000 + micros // 1000


@cache
def reader() -> redis.Redis:
    """The one client of this process that reads and removes streams."""
    return redis_client()


@once
def writer() -> TokenWriter:
    """The one writer of this process."""
    return TokenWriter()
