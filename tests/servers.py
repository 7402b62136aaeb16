"""PostgreSQL and Redis of the tests. Importing this points the settings at them.

Each process of a run has servers of its own, in a folder that it removes at its end. Their
cluster is a copy of a kept one, in which all migrations have run: the first run with a new set of
migrations makes it, every other run starts in a second.

`ARENA_TEST_DATABASE_URL` and `ARENA_TEST_REDIS_URL` name servers that are already running instead.
The tests make databases of their own in the first, and empty Redis databases of the second: the
one that the address names (0 if none), and one more for each further process of a parallel run.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import redis
from psycopg import sql

from arena.embedded.servers.postgres import Postgres
from arena.embedded.servers.redis import Redis

ROOT = Path(__file__).resolve().parents[1]
KEPT_CLUSTERS = 4  # so that switching between branches costs nothing
TEMPLATE_LOCK = 7_402_311  # an advisory lock: one process makes the template


def migrations_digest() -> str:
    """Digest of everything that decides what a migrated database is."""
    files = [
        *ROOT.glob("*/migrations/*.py"),
        *ROOT.glob("*/*/migrations/*.py"),
        ROOT / "requirements.txt",
        ROOT / "requirements" / "embedded.txt",
    ]
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(f"{file.relative_to(ROOT)}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


FOLDER = Path(tempfile.mkdtemp(prefix="arena-test-"))
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "blind-arena", "tests")
KEPT = CACHE / f"cluster-{migrations_digest()}"
GIVEN_DATABASE = os.environ.get("ARENA_TEST_DATABASE_URL", "")
GIVEN_REDIS = os.environ.get("ARENA_TEST_REDIS_URL", "")
DATABASE = f"arena_test_{os.getpid()}" if GIVEN_DATABASE else "arena"
POSTGRES = Postgres(FOLDER / "postgres", sockets=FOLDER, log=FOLDER / "postgres.log", durable=False)
REDIS = Redis(FOLDER / "redis", sockets=FOLDER, log=FOLDER / "redis.log")


def database_url(name: str = DATABASE) -> str:
    """The address of a database on the server of the tests."""
    if GIVEN_DATABASE:
        parts = urlsplit(GIVEN_DATABASE)
        return f"{parts.scheme}://{parts.netloc}/{name}" + (
            f"?{parts.query}" if parts.query else ""
        )
    return POSTGRES.url(name)


def redis_url() -> str:
    """The address of the Redis database that this process may empty."""
    if not GIVEN_REDIS:
        return REDIS.url
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    parts = urlsplit(GIVEN_REDIS)
    if parts.scheme == "unix":  # the path is the socket's
        named = int(parse_qs(parts.query).get("db", ["0"])[0])
        return f"unix://{parts.path}?db={named + worker}"
    named = int(parts.path.strip("/") or 0)
    return f"{parts.scheme}://{parts.netloc}/{named + worker}"


os.environ["DJANGO_SETTINGS_MODULE"] = "arena.settings.test"
os.environ["DATABASE_URL"] = database_url()
os.environ["REDIS_URL"] = redis_url()
os.environ["ARENA_GOLD_ONE_IN"] = "0"  # tests of checks ask for them
os.environ["STATIC_ROOT"] = tempfile.mkdtemp(prefix="static-", dir=FOLDER)


def remove_folder() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)


@contextmanager
def postgres_running() -> Iterator[None]:
    """A PostgreSQL with the database of the tests, in which all migrations have run."""
    if GIVEN_DATABASE:
        with _database_of_given_server():
            yield
        return
    copy_kept_cluster(POSTGRES.data)
    child = POSTGRES.start()
    try:
        yield
    finally:
        child.stop()


@contextmanager
def redis_running() -> Iterator[None]:
    """A Redis that is empty."""
    if GIVEN_REDIS:
        empty_redis()
        yield
        return
    child = REDIS.start()
    try:
        yield
    finally:
        child.stop()


def empty_redis() -> None:
    with redis.Redis.from_url(redis_url()) as client:
        client.flushdb()


def copy_kept_cluster(folder: Path) -> None:
    """Copy the kept cluster, in which the database `arena` is migrated, to a new folder."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one process makes it, the others wait
        if not KEPT.exists():
            _make_kept_cluster()
        os.utime(KEPT)
        _copy(KEPT, folder)


def _make_kept_cluster() -> None:
    postgres = Postgres(
        FOLDER / "kept", sockets=FOLDER, log=FOLDER / "kept-cluster.log", durable=False
    )
    child = postgres.start()
    try:
        postgres.ensure_database("arena")
        _migrate(postgres.url("arena"))
    finally:
        child.stop()
    # Beside its place first: a copy that is interrupted is never taken for the whole.
    staging = KEPT.with_suffix(".part")
    shutil.rmtree(staging, ignore_errors=True)
    _copy(postgres.data, staging)
    staging.rename(KEPT)
    shutil.rmtree(postgres.data)
    kept = sorted(CACHE.glob("cluster-*"), key=lambda path: path.stat().st_mtime)
    for old in kept[:-KEPT_CLUSTERS]:
        shutil.rmtree(old)


def _copy(source: Path, target: Path) -> None:
    """Copy a folder with its owners: PostgreSQL refuses to run as root, and files of another."""
    subprocess.run(["cp", "-a", "--reflink=auto", source, target], check=True)


def _migrate(url: str) -> None:
    subprocess.run(
        [sys.executable, ROOT / "manage.py", "migrate", "--verbosity", "0"],
        env={**os.environ, "DATABASE_URL": url},
        check=True,
    )


@contextmanager
def _database_of_given_server() -> Iterator[None]:
    """A database of this process, copied from a migrated one that stays on the server."""
    template = f"arena_template_{migrations_digest()}"
    names = {"name": sql.Identifier(DATABASE), "template": sql.Identifier(template)}
    with psycopg.connect(database_url("postgres"), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [TEMPLATE_LOCK])
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [template])
        if known.fetchone() is None:
            making = f"{template}_part"
            part = {"part": sql.Identifier(making), **names}
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {part}").format(**part))
            connection.execute(sql.SQL("CREATE DATABASE {part}").format(**part))
            _migrate(database_url(making))
            connection.execute(sql.SQL("ALTER DATABASE {part} RENAME TO {template}").format(**part))
        connection.execute(sql.SQL("CREATE DATABASE {name} TEMPLATE {template}").format(**names))
    try:
        yield
    finally:
        with psycopg.connect(database_url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {name} WITH (FORCE)").format(**names))


@contextmanager
def running() -> Iterator[None]:
    """Both servers, Django, and a database with the site's tables: for a command without pytest."""
    import django

    with ExitStack() as stack:
        stack.callback(remove_folder)
        stack.enter_context(postgres_running())
        stack.enter_context(redis_running())
        django.setup()
        yield
