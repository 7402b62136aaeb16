"""The text of two answers as it arrives, and the part of it that is shown."""

import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import redis
from django.conf import settings

from arena.battles.live.pacing import TICK_MS, Schedule
from arena.battles.live.streams import Entry, read_streams
from arena.battles.models import Side

SLACK_MS = 2 * TICK_MS  # by which the appointed end follows the schedule's


@dataclass(slots=True)
class SideText:
    """One side's answer as far as it is known here."""

    arrived: str = ""
    attempt: int = 0
    shown: str = ""
    starts: int = 0  # how often what is shown was replaced

    def add(self, offset: int, text: str) -> bool:
        """Take what is new of a piece; returns whether anything was."""
        known = len(self.arrived)
        if not offset <= known < offset + len(text):
            return False
        self.arrived += text[known - offset :]
        return True

    def show(self, limit: int | None, *, at_once: bool) -> None:
        """Show all up to a position; what was shown of a dead attempt stays until the next one
        has caught up, unless that must not be waited for.
        """
        text = self.arrived[:limit]
        if len(text) < len(self.shown) and not at_once:
            return
        if not text.startswith(self.shown):
            self.starts += 1
        self.shown = text


@dataclass(slots=True)
class PacedDisplay:
    """Two answers, shown as the schedule says, or without one as they arrive.

    All times are milliseconds of Redis's clock.
    """

    sides: dict[str, SideText] = field(default_factory=lambda: {s.value: SideText() for s in Side})
    schedule: Schedule | None = field(
        default_factory=lambda: Schedule() if settings.ARENA.paced else None
    )
    is_done: bool = False  # both are whole, and fully shown
    _end_at: int | None = None

    def take(self, entries: Iterable[Entry]) -> None:
        """Take entries of the streams, in the order of their times."""
        if self._end_at is not None:
            return  # what still comes of an answer that was stopped is not part of it
        for entry in entries:
            side = self.sides[entry.side]
            if entry.attempt < side.attempt:
                continue
            if self.schedule:
                self.schedule.advance(entry.at)
            if entry.attempt > side.attempt:
                side.attempt = entry.attempt
                if side.arrived:
                    self._show()  # which stays until the new text has caught up
                    side.arrived = ""
                    if self.schedule:
                        self.schedule.start_over(entry.side)
            if side.add(entry.offset, entry.text) and self.schedule:
                self.schedule.grow(entry.side, len(side.arrived), entry.at)
            if (entry.is_text_complete or entry.is_committed) and self.schedule:
                self.schedule.end(entry.side)

    def finalise(self, texts: Mapping[str, str], end_at: int, now: int) -> None:
        """Both answers are whole, as the database has them, and fully shown at a time.

        A voter who stops the battle brings that time forward: it is settled once more.
        """
        self._end_at = end_at
        for name, text in texts.items():
            side = self.sides[name]
            if self.schedule:
                if not side.arrived or len(text) > len(side.arrived):
                    self.schedule.grow(name, len(text), now)
                self.schedule.end(name)
            side.arrived = text
        if self.schedule:
            self.schedule.end_by(end_at)

    def advance(self, now: int) -> bool:
        """Show what is due; returns whether that is news."""
        before = [(len(side.shown), side.starts) for side in self.sides.values()]
        was_done = self.is_done
        if self.schedule:
            self.schedule.advance(now)
        self._show()
        self.is_done = self._end_at is not None and (
            self.schedule is None or (self.schedule.is_done and now >= self._end_at)
        )
        after = [(len(side.shown), side.starts) for side in self.sides.values()]
        return (before, was_done) != (after, self.is_done)

    def _show(self) -> None:
        for name, side in self.sides.items():
            if self.schedule:
                side.show(self.schedule.position, at_once=self.schedule.sides[name].is_complete)
            else:
                side.show(None, at_once=True)


@dataclass(frozen=True, slots=True)
class Arrived:
    """What the streams of a turn hold, and when that was read, by Redis's clock."""

    at: int
    entries: list[Entry]


def arrived(battle_id: uuid.UUID, turn: int) -> Arrived:
    """What came of the answers to a turn so far; nothing, if Redis is away."""
    try:
        return Arrived(*read_streams(battle_id, turn))
    except redis.RedisError:
        return Arrived(int(1000 * time.time()), [])


def seconds_until_shown(so_far: Arrived, texts: Mapping[str, str]) -> float:
    """How long it takes to show both answers, which are whole, fully.

    At most `ARENA_PACE_EXTRA_SECONDS`, and a little slack.
    """
    if not settings.ARENA.paced:
        return 0.0
    now = so_far.at
    schedule = Schedule()
    display = PacedDisplay(schedule=schedule)
    display.take(so_far.entries)
    schedule.advance(now)
    display.finalise(texts, now + int(1000 * settings.ARENA.pace_extra_seconds), now)
    return (schedule.end_time(now) + SLACK_MS - now) / 1000


def shown_by_now(so_far: Arrived, *, paced: bool = True) -> dict[str, str]:
    """What has been shown of each side's answer: by the pace, or without one all that came."""
    display = PacedDisplay() if paced else PacedDisplay(schedule=None)
    display.take(so_far.entries)
    display.advance(so_far.at)
    return {name: side.shown for name, side in display.sides.items()}
