"""Back up a site of `make run` into one file, and restore it into an empty data folder."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from arena.backup.archive import DATABASE, SECRETS, BadArchive, Reader
from arena.embedded.errors import EmbeddedError
from arena.embedded.folder import DataFolder
from arena.embedded.servers.postgres import BIN
from arena.embedded.supervisor import DATABASE as DATABASE_NAME
from arena.embedded.supervisor import ROOT, Site

Say = Callable[[str], None]


def default_target() -> Path:
    """The default file of a backup: in the folder `backups`, named by the time."""
    return ROOT / "backups" / f"blind-arena-{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}.tar"


def back_up(site: Site, target: Path) -> None:
    """Write a backup of a site. The site may run.

    A backup that is broken off leaves nothing.

    Raises:
        EmbeddedError: there is no site, the target exists, or the backup failed.
        OSError: the target cannot be written.
    """
    if not (site.data / "postgres" / "PG_VERSION").exists():
        raise EmbeddedError(f"{site.data.path} holds no site. ARENA_DATA names its folder.")
    if target.exists():
        raise EmbeddedError(f"{target} exists already: name another file.")
    target.parent.mkdir(parents=True, exist_ok=True)
    dump, partial = (target.with_name(f"{target.name}.{end}") for end in ("dump", "partial"))
    with ExitStack() as stack:
        stack.enter_context(_database(site))
        for path in (dump, partial):
            stack.callback(path.unlink, missing_ok=True)
        site.say("Dumping the database")
        with _private(dump) as file:
            _run(
                [
                    *(BIN / "pg_dump", "--format=custom", "--no-owner", "--no-privileges"),
                    site.postgres.url(DATABASE_NAME),
                ],
                "The database could not be dumped",
                stdout=file,
            )
        site.say("Adding exports, images and secrets")
        with dump.open("rb") as source, _private(partial) as file:
            size = os.fstat(source.fileno()).st_size
            _manage(site, "backup_write", f"--dump-bytes={size}", stdin=source, stdout=file)
            os.fsync(file.fileno())
        partial.rename(target)
    site.say(f"Backup: {target}. It holds the site's secrets: keep it as you keep a password.")


def restore(folder: DataFolder, source: Path, *, say: Say) -> None:
    """Restore a backup into a data folder that does not exist yet, or is empty.

    The site is built beside the folder and takes its name at the end, so that a restore that is
    broken off leaves no half of a site.

    Raises:
        EmbeddedError: the folder is not empty, or the backup cannot be restored.
        OSError: a file cannot be read or written.
    """
    if folder.path.exists() and any(folder.path.iterdir()):
        raise EmbeddedError(
            f"{folder.path} is not empty, and a restore replaces nothing. Move it away, or name"
            " a new folder by ARENA_DATA."
        )
    building = DataFolder(folder.path.with_name(f".{folder.path.name}.restoring"))
    building.make()
    with building.lock(), ExitStack() as stack:
        stack.callback(shutil.rmtree, building.path, ignore_errors=True)
        _empty(building)
        site = Site(building, port=0, say=say)
        stack.callback(site.stop)
        say(f"Reading {source}")
        try:
            _unpack(source, building)
        except BadArchive as error:
            raise EmbeddedError(f"{source} cannot be restored: {error}") from error
        with source.open("rb") as file:
            _manage(site, "backup_check", stdin=file)
        say("Restoring the database")
        site.launch("postgres")
        site.postgres.ensure_database(DATABASE_NAME)
        _run(
            [
                *(BIN / "pg_restore", "--no-owner", "--no-privileges", "--exit-on-error"),
                *("--single-transaction", "--dbname", site.postgres.url(DATABASE_NAME)),
                building / DATABASE,
            ],
            "The database could not be restored",
        )
        say("Restoring exports and images")
        with source.open("rb") as file:
            _manage(site, "backup_files", stdin=file)
        site.stop()
        (building / DATABASE).unlink()
        building.path.rename(folder.path)
        stack.pop_all()
    say(f"Restored into {folder.path}. `make run` starts it.")


@contextmanager
def _database(site: Site) -> Iterator[None]:
    """The site's PostgreSQL: of the running site, or started for the length of the block."""
    with ExitStack() as stack:
        try:
            stack.enter_context(site.data.lock())
        except EmbeddedError as error:
            if not site.postgres.answers():
                raise EmbeddedError(
                    "The site is starting or ending: try again in a moment."
                ) from error
        else:
            site.data.end_leftovers()
            stack.callback(site.stop)
            site.launch("postgres")
        yield


def _unpack(source: Path, target: DataFolder) -> None:
    """Take the database's dump and the secrets out of a backup, and check all of it."""
    with source.open("rb") as file:
        for name, content in Reader(file):
            if name in (DATABASE, SECRETS):
                with _private(target / name) as copy:
                    shutil.copyfileobj(content, copy)


def _empty(folder: DataFolder) -> None:
    """Remove what a killed restore left behind."""
    folder.end_leftovers()
    for path in folder.path.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != "lock":
            path.unlink()
    folder.make()


@contextmanager
def _private(path: Path) -> Iterator[BinaryIO]:
    """A new file that only its owner may read."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        yield file


def _manage(
    site: Site, *words: str, stdin: BinaryIO | None = None, stdout: BinaryIO | None = None
) -> None:
    _run(
        [sys.executable, ROOT / "manage.py", *words],
        "The backup could not be read or written",
        env=site.environment(),
        stdin=stdin,
        stdout=stdout,
    )


def _run(
    command: list[str | Path],
    failed: str,
    *,
    env: dict[str, str] | None = None,
    stdin: BinaryIO | None = None,
    stdout: BinaryIO | None = None,
) -> None:
    """Run a program.

    Raises:
        EmbeddedError: it failed; the text is `failed`, then what the program said.
    """
    process = subprocess.run(
        command,
        env=env,
        stdin=stdin or subprocess.DEVNULL,
        stdout=stdout or subprocess.PIPE,
        stderr=subprocess.PIPE,
        check=False,
    )
    said = process.stderr.decode(errors="replace").strip()
    if process.returncode:
        raise EmbeddedError(f"{failed}: {said}")
    if said:
        print(said, file=sys.stderr)
