"""Threads that work in the background of a process until it ends."""

import threading
import time
from collections.abc import Callable


def start_daemon(name: str, run: Callable[[], None]) -> None:
    """Run something in a thread that does not keep the process alive."""
    threading.Thread(target=run, name=name, daemon=True).start()


def start_beat(name: str, seconds: float, beat: Callable[[], None]) -> None:
    """Call `beat` again and again, with a pause before each call; it handles its own errors."""

    def run() -> None:
        while True:
            time.sleep(seconds)
            beat()

    start_daemon(name, run)
