"""When how much of two answers is shown: one schedule for both sides, whatever their endpoints do.

A voter who studies the socket must not learn which side has the faster endpoint. So both sides
are shown up to one common position, in characters, which moves on a fixed clock:

- It starts when both sides have begun and `ARENA_PACE_LEAD_SECONDS` have passed. Until then both
  are "thinking". A side never starts alone; one that does not begin within
  `ARENA_FIRST_TOKEN_SECONDS` fails the battle.
- Its rate is chosen at the start and again 2, 4 and 8 seconds later, for a first second tells
  little: three quarters of the slower side's average speed, and at most
  `ARENA_PACE_CHARS_PER_SECOND`, so that nearly all endpoints look the same. It does not rise when
  a side is whole, for how long a side took, beside how long it is, tells whose side it is.
- When either side is about to run out of text, the position stands still for both. It goes on once
  there is some text in the buffer, at a lower rate if the slower side turned out to be slower on
  average. It stands where a step of the clock left it, not where a token of one side ends.
- A complete side continues with synthetic arrivals, drawn from its own pieces and gaps (a
  bootstrap), until it is as long as the other. Otherwise a pause while only the longer answer is
  being written would show that the longer side is the slower one.
- The end is shown for both at once, when both are fully shown: `ARENA_PACE_EXTRA_SECONDS` after
  both are whole at the latest. Only a rate that would take longer than that is raised.

The schedule is a pure function of the entries of the two Redis Streams and the times in their
ids, so every web process comes to the same one, from any beginning, and a late reader replays it.

What can still be seen: the speed of the slower endpoint of the two, if it is below the rate's
bound, but not which side it is. An answer that the last bound makes faster does tell something of
the longer side, and so do long stalls, for what is drawn is on average as fast as what was seen.
"""

import random
from dataclasses import dataclass, field

from django.conf import settings

from arena.battles.models import Side

TICK_MS = 80  # the fixed clock: one step of the position
SHARE_OF_SPEED = 0.75  # of the slower side's speed; the rest is reserve against pauses
SLOWEST = 12.0  # characters a second: half of what one reads
CHOICES_MS = (0, 2000, 4000, 8000)  # after the start; multiples of the clock's step
SHORTEST_MEASURE = 0.2  # of the buffer: less than this is too short to measure a speed


@dataclass(slots=True)
class Arrival:
    """What has arrived of one side. Times are milliseconds of Redis's clock."""

    chars: int = 0
    first_chars: int = 0  # what came at once, in the first piece
    first: int | None = None
    last: int = 0
    is_complete: bool = False
    pieces: list[tuple[int, int]] = field(default_factory=list)  # gaps and characters, in order
    _synthetic: int = 0  # characters, with synthetic arrivals once it is complete
    _synthetic_at: int = 0
    _next: tuple[int, int] | None = None
    _chance: random.Random = field(default_factory=random.Random)

    def grow(self, chars: int, at: int) -> None:
        """It has that many characters now."""
        if self.first is None:
            self.first, self.first_chars = at, chars
        elif self.last and chars > self.chars:
            self.pieces.append((at - self.last, chars - self.chars))
        self.chars, self.last = chars, at

    def end(self) -> None:
        """It is complete."""
        if not self.is_complete:
            self.is_complete = True
            self._synthetic, self._synthetic_at = self.chars, self.last
            self._chance.seed(self.last)  # every process draws the same

    def has(self, chars: int, now: int) -> bool:
        """Whether it has so many characters, with synthetic arrivals once it is complete.

        These are drawn from its own pieces, with replacement (a bootstrap).
        """
        if not self.is_complete:
            return self.chars >= chars
        while self.pieces and self._synthetic < chars:
            gap, more = self._next = self._next or self._chance.choice(self.pieces)
            if self._synthetic_at + gap > now:
                return False
            self._synthetic_at += gap
            self._synthetic += more
            self._next = None
        return True

    def speed(self, now: int, shortest: float) -> float:
        """Characters a second so far; infinite if that was too short to tell."""
        if self.first is None:
            raise ValueError("There is no speed before the first piece.")
        seconds = ((self.last if self.is_complete else now) - self.first) / 1000
        if seconds <= shortest:
            return float("inf")
        # Half of the first piece: pieces are counted at both ends of the time.
        return (self.chars - self.first_chars / 2) / seconds


