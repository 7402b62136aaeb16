"""Keep the logs of a site below a bound while its programs write into them."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

KEPT_BYTES = 200_000_000  # all logs together, the older part of each included
LARGEST_LOG_BYTES = 10_000_000


def rotate(folder: Path, *, kept_bytes: int = KEPT_BYTES) -> None:
    """Move what a large log holds to NAME.log.1, which replaces the older one of that name.

    The log itself is emptied, not renamed: its program has opened it for appending and continues
    writing at its new end. A line that is written in the instant between the copy and the emptying
    is lost.
    """
    logs = sorted(folder.glob("*.log"))
    if not logs:
        return
    largest = min(LARGEST_LOG_BYTES, kept_bytes // (2 * len(logs)))
    for log in logs:
        with suppress(FileNotFoundError):
            if log.stat().st_size > largest:
                _cut(log, largest)


def _cut(log: Path, kept_bytes: int) -> None:
    partial = log.with_suffix(".partial")
    with log.open("r+b") as source:
        source.seek(-min(kept_bytes, log.stat().st_size), os.SEEK_END)
        with partial.open("wb") as target:
            shutil.copyfileobj(source, target)
        source.truncate(0)
    partial.replace(log.with_name(f"{log.name}.1"))


def tidy(folder: Path) -> None:
    """Remove what an interrupted rotation or an earlier version of the site left behind."""
    for stale in (*folder.glob("*.previous"), *folder.glob("*.partial")):
        stale.unlink(missing_ok=True)
