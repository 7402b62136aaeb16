"""Ends requests whose time is up.

A socket's own time-out is no help against an endpoint that sends a byte now and then.
"""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from arena.common.threads import start_daemon


class Deadline:
    """When a request must have made its next step (monotonic seconds); past it, its socket is
    shut down, as it is once nobody wants the answer any more.
    """

    def __init__(self, at: float, unwanted: Callable[[], bool]) -> None:
        self.at = at
        self.unwanted = unwanted
        self.passed = False
        self.sock: socket.socket | None = None

    def cut(self) -> None:
        self.passed = True
        if self.sock is not None:
            with suppress(OSError):  # it is closed already
                # The plain socket's method: a TLS socket's own is not safe from another thread.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


class Watchdog:
    """Cuts the connections of this process whose deadline has passed, or that are unwanted."""

    PERIOD = 0.1  # seconds

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._live: set[Deadline] = set()
        self._started = False

    @contextmanager
    def watching(self, deadline: Deadline) -> Iterator[None]:
        with self._changed:
            if not self._started:
                start_daemon("endpoint-watchdog", self._run)
                self._started = True
            self._live.add(deadline)
            self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._live.discard(deadline)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._live:
                    self._changed.wait()
                now = time.monotonic()
                for deadline in self._live:
                    if deadline.at <= now or deadline.unwanted():
                        deadline.cut()
            time.sleep(self.PERIOD)


WATCHDOG = Watchdog()
os.register_at_fork(after_in_child=WATCHDOG.__init__)  # type: ignore[misc]  # no thread survives
