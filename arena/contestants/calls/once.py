"""One object a process, whichever of its threads asks first."""

from collections.abc import Callable
from functools import cache, wraps
from threading import Lock
from typing import TypeVar

T = TypeVar("T")


def once(make: Callable[[], T]) -> Callable[[], T]:
    """What this function made the first time, for all threads.

    `functools.cache` does not wait: of threads that begin at once, each may make its own.
    """
    lock, made = Lock(), cache(make)

    @wraps(make)
    def shared() -> T:
        with lock:
            return made()

    return shared
