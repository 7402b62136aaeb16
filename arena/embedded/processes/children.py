"""Child processes: each has its own process group and log, and dies with its parent."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from arena.embedded.errors import EmbeddedError

POLL_SECONDS = 0.02
READY_SECONDS = 240  # until a program is ready, also on a slow, busy machine
LOG_TAIL_LINES = 8


class Child:
    """A running program of ours.

    It gets no Ctrl-C of the terminal, for the order of ending is ours to choose, and the kernel
    sends it `stop_signal` when the parent dies without having said so.

    Args:
        name: what messages call it.
        command: program and arguments.
        log: file that takes its output.
        env: its whole environment.
        privileges: options of setpriv(1) that change what it runs as.
        stop_signal: what asks it to end.
        cwd: its working folder; that of the parent if not given.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path,
        env: Mapping[str, str],
        privileges: Sequence[str] = (),
        stop_signal: signal.Signals = signal.SIGTERM,
        cwd: Path | None = None,
    ) -> None:
        self.name = name
        self.log = log
        self._stop_signal = stop_signal
        self.started = time.monotonic()
        with log.open("ab") as output:  # for appending, so that the log can be emptied meanwhile
            self._log_start = output.tell()
            self.process = subprocess.Popen(
                [*with_privileges(*privileges, "--pdeathsig", stop_signal.name[3:]), *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=env,
                cwd=cwd,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def logged(self, text: str) -> bool:
        """Whether its log has a text since it was started."""
        with self.log.open("rb") as log:
            emptied = self.log.stat().st_size < self._log_start
            log.seek(0 if emptied else self._log_start)
            return text.encode() in log.read()

    def ask_to_stop(self) -> None:
        if self.running:
            self.process.send_signal(self._stop_signal)

    def stop(self, seconds: float = 10) -> None:
        """Ask it to end and wait; after `seconds`, kill it. Its children are killed too."""
        self.ask_to_stop()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        self.kill()

    def kill(self) -> None:
        """End it and everything it started at once."""
        kill_group(self.pid)
        self.process.wait()

    def ending(self) -> str:
        """How it ended, such as "web was killed by SIGKILL"."""
        code = self.process.wait()
        if code < 0:
            return f"{self.name} was killed by {signal.Signals(-code).name}"
        return f"{self.name} ended with exit code {code}"

    def died(self) -> str:
        """How it ended, with the last lines of its log."""
        lines = self.log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:]
        tail = "".join(f"\n    {line}" for line in lines) or " nothing"
        return f"{self.ending()}. The end of its log, {self.log}:{tail}"

    def wait_until(self, ready: Callable[[], bool], *, seconds: float) -> None:
        """Wait until it does its work.

        Raises:
            EmbeddedError: it ended, or was not ready in time.
        """
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.running:
                raise EmbeddedError(self.died())
            if time.monotonic() > deadline:
                self.kill()
                raise EmbeddedError(
                    f"{self.name} was not ready after {seconds:.0f} seconds. Its log: {self.log}"
                )
            time.sleep(POLL_SECONDS)


def kill_group(leader: int) -> None:
    """Kill a session leader, and what it started even if the leader itself is gone."""
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def with_privileges(*options: str) -> list[str]:
    """The start of a command line that runs a command under setpriv(1) of util-linux."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise EmbeddedError("The program setpriv is missing: install the package util-linux.")
    return [setpriv, *options, "--"]
