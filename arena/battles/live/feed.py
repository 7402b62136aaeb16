"""A battle that is followed live, and how much of it each follower has received."""

import asyncio
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from arena.battles.live.display import PacedDisplay
from arena.battles.live.streams import Entry
from arena.battles.models import Battle, Side
from arena.battles.reading.battle_view import Progress

CURSOR = re.compile(r"(\d{1,6})\.(\d{1,9})\.(\d{1,9})\.([0-9a-f]{16})\.([a-z]*)")
Frame = dict[str, Any]


@dataclass(slots=True)
class Feed:
    """A live battle and those who follow it.

    `clock` gives the time of the database, in which `Progress.shown_at` is.
    """

    display: PacedDisplay = field(default_factory=PacedDisplay)
    cursors: dict[str, bytes] = field(default_factory=lambda: {s.value: b"0" for s in Side})
    progress: Progress | None = None  # what the database said last
    is_ready: bool = False  # whether it is known what has been shown before
    followers: set[asyncio.Event] = field(default_factory=set)
    clock: Callable[[], datetime] = timezone.now
    _final: Progress | None = None  # the outcome that the display was finalised with
    _told: tuple[int, str] = (0, "")  # the turn and the state that followers were notified of

    @property
    def is_shown(self) -> bool:
        """Whether both answers are fully shown, and the vote is open: never shown before it is."""
        shown_at = self.progress.shown_at if self.progress else None
        return self.display.is_done and (shown_at is None or shown_at <= self.clock())

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be shown."""
        failed = self.progress is not None and self.progress.state == Battle.State.FAILED
        return failed or self.is_shown

    @property
    def public_state(self) -> str:
        """The battle's state as followers may know it; empty until it is known."""
        if self.progress is None or not (self.is_ready or self.is_over):
            return ""
        if self.progress.texts and not self.is_shown:
            return Battle.State.GENERATING
        return self.progress.state

    @property
    def is_live(self) -> bool:
        """Whether anything is to be shown yet."""
        return not self.is_over or self._to_tell != self._told

    @property
    def turn(self) -> int:
        """The number of the turn that is shown."""
        return self.progress.turn if self.progress else 1

    @property
    def _to_tell(self) -> tuple[int, str]:
        return self.turn, self.public_state

    def update(self, progress: Progress) -> None:
        """Take over what the database says."""
        is_next = self.progress is not None and progress.turn != self.progress.turn
        if is_next or (self.progress is None and not progress.is_blind):
            # Where the names are shown there is nothing that a pace could hide.
            self.display = PacedDisplay() if progress.is_blind else PacedDisplay(schedule=None)
            self.cursors = {side.value: b"0" for side in Side}
            self.is_ready = False
            self._final = None
        self.progress = progress
        if self._to_tell != self._told:
            self.notify()

    def advance_without_redis(self, now: int) -> None:
        """Redis is away: what is not whole stands still, for both sides."""
        if self.progress and self.progress.texts and self.is_live:
            self.advance([], now)
        elif not self.is_ready:
            self.is_ready = True
            self.notify()

    def advance(self, entries: Iterable[Entry], now: int) -> None:
        """Take what came of the streams, and show what is due at that time of Redis's clock."""
        self.display.take(entries)
        self.is_ready = True
        if self.progress and self.progress.texts and not self._is_final(self.progress):
            self._final = self.progress
            now_here = self.clock()
            left = ((self.progress.shown_at or now_here) - now_here).total_seconds()
            self.display.finalise(self.progress.texts, now + int(1000 * left), now)
        if self.display.advance(now) or self._to_tell != self._told:
            self.notify()

    def _is_final(self, progress: Progress) -> bool:
        return self._final is not None and self._final.shown_at == progress.shown_at

    def notify(self) -> None:
        self._told = self._to_tell
        for follower in self.followers:
            follower.set()


class Cursor:
    """How much of a feed one follower has received.

    Args:
        cursor: of a place from before, maybe of another process: what was sent until then is not
            sent again. One that does not fit any more, or is none, starts from the beginning.
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
        texts = self._feed.display.sides
        chars = [self._chars[name] for name in sorted(self._chars)]
        digest = _digest({name: texts[name].shown[:n] for name, n in self._chars.items()})
        return f"{self._starts[0]}.{chars[0]}.{chars[1]}.{digest}.{self._state}"

    def _resume(self, match: "re.Match[str]") -> None:
        turn, chars_a, chars_b, digest, state = match.groups()
        chars = {Side.A.value: int(chars_a), Side.B.value: int(chars_b)}
        sides = self._feed.display.sides
        sent = {name: sides[name].shown[:n] for name, n in chars.items()}
        if int(turn) != self._feed.turn or digest != _digest(sent):
            return
        self._starts = self._feed.turn, {name: side.starts for name, side in sides.items()}
        self._chars = {name: len(text) for name, text in sent.items()}
        self._state = state

    def frames(self) -> list[Frame]:
        """What is new since the last call."""
        feed = self._feed
        state = feed.public_state
        if feed.progress is None or not state:
            return []
        if self._resumes:
            self._resume(self._resumes)
            self._resumes = None
        frames: list[Frame] = []
        sides = feed.display.sides
        starts = feed.turn, {name: side.starts for name, side in sides.items()}
        texts = {name: side.shown for name, side in sides.items()}
        if starts != self._starts:
            sent = {"state": state, "turn": feed.turn, "prompt": feed.progress.prompt}
            frames.append({"type": "snapshot", **sent, **texts})
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
