"""Real PostgreSQL and Redis for every test that asks for them, in a folder of their own."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from arena.embedded.postgres import Postgres
from arena.embedded.redis import Redis

FOLDER = Path(tempfile.mkdtemp(prefix="arena-test-"))
POSTGRES = Postgres(FOLDER / "postgres", sockets=FOLDER, log=FOLDER / "postgres.log", durable=False)
REDIS = Redis(FOLDER / "redis", sockets=FOLDER, log=FOLDER / "redis.log")

# The settings read these while the tests are collected, before any server runs.
os.environ["DJANGO_SETTINGS_MODULE"] = "arena.settings.test"
os.environ["DATABASE_URL"] = POSTGRES.url("arena")
os.environ["REDIS_URL"] = REDIS.url


def pytest_configure(config: pytest.Config) -> None:
    import django

    django.setup()
    config.pluginmanager.import_plugin("tests.factories")


def pytest_unconfigure() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    child = POSTGRES.start()
    yield POSTGRES
    child.stop()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(postgres: Postgres) -> None:
    """pytest-django's hook before it makes the test database."""


@pytest.fixture(scope="session")
def _redis_server() -> Iterator[None]:
    child = REDIS.start()
    yield
    child.stop()


@pytest.fixture(autouse=True)
def _empty_redis(_redis_server: None) -> Iterator[None]:
    yield
    import redis

    with redis.Redis.from_url(REDIS.url) as client:
        client.flushdb()


@pytest.fixture(scope="session")
def openai_server() -> Iterator[Any]:
    """An endpoint that behaves as the model id of a request says; see its BEHAVIOURS."""
    from tests.openai_server import OpenAIServer

    with OpenAIServer() as server:
        yield server
