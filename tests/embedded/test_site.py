"""What an operator sees of `make run`: it starts, says what is wrong, and leaves nothing behind."""

import json
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
from tests.conftest import UNLIMITED, write_catalogue
from tests.openai_server import OpenAIServer
from tests.speed import seconds, wait_until
from tests.visitor import Screen, Visitor

IDLE_SECONDS = 12.0


class Operator:
    """Runs the site's command on one data folder and reads what it prints."""

    def __init__(self, data: Path, catalogue: Path) -> None:
        self.data = data
        self.port = free_port()
        self.catalogue = catalogue
        self.runs: list[subprocess.Popen[str]] = []

    def run(self, **env: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "arena.embedded"],
            env={
                **os.environ,
                "ARENA_DATA": str(self.data),
                "ARENA_PORT": str(self.port),
                "ARENA_CATALOGUE": str(self.catalogue),
                **UNLIMITED,
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

    def interrupt(self, at: str, number: signal.Signals, *words: str) -> int:
        """Send a command a signal once it says something; its exit code."""
        process = subprocess.Popen(
            [sys.executable, "-m", "arena.embedded", *words],
            env={**os.environ, "ARENA_DATA": str(self.data)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert any(at in line for line in process.stdout)
        process.send_signal(number)
        process.communicate(timeout=seconds(240))
        return process.returncode

    def command(self, *words: str, **env: str) -> tuple[int, str]:
        """Run another command on the data folder: its exit code and all that it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "arena.embedded", *words],
            env={**os.environ, "ARENA_DATA": str(self.data), **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    def left_running(self) -> list[str]:
        """Every process that has the data folder in its command line or environment."""
        found = []
        for process in psutil.process_iter():
            try:
                line, environment = process.cmdline(), process.environ().values()
                ended = process.status() == psutil.STATUS_ZOMBIE
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
            if not ended and any(str(self.data) in word for word in (*line, *environment)):
                found.append(f"{process.pid} {line}")
        return found

    def child(self, name: str) -> psutil.Process:
        """The process of this site whose command line has a word."""
        for process in psutil.Process(self.runs[-1].pid).children():
            if any(name in word for word in process.cmdline()):
                return process
        raise AssertionError(f"No child has {name} in its command line.")

    def exports(self) -> list[str]:
        with urllib.request.urlopen(f"http://localhost:{self.port}/api/v1/exports") as reply:
            return [export["name"] for export in json.load(reply)["results"]]

    def bytes_logged_a_day(self) -> float:
        """At the rate of the next seconds; after a start, it takes a while to be quiet."""
        before = self._logged_bytes()
        time.sleep(IDLE_SECONDS)
        return (self._logged_bytes() - before) * 86_400 / IDLE_SECONDS

    def _logged_bytes(self) -> int:
        return sum(log.stat().st_size for log in (self.data / "logs").iterdir())

    def finishes_a_battle(self, seconds: float) -> bool:
        """Whether a visitor's battle is answered in so many seconds."""
        try:
            visitor = Visitor(f"http://localhost:{self.port}")
            with Screen(visitor, visitor.open()) as screen:
                screen.until_open(seconds)
        except (OSError, AssertionError):
            return False
        return True

    def contestants(self) -> list[str]:
        with urllib.request.urlopen(f"http://localhost:{self.port}/contestants/") as page:
            return re.findall(r'href="/contestants/([a-z-]+)/"', page.read().decode())


@pytest.fixture(scope="module")
def operator(
    tmp_path_factory: pytest.TempPathFactory, openai_server: OpenAIServer
) -> Iterator[Operator]:
    """One data folder for all tests below: initdb and migrations are done once."""
    folder = tmp_path_factory.mktemp("operator")
    catalogue = write_catalogue(
        folder / "catalogue.json",
        openai_server.url,
        dict.fromkeys(("left", "middle", "right"), "ok"),
    )
    operator = Operator(folder / "data", catalogue)
    yield operator
    for process in operator.runs:
        if process.poll() is None:
            process.kill()
            process.wait()


def outcome(process: subprocess.Popen[str]) -> tuple[int, str]:
    printed, _ = process.communicate(timeout=seconds(240))
    return process.returncode, printed


def test_it_serves_survives_a_kill_keeps_its_data_and_ends_on_ctrl_c(operator: Operator) -> None:
    process = operator.start()
    assert {"left", "middle", "right"} <= set(operator.contestants())
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


@pytest.mark.timeout(900)  # the site starts twice
def test_it_logs_little_and_starts_again_whatever_child_dies(operator: Operator) -> None:
    process = operator.start()
    wait_until(lambda: operator.bytes_logged_a_day() < 1_000_000, 120)

    words = {
        "PostgreSQL": "/bin/postgres",
        "Redis": "valkey-server",
        "web": "granian",
        "generation": "generation@%h",
        "ratings": "ratings@%h",
        "beat": "beat",
    }
    url = f"postgresql://arena@/arena?host={DataFolder(operator.data).sockets}"
    with psycopg.connect(url) as database:
        database.execute("UPDATE jobs_job SET known_since = known_since - interval '30 days'")
    killed = {name: operator.child(word) for name, word in words.items()}
    for child in killed.values():
        child.kill()
    assert process.stdout is not None
    reported = set()
    for line in process.stdout:
        reported |= {
            name for name in killed if f"{name} was killed by SIGKILL; starting it" in line
        }
        if reported == set(killed):
            break
    wait_until(lambda: operator.finishes_a_battle(seconds=60), 400, every=0.2)
    assert all(not child.is_running() for child in killed.values())
    wait_until(operator.exports, 200, every=0.2)  # the weekly one, missed for a month
    assert {operator.child(word).pid for word in words.values()}.isdisjoint(
        child.pid for child in killed.values()
    )
    process.send_signal(signal.SIGINT)
    assert outcome(process)[0] == 0
    assert operator.left_running() == []


# Votes, an image, and two exports, the second of which continues the chain of the first.
CONTENT = """
from io import BytesIO
from PIL import Image
from arena.battles.prompts import images
from arena.battles.models import Turn
from arena.contestants.models import Contestant
from arena.exports.services import publish_export
from arena.voters.models import Voter
from tests.exports.casting import cast_many
from tests.factories import make_contestants

models = make_contestants(4)
cast_many(models, [Voter.objects.create() for _ in range(3)])
publish_export()
cast_many(models[:2], [Voter.objects.create()])
file = BytesIO()
Image.new("RGB", (8, 8), "red").save(file, "PNG")
images.keep(Turn.objects.first(), images.checked(file.getvalue()))
publish_export()
# They have no endpoints: later battles are of the others.
Contestant.objects.filter(pk__in=[model.pk for model in models]).update(
    state="retired", state_reason="For a test."
)
"""


@pytest.mark.timeout(900)  # three sites start
def test_a_backup_of_the_running_site_restores_to_one_that_verifies(
    operator: Operator, tmp_path: Path
) -> None:
    process = operator.start()
    code, printed = operator.command("manage", "shell", "-c", CONTENT)
    assert code == 0, printed
    file = tmp_path / "backups" / "site.tar"
    code, printed = operator.command("backup", str(file))
    assert code == 0, printed
    assert "exports and 1 images" in printed and "keep it as you keep a password" in printed
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    code, printed = operator.command("backup", str(file))
    assert code == 1 and "exists already" in printed

    code, printed = operator.command("restore", str(file))
    assert code == 1 and "is not empty" in printed
    process.send_signal(signal.SIGINT)
    assert outcome(process)[0] == 0

    stopped = tmp_path / "stopped.tar"
    assert operator.interrupt("Dumping", signal.SIGINT, "backup", str(stopped)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["backups"]
    assert operator.left_running() == []
    code, printed = operator.command("backup", str(stopped))
    assert code == 0, printed
    assert operator.left_running() == []

    whole = file.read_bytes()
    for broken in (whole[: len(whole) // 2], b"", b"PGDMP", whole[:-20_000]):
        (tmp_path / "broken.tar").write_bytes(broken)
        code, printed = operator.command(
            "restore", str(tmp_path / "broken.tar"), ARENA_DATA=str(tmp_path / "data")
        )
        assert code == 1 and "cannot be restored" in printed, printed
        assert sorted(path.name for path in tmp_path.iterdir()) == [
            "backups",
            "broken.tar",
            "stopped.tar",
        ]

    restored = Operator(tmp_path / "data", operator.catalogue)
    assert restored.interrupt("Restoring the database", signal.SIGINT, "restore", str(file)) == 1
    assert not any("data" in path.name for path in tmp_path.iterdir())
    assert restored.interrupt("Restoring the database", signal.SIGKILL, "restore", str(file)) != 0
    assert not restored.data.exists()  # and what it had made does not stop the next one
    code, printed = restored.command("restore", str(file))
    assert code == 0, printed
    operator.runs.append(process := restored.start())
    site = f"http://localhost:{restored.port}"
    verified = subprocess.run(
        [sys.executable, "-m", "ratings", "verify", site],
        capture_output=True,
        text=True,
        check=False,
    )
    assert verified.returncode == 0, verified.stdout + verified.stderr
    for name in ("exports", "images"):
        assert contents(tmp_path / "data" / name) == contents(operator.data / name) != {}
    wait_until(lambda: restored.finishes_a_battle(seconds=60), 400)
    process.send_signal(signal.SIGINT)
    assert outcome(process)[0] == 0


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_killed_supervisor_takes_everything_with_it(operator: Operator) -> None:
    process = operator.start()
    process.kill()
    process.wait()
    wait_until(lambda: not operator.left_running(), 120, every=0.1)


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
