"""The one folder that holds all data of a site."""

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from arena.embedded.errors import EmbeddedError
from arena.embedded.processes.children import kill_group

MAX_SOCKET_FOLDER_BYTES = 80  # a Unix socket's path may have 107, its name included
LEFTOVER_SECONDS = 15


class DataFolder:
    """The folder: its paths, its lock, its free space, and the processes of a killed site."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    def make(self) -> None:
        try:
            for folder in (self.path, self.path / "logs", self.sockets):
                folder.mkdir(mode=0o755, parents=True, exist_ok=True)
            self.sockets.chmod(0o700)
        except OSError as error:
            raise EmbeddedError(
                f"The data folder {self.path} cannot be used: {error}. "
                "ARENA_DATA may name another one."
            ) from error

    @property
    def sockets(self) -> Path:
        """Folder of the Unix sockets: elsewhere if the path of the data folder is too long."""
        inside = self.path / "run"
        if len(os.fsencode(inside)) <= MAX_SOCKET_FOLDER_BYTES:
            return inside
        name = hashlib.sha256(os.fsencode(self.path)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"arena-{os.geteuid()}-{name}"

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other sites away from the folder. The kernel lifts the lock of a dead process.

        Raises:
            EmbeddedError: another site uses the folder.
        """
        with self.lock_file.open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                file.seek(0)
                raise EmbeddedError(
                    f"The site already runs on {self.path} (process {file.read().strip()}). "
                    "End it first, or name another folder by ARENA_DATA."
                ) from error
            self.ready_file.unlink(missing_ok=True)
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield

    def is_in_use(self) -> bool:
        """Whether a site runs on the folder, or is starting."""
        try:
            with self.lock_file.open("a+") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return False

    @property
    def lock_file(self) -> Path:
        return self.path / "lock"

    @property
    def ready_file(self) -> Path:
        """A file that exists while the site's database is up to date."""
        return self.path / "ready"

    def check_space(self, megabytes: int) -> None:
        """Raises EmbeddedError if fewer megabytes (10^6 bytes) are free than asked for."""
        free = shutil.disk_usage(self.path).free // 1_000_000
        if free < megabytes:
            raise EmbeddedError(
                f"The disk of {self.path} is full: {free} MB are free, {megabytes} MB are needed. "
                "Free some space, or name a folder on another disk by ARENA_DATA."
            )

    def remember_children(self, pids: Iterable[int]) -> None:
        """Save which processes run, so that the next start can end them after a kill."""
        started = {}
        for pid in pids:
            with suppress(psutil.NoSuchProcess):
                started[pid] = psutil.Process(pid).create_time()
        (self.path / "children.json").write_text(json.dumps(started))

    def end_leftovers(self) -> None:
        """Wait for the children of a killed site to end; after a while kill them."""
        try:
            started = json.loads((self.path / "children.json").read_text())
        except (OSError, ValueError):
            return
        leftovers = []
        for pid, created in started.items():
            with suppress(psutil.NoSuchProcess):
                process = psutil.Process(int(pid))
                if process.create_time() == created:
                    process.terminate()
                    leftovers.append(process)
        _, alive = psutil.wait_procs(leftovers, timeout=LEFTOVER_SECONDS)
        for process in alive:
            kill_group(process.pid)
        psutil.wait_procs(alive, timeout=LEFTOVER_SECONDS)
