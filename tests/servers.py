"""PostgreSQL and Redis of one run, in a folder of their own that goes with it.

Importing this points the settings at them, before any server runs.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from arena.embedded.postgres import Postgres
from arena.embedded.redis import Redis

FOLDER = Path(tempfile.mkdtemp(prefix="arena-test-"))
POSTGRES = Postgres(FOLDER / "postgres", sockets=FOLDER, log=FOLDER / "postgres.log", durable=False)
REDIS = Redis(FOLDER / "redis", sockets=FOLDER, log=FOLDER / "redis.log")

os.environ["DJANGO_SETTINGS_MODULE"] = "arena.settings.test"
os.environ["DATABASE_URL"] = POSTGRES.url("arena")
os.environ["REDIS_URL"] = REDIS.url
os.environ["ARENA_CHECK_ONE_IN"] = "0"  # tests of checks ask for them
os.environ["STATIC_ROOT"] = tempfile.mkdtemp(prefix="static-", dir=FOLDER)


def remove_folder() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)


@contextmanager
def running() -> Iterator[None]:
    """Both servers, Django, and a database with the site's tables: for a command without pytest."""
    import django
    from django.core.management import call_command

    with ExitStack() as stack:
        stack.callback(remove_folder)
        for server in (POSTGRES, REDIS):
            stack.callback(server.start().stop)
        POSTGRES.ensure_database("arena")
        django.setup()
        call_command("migrate", verbosity=0)
        yield