@dataclass(slots=True)
class Schedule:
    """The position up to which both sides are shown, as a function of what arrived when.

    Give events in the order of their times; `advance` takes the steps in between.
    """

    buffer: float = field(default_factory=lambda: settings.ARENA.pace_lead_seconds)
    fastest: float = field(default_factory=lambda: settings.ARENA.pace_chars_per_second)
    sides: dict[str, Arrival] = field(default_factory=lambda: {s.value: Arrival() for s in Side})
    rate: float = 0.0  # characters a second; 0 before the start
    _exact: float = 0.0
    _next: int = 0  # when the next step is due
    _start: int = 0
    _end_by: int = 0
    _paused: bool = False

    @property
    def position(self) -> int:
        """Characters of each side that are shown."""
        return int(self._exact)

    @property
    def is_done(self) -> bool:
        """Whether both sides are whole and fully shown."""
        return all(s.is_complete and s.chars <= self.position for s in self.sides.values())

    def grow(self, side: str, chars: int, at: int) -> None:
        """A side has that many characters now."""
        self.sides[side].grow(chars, at)
        firsts = [s.first for s in self.sides.values() if s.first is not None]
        if not self._next and len(firsts) == len(self.sides):
            self._start = self._next = max(firsts) + int(1000 * self.buffer)

    def start_over(self, side: str) -> None:
        """A side is written again. If it was shown before, both wait until it has caught up."""
        if self.rate:
            self.sides[side] = Arrival(first=self.sides[side].first)
        else:
            self.sides[side] = Arrival()
            self._next = 0

    def end(self, side: str) -> None:
        """A side is whole."""
        self.sides[side].end()

    def end_by(self, at: int) -> None:
        """Both sides are whole and must be fully shown at a time, whatever rate that needs."""
        self._end_by = at

    def advance(self, until: int) -> None:
        """Take all steps that are due at a time."""
        while self._next and self._next <= until and not self.is_done:
            if self._next - self._start in CHOICES_MS:
                self.rate = self._common_rate(self.fastest)
            self._step()
            self._next += TICK_MS
        if self._end_by and self._end_by <= until:
            self._exact = max(self._exact, *(s.chars for s in self.sides.values()))

    def end_time(self, now: int) -> int:
        """Take all steps to the end, which is appointed, and say when that is."""
        while not self.is_done:
            now += TICK_MS
            self.advance(now)
        return now

    def _common_rate(self, fastest: float) -> float:
        """The slower side's average speed so far, less the reserve, and at most `fastest`."""
        slower = min(
            s.speed(self._next, SHORTEST_MEASURE * self.buffer) for s in self.sides.values()
        )
        return min(fastest, max(SLOWEST, SHARE_OF_SPEED * slower))

    def _step(self) -> None:
        left = max(s.chars for s in self.sides.values()) - self._exact
        needed = 1000 * left / max(self._end_by - self._next, TICK_MS) if self._end_by else 0.0
        target = self._exact + max(self.rate, needed) * TICK_MS / 1000
        enough = max(target, self._exact + self.rate * self.buffer / 2) if self._paused else target
        if all(s.is_complete for s in self.sides.values()):
            enough = min(enough, self._exact + left)
        if needed > self.rate or all(s.has(int(enough), self._next) for s in self.sides.values()):
            self._exact = target
            self._paused = False
        elif not self._paused:
            self._paused = True
            self.rate = self._common_rate(self.rate)
