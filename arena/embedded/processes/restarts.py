"""When to start a dead program again."""

import time
from collections.abc import Callable

FIRST_SECONDS = 1.0
LONGEST_SECONDS = 60.0


class Restarts:
    """The back-off of one program: 1 s, then twice as long each time, at most a minute.

    A program that ran for longer than the longest wait starts afresh at 1 s.

    Args:
        clock: gives seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seconds = FIRST_SECONDS
        self._at: float | None = None

    @property
    def waiting(self) -> bool:
        return self._at is not None

    @property
    def due(self) -> bool:
        return self._at is not None and self._clock() >= self._at

    def wait(self, ran_seconds: float) -> float:
        """Wait before the next start; returns the seconds.

        Args:
            ran_seconds: how long the program ran since its last start.
        """
        if ran_seconds > LONGEST_SECONDS:
            self._seconds = FIRST_SECONDS
        seconds = self._seconds
        self._at = self._clock() + seconds
        self._seconds = min(2 * seconds, LONGEST_SECONDS)
        return seconds

    def started(self) -> None:
        """The program runs again."""
        self._at = None
