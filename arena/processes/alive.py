"""`python -m arena.processes.alive NODE`: check whether a worker or beat works.

For a container's health check. It asks more than whether the process exists:

- A worker that lost its queues after Redis was away still answers pings (celery/celery#8030), so it
  is sent a task of its own. One whose pool is full is not, but no task may run for longer than
  `--longest`.
- Beat answers only while its clock ticks.

With `--end-after N` the N-th failure in a row kills what runs in this container, for its restart
policy to start it again: compose does not restart an unhealthy container.
"""

import argparse
import os
import signal
import socket
import sys
import tempfile
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import redis
from celery.utils.nodenames import worker_direct
from kombu.exceptions import OperationalError

from arena.celery import app
from arena.common.redis import redis_client
from arena.processes.tasks import show_life

REPLY_SECONDS = 5.0
TASK_SECONDS = 15.0
INITS = ("docker-init", "tini")  # what compose's `init: true` puts in front
FAILURES = Path(tempfile.gettempdir()) / "alive-failures"


def trouble_of(node: str, *, longest: float) -> str:
    """What is wrong with a worker or beat; empty if nothing is.

    Args:
        node: its name, such as "ratings@host" or "beat@host".
        longest: seconds that a task may run.

    Raises:
        redis.RedisError, OperationalError: Redis does not answer, so nothing is known.
    """
    with redis_client(reply_seconds=REPLY_SECONDS) as client:
        client.ping()
        inspect = app.control.inspect([node], timeout=REPLY_SECONDS)
        if not inspect.ping():
            return "It does not answer."
        if node.startswith("beat@"):
            return ""
        busy = _Busy.read(inspect, node)
        if busy.oldest_seconds > longest:
            return f"A task has run for {busy.oldest_seconds:.0f} s."
        if busy.is_full:
            return ""
        key = f"alive:{uuid.uuid4()}"
        show_life.apply_async((key,), queue=worker_direct(node), expires=TASK_SECONDS)
        deadline = time.monotonic() + TASK_SECONDS
        while not client.exists(key):
            if time.monotonic() > deadline:
                return "" if _Busy.read(inspect, node).is_full else "It takes no tasks."
            time.sleep(0.1)
    return ""


class _Busy(NamedTuple):
    """What the pool of a worker does."""

    is_full: bool
    oldest_seconds: float

    @classmethod
    def read(cls, inspect: Any, node: str) -> "_Busy":
        tasks = (inspect.active() or {}).get(node, [])
        size = (inspect.stats() or {}).get(node, {}).get("pool", {}).get("max-concurrency", 1)
        started = [task["time_start"] for task in tasks if task["time_start"]]
        return cls(len(tasks) >= size, time.time() - min(started, default=time.time()))


def end_all() -> None:
    """Kill every other process of this container; outside of a container, nothing."""
    if Path("/proc/1/comm").read_text().strip() not in INITS:
        print("This is no container with an init process: nothing is ended.", file=sys.stderr)
        return
    for pid in (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()):
        if pid not in (1, os.getpid()):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m arena.processes.alive")
    parser.add_argument("node", help="such as ratings or beat; without @, of this host")
    parser.add_argument("--longest", type=float, default=1800, help="seconds a task may run")
    parser.add_argument("--end-after", type=int, default=0, metavar="N")
    options = parser.parse_args(arguments)
    node = options.node if "@" in options.node else f"{options.node}@{socket.gethostname()}"
    try:
        trouble = trouble_of(node, longest=options.longest)
    except (redis.RedisError, OperationalError) as error:
        print(f"Redis does not answer, so {node} cannot be checked: {error}")
        return 0
    if not trouble:
        FAILURES.unlink(missing_ok=True)
        return 0
    print(f"{node}: {trouble}", file=sys.stderr)
    failures = (len(FAILURES.read_text()) if FAILURES.exists() else 0) + 1
    FAILURES.write_text("x" * failures)
    if options.end_after and failures >= options.end_after:
        FAILURES.unlink()
        end_all()
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
