"""`python -m arena.embedded` runs the site.

`… manage COMMAND` runs its manage.py, `… backup [FILE]` backs it up, and `… restore FILE` makes a
site from a backup.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from arena.embedded import backup
from arena.embedded.errors import EmbeddedError
from arena.embedded.folder import DataFolder
from arena.embedded.supervisor import ROOT, Site
from arena.settings.schema.loading import load, warn_of_unknown

READY_POLL_SECONDS = 0.2


class EndedByOperator(BaseException):
    """Ctrl-C, or a signal that means the same."""


def end(_number: int, _frame: FrameType | None) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    raise EndedByOperator


def main(arguments: list[str]) -> int:
    began = time.monotonic()

    def say(message: str) -> None:
        print(f"[{time.monotonic() - began:5.1f} s] {message}", flush=True)

    warn_of_unknown()
    arena = load().arena
    folder = DataFolder(arena.data)
    site = Site(
        folder,
        port=arena.port,
        catalogue_file=arena.catalogue,
        free_mb=arena.free_mb,
        say=say,
    )
    if arguments[:1] == ["manage"]:
        if not wait_until_ready(folder):
            print(f"No site runs on {folder.path}: start it first by make run.", file=sys.stderr)
            return 1
        return subprocess.call(
            [sys.executable, ROOT / "manage.py", *arguments[1:]], env=site.environment()
        )
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    match arguments:
        case []:
            status = run(site)
        case ["backup", *files] if len(files) <= 1:
            target = Path(files[0]) if files else backup.default_target()
            status = do(lambda: backup.back_up(site, target), "The backup")
        case ["restore", source]:
            status = do(lambda: backup.restore(folder, Path(source), say=say), "The restore")
        case _:
            print(__doc__, file=sys.stderr)
            status = 2
    return status


def wait_until_ready(folder: DataFolder) -> bool:
    """Wait while a site prepares its database; False if none runs, or it ended."""
    waits = False
    while folder.is_in_use():
        if folder.ready_file.exists():
            return True
        if not waits:
            print("The site still prepares its database. Waiting for it.", file=sys.stderr)
        waits = True
        time.sleep(READY_POLL_SECONDS)
    return False


def do(act: Callable[[], None], name: str) -> int:
    """Do something with a site; exit code 0, or 1 with a message of what went wrong."""
    try:
        act()
    except EndedByOperator:
        print(f"\n{name} was broken off; nothing is left of it", file=sys.stderr)
        return 1
    except (EmbeddedError, OSError) as error:
        print(f"\n{name} failed: {error}", file=sys.stderr)
        return 1
    return 0


def run(site: Site) -> int:
    """Run a site until the operator ends it (exit code 0) or something fails (1)."""
    try:
        site.data.make()
        with site.data.lock():
            try:
                site.start()
                site.say(
                    f"Blind Arena runs at {site.url}\n"
                    f"          Data, logs and mails to members: {site.data.path}. "
                    "An account for /admin/: make admin. Ctrl-C ends it."
                )
                site.watch()
            finally:
                if site.children:
                    site.say("Ending")
                site.stop()
    except EndedByOperator:
        site.say("Ended; nothing is left running")
        return 0
    except (EmbeddedError, OSError) as error:
        print(f"\nBlind Arena ended: {error}", file=sys.stderr, flush=True)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
