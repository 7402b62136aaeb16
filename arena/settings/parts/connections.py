"""How Django, Celery and Channels reach PostgreSQL, Redis and the folder of images."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import environ


def database(url: str, *, pool_size: int, process: str) -> dict[str, Any]:
    """A Django database from a URL, with psycopg's connection pool.

    A Unix socket is named by the query: postgresql://user@/name?host=/folder.
    """
    config: dict[str, Any] = environ.Env.db_url_config(url)
    config["CONN_HEALTH_CHECKS"] = True  # no request fails for a connection that died in the pool
    # A visitor learns at once that the database is away; a worker waits for it.
    wait = 1.6 if process == "web" else 15
    config["OPTIONS"] = {
        **config.get("OPTIONS", {}),
        "prepare_threshold": 0,  # of cursors that prepare, see arena.integrity.prepared_statements
        "pool": {
            "min_size": 0,
            "max_size": pool_size,
            "timeout": wait,
            "max_idle": 60,
            # The pool waits longer after each failure to connect, and meanwhile nobody gets a
            # connection: start afresh often, to be back soon after a long absence of the database.
            "reconnect_timeout": 0.8 * wait,
        },
    }
    return config


def celery_broker(redis_url: str) -> str:
    """The Redis address as Celery takes it, which writes Unix sockets differently."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    database_number = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.path}?virtual_host={database_number}"


def channel_layers(redis_url: str) -> dict[str, Any]:
    return {
        "default": {
            "BACKEND": "arena.common.layer.WaitingChannelLayer",
            "CONFIG": {
                # Above the 5 s that a socket waits for an event at a time: redis-py's own time-out
                # is as long, and would close every idle socket.
                "hosts": [{"address": redis_url, "socket_timeout": 15}],
                "prefix": "arena",
                "expiry": 30,
            },
        }
    }


def caches(redis_url: str) -> dict[str, Any]:
    """A cache that all processes share, such as for log-ins, and one of each process."""
    return {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": redis_url,
            "KEY_PREFIX": "cache",
        },
        "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    }


def image_storage(folder: Path) -> dict[str, Any]:
    """Where images of prompts are stored; no URL serves the folder."""
    return {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(folder), "base_url": None},
    }
