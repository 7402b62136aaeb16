"""How slow this machine is, and budgets of seconds that allow for it.

The unit is measured once at the start of a run: how many times longer a fixed piece of work takes
here than on one core of a usual laptop, but at least 1. It covers what most tests wait for: Python
code and starts of processes. The processes of a parallel run take it over from the one that
started them, and `ARENA_TEST_SPEED_UNIT` sets it.

It says nothing of what becomes busy later. So a wait for something to happen should have a
generous budget and end as soon as it has happened (`wait_until`), and how long work takes should
be compared with other work, in CPU time.
"""

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")

VARIABLE = "ARENA_TEST_SPEED_UNIT"
LAPTOP_SECONDS = 0.055  # of `_work` on one core of a laptop of 2022 with nothing else to do
RUNS = 4


def unit() -> float:
    """How many times slower than a laptop's core this machine is, at least 1."""
    if VARIABLE not in os.environ:
        os.environ[VARIABLE] = f"{max(1.0, _measured()):.2f}"
    return float(os.environ[VARIABLE])


def seconds(nominal: float) -> float:
    """A budget of time that is `nominal` seconds on a laptop, and more on a slower machine."""
    return nominal * unit()


def wait_until(holds: Callable[[], Found], nominal: float = 60.0, *, every: float = 0.05) -> Found:
    """Wait until something holds, and return what it gave.

    Raises:
        TimeoutError: it did not hold within `seconds(nominal)`.
    """
    deadline = time.monotonic() + seconds(nominal)
    while not (found := holds()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"Nothing after {seconds(nominal):.0f} s: {found!r}")
        time.sleep(every)
    return found


def _measured() -> float:
    """The best of some runs, so that a short disturbance does not count."""
    return min(_seconds_of_work() for _ in range(RUNS)) / LAPTOP_SECONDS


def _seconds_of_work() -> float:
    started = time.perf_counter()
    text = json.dumps([{"number": number, "square": number * number} for number in range(6_000)])
    assert len(json.loads(text)) == 6_000
    assert sorted(text.split(","), key=lambda part: part[::-1])
    hashlib.sha256(text.encode() * 20).digest()
    sum(number % 7 for number in range(150_000))
    subprocess.run([sys.executable, "-I", "-S", "-c", "pass"], check=True)
    return time.perf_counter() - started
