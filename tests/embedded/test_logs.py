"""Logs stay below a bound while programs go on writing into them."""

import os
import sys
from pathlib import Path

from arena.embedded.processes import logs
from arena.embedded.processes.children import Child
from tests.speed import seconds

# Writes numbered lines as they are asked for by its own log's growth: 2,000 lines of 50 bytes.
WRITER = "import time\nfor n in range(2000):\n print(f'{n:049d}', flush=True)\n time.sleep(0.0005)"


def kept(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())


def test_a_program_continues_to_write_into_a_cut_log(tmp_path: Path) -> None:
    child = Child("writer", [sys.executable, "-c", WRITER], log=tmp_path / "a.log", env=os.environ)
    largest = 0
    while child.running:
        logs.rotate(tmp_path, kept_bytes=20_000)
        largest = max(largest, kept(tmp_path))
    assert child.process.returncode == 0
    logs.rotate(tmp_path, kept_bytes=20_000)
    assert kept(tmp_path) <= 20_000 < 2000 * 50
    # A log is emptied, never left with a hole before what is written next.
    text = (tmp_path / "a.log.1").read_bytes() + (tmp_path / "a.log").read_bytes()
    assert b"\0" not in text
    lines = text.splitlines()
    assert int(lines[-1]) == 1999
    numbers = [int(line) for line in lines[1:]]  # the first may be cut
    assert numbers == sorted(numbers)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.log", "a.log.1"]


def test_many_logs_share_the_bound(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"{number}.log").write_bytes(b"x" * 30_000)
        (tmp_path / f"{number}.log.1").write_bytes(b"y" * 10_000)
    logs.rotate(tmp_path, kept_bytes=600_000)
    assert kept(tmp_path) <= 600_000


def test_ready_is_seen_in_a_log_that_was_emptied_since(tmp_path: Path) -> None:
    log, go = tmp_path / "a.log", tmp_path / "go"
    log.write_text("old\n" * 1000)
    wait = f"until [ -e {go} ]; do sleep 0.05; done; echo ready; sleep 600"
    child = Child("writer", ["sh", "-c", wait], log=log, env=os.environ)
    try:
        logs.rotate(tmp_path, kept_bytes=1000)
        go.touch()
        child.wait_until(lambda: child.logged("ready"), seconds=seconds(60))
        assert not child.logged("old")
    finally:
        child.kill()


def test_files_of_older_versions_are_removed(tmp_path: Path) -> None:
    for name in ("web.previous", "web.partial", "web.log", "web.log.1"):
        (tmp_path / name).touch()
    logs.tidy(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["web.log", "web.log.1"]
