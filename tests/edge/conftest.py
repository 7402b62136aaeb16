"""A web server of its own: what ships in production, on the test's database."""

import secrets
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from arena.embedded.supervisor import answers, free_port
from tests.speed import seconds


@dataclass(frozen=True, slots=True)
class WebServer:
    """A running granian with one worker process."""

    url: str
    pid: int

    @property
    def memory(self) -> int:
        """Bytes of memory that the server and the decoders that it started use now.

        Each page that several share counts as a part for each of them (PSS).
        """
        return sum(map(_memory_of, [self.pid, *_descendants(self.pid)]))


def _descendants(pid: int) -> Iterator[int]:
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        children = [child for each in threads for child in (each / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return
    for child in map(int, children):
        yield child
        yield from _descendants(child)


def _memory_of(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


@pytest.fixture
def server(database_environment: dict[str, str], tmp_path: Path) -> Iterator[WebServer]:
    """The server, behind a proxy that says which network a request comes from."""
    port = free_port()
    with (tmp_path / "web.log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "granian", "--interface", "asgi"),
                *("--host", "127.0.0.1", "--port", str(port), "arena.asgi:application"),
            ],
            env={**database_environment, "ARENA_TRUSTED_PROXIES": "1"},
            stdout=log,
            stderr=log,
        )
    try:
        while not answers(port):
            assert process.poll() is None, (tmp_path / "web.log").read_text()
        yield WebServer(f"http://127.0.0.1:{port}", process.pid)
        assert process.poll() is None, "The server ended."
    finally:
        process.terminate()
        process.wait(seconds(60))


def upload(server: WebServer, image: bytes, network: str) -> int:
    """The status of a new visitor's battle about an image, sent from that network; 0: none."""
    boundary, token = uuid4().hex, secrets.token_hex(16)
    part = f"--{boundary}\r\nContent-Disposition: form-data; name="
    text = f'{part}"prompt"\r\n\r\nWhy?\r\n{part}"image"; filename="image"\r\n\r\n'
    body = text.encode() + image + f"\r\n--{boundary}--\r\n".encode()
    request = urllib.request.Request(
        f"{server.url}/api/v1/battles",
        body,
        {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Cookie": f"csrftoken={token}",
            "X-CSRFToken": token,
            "X-Forwarded-For": network,
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=seconds(120)) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
    except urllib.error.URLError:
        return 0  # refused before it was sent whole
