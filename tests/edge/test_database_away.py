"""Without PostgreSQL, every request soon gets a reply that says so."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from arena.embedded.supervisor import free_port
from tests.speed import seconds

MOST_SECONDS = 5.0  # a pool that waited took 15
ATTEMPTS = 5  # the machine may be busy with something else


def status(url: str) -> tuple[int, str, float]:
    begun = time.monotonic()
    try:
        with urllib.request.urlopen(url, timeout=seconds(120)) as response:
            return response.status, "", time.monotonic() - begun
    except urllib.error.HTTPError as error:
        return error.code, error.headers["Content-Type"], time.monotonic() - begun


def test_pages_say_that_the_database_is_away(tmp_path: Path) -> None:
    port = free_port()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "granian", "--interface", "asgi"),
            *("--host", "127.0.0.1", "--port", str(port), "arena.asgi:application"),
        ],
        env={
            **os.environ,
            "DATABASE_URL": f"postgresql://arena@/arena?host={tmp_path}",
            "ARENA_PROCESS": "web",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        while True:
            try:
                assert status(f"{url}/alive")[0] == 200
                break
            except urllib.error.URLError:
                assert process.poll() is None
        status(f"{url}/health")  # what the first one loads
        for path in ("/health", "/", "/leaderboard/", "/contestants/", "/api/v1/boards"):
            taken = float("inf")
            for _ in range(ATTEMPTS):
                code, kind, one = status(url + path)
                assert code == 503, path
                assert kind == "application/problem+json" or "/api/" not in path
                taken = min(taken, one)
                if taken < MOST_SECONDS:
                    break
            assert taken < seconds(MOST_SECONDS), path
    finally:
        process.terminate()
        process.wait(seconds(60))
