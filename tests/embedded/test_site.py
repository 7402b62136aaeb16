"""What an operator sees of `make run`: it starts, says what is wrong, and leaves nothing behind."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from arena.embedded.folder import DataFolder
from arena.embedded.supervisor import free_port
from tests.conftest import write_catalogue


class Operator:
    """Runs the site's command on one data folder and reads what it prints."""

    def __init__(self, data: Path, catalogue: Path) -> None:
        self.data = data
        self.port = free_port()
        self._catalogue = catalogue
        self.runs: list[subprocess.Popen[str]] = []

    def run(self, **env: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "arena.embedded"],
            env={
                **os.environ,
                "ARENA_DATA": str(self.data),
                "ARENA_PORT": str(self.port),
                "ARENA_CATALOGUE": str(self._catalogue),
                **env,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.runs.append(process)
        return process

    def start(self, **env: str) -> subprocess.Popen[str]:
        """Run it until it serves."""
        process = self.run(**env)
        assert process.stdout is not None
        printed = ""
        for line in process.stdout:
            printed += line
            if "runs at" in line:
                return process
        raise AssertionError(f"The site did not start: {printed}")

    def left_running(self) -> list[str]:
        """Every process that has the data folder in its command line or environment."""
        found = []
        for process in psutil.process_iter():
            try:
                words = [*process.cmdline(), *process.environ().values()]
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
            if process.status() != psutil.STATUS_ZOMBIE and any(
                str(self.data) in word for word in words
            ):
                found.append(f"{process.pid} {process.cmdline()}")
        return found

    def child(self, name: str) -> psutil.Process:
        """The process of this site whose command line has a word."""
        for process in psutil.Process(self.runs[-1].pid).children():
            if any(name in word for word in process.cmdline()):
                return process
        raise AssertionError(f"No child has {name} in its command line.")

    def contestants(self) -> list[str]:
        with urllib.request.urlopen(f"http://localhost:{self.port}/contestants/") as page:
            return re.findall(r'href="/contestants/([a-z-]+)/"', page.read().decode())


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """One data folder for all tests below: initdb and migrations are done once."""
    folder = tmp_path_factory.mktemp("operator")
    catalogue = write_catalogue(
        folder / "catalogue.json", "http://127.0.0.1:9/v1", {"left": "ok", "right": "ok"}
    )
    operator = Operator(folder / "data", catalogue)
    yield operator
    for process in operator.runs:
        if process.poll() is None:
            process.kill()
            process.wait()


def outcome(process: subprocess.Popen[str]) -> tuple[int, str]:
    printed, _ = process.communicate(timeout=60)
    return process.returncode, printed


def test_it_serves_survives_a_kill_keeps_its_data_and_ends_on_ctrl_c(operator: Operator) -> None:
    process = operator.start()
    assert {"left", "right"} <= set(operator.contestants())
    assert (operator.data / "secrets.json").stat().st_mode & 0o777 == 0o600

    code, printed = outcome(operator.run())
    assert code == 1
    assert "already runs" in printed and "ARENA_DATA" in printed

    url = f"postgresql://arena@/arena?host={DataFolder(operator.data).sockets}"
    with psycopg.connect(url) as database:
        database.execute(
            "UPDATE contestants_contestant SET state = 'retired', state_reason = 'For a test.'"
            " WHERE slug = 'left'"
        )
    process.kill()
    process.wait()
    process = operator.start()  # while the children of the first are still ending
    with psycopg.connect(url) as database:
        row = database.execute("SELECT state FROM contestants_contestant WHERE slug = 'left'")
        assert row.fetchone() == ("retired",)

    process.send_signal(signal.SIGINT)
    assert outcome(process)[0] == 0
    assert operator.left_running() == []


@pytest.mark.parametrize(("word", "name"), [("valkey-server", "Redis"), ("granian", "web")])
def test_a_killed_child_is_named_and_everything_ends(
    operator: Operator, word: str, name: str
) -> None:
    process = operator.start()
    operator.child(word).kill()
    code, printed = outcome(process)
    assert code == 1
    assert f"{name} was killed by SIGKILL" in printed
    assert "The end of its log" in printed
    assert operator.left_running() == []


def test_a_killed_supervisor_takes_everything_with_it(operator: Operator) -> None:
    process = operator.start()
    process.kill()
    process.wait()
    deadline = time.monotonic() + 20
    while operator.left_running() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert operator.left_running() == []


def test_a_port_in_use_is_named(operator: Operator) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        code, printed = outcome(operator.run(ARENA_PORT=port))
    assert code == 1
    assert f"Port {port} cannot be used" in printed and "ARENA_PORT" in printed
    assert operator.left_running() == []


def test_a_full_disk_is_told_before_anything_starts(operator: Operator) -> None:
    code, printed = outcome(operator.run(ARENA_FREE_MB="1000000000"))
    assert code == 1
    assert "is full" in printed and "1000000000 MB are needed" in printed
    assert operator.left_running() == []


def test_a_data_folder_that_cannot_be_made_is_told(operator: Operator) -> None:
    code, printed = outcome(operator.run(ARENA_DATA="/dev/null/data"))
    assert code == 1
    assert "/dev/null/data cannot be used" in printed
