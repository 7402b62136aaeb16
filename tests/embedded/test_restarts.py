"""A program that dies is started again, ever more rarely while it cannot run."""

import os
import sys
import time
from pathlib import Path

import pytest

from arena.embedded import supervisor
from arena.embedded.folder import DataFolder
from arena.embedded.processes import restarts
from arena.embedded.processes.restarts import Restarts
from arena.embedded.supervisor import Site, free_port
from tests.speed import wait_until


def test_the_pause_doubles_up_to_a_minute_and_is_reset() -> None:
    now = 100.0
    program = Restarts(clock=lambda: now)
    assert [program.wait(ran_seconds=0) for _ in range(9)] == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    now += 59.9
    assert program.waiting and not program.due
    now += 0.1
    assert program.waiting and program.due
    assert program.wait(ran_seconds=61) == 1
    program.started()
    assert not program.waiting


class Watched:
    """A site of two programs: `beat` can never run."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, web: list[str]) -> None:
        monkeypatch.setattr(restarts, "FIRST_SECONDS", 0.05)
        programs = {
            "beat": [sys.executable, "-c", "import sys; sys.exit('no such model')"],
            "web": web,
        }
        monkeypatch.setattr(supervisor, "DJANGO_PROCESSES", programs)
        data = DataFolder(folder / "data")
        data.make()
        self.said: list[str] = []
        self.site = Site(data, port=free_port(), say=self._say)
        self.enough = 4

    class Enough(Exception):
        pass

    def _say(self, line: str) -> None:
        self.said.append(line)
        if len(self.said) == self.enough:
            raise self.Enough

    def watch(self) -> None:
        with pytest.raises(self.Enough):
            self.site.watch()


def test_a_program_that_cannot_run_neither_ends_the_site_nor_is_started_in_a_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(tmp_path, monkeypatch, ["sleep", "600"])
    site = watched.site
    site.launch("beat")
    web = site.launch("web")
    began = time.monotonic()
    try:
        watched.watch()
        assert time.monotonic() - began > 0.05 + 0.1 + 0.2
        assert web.running and site.children["web"] is web
        assert all(
            "beat ended with exit code 1; starting it again" in line for line in watched.said
        )
        assert "no such model" in site.log("beat").read_text()
    finally:
        site.stop()
    assert not site.children


def test_the_children_of_a_dead_program_are_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid_file = tmp_path / "pid"
    web = ["sh", "-c", f"sleep 600 & echo $! > {pid_file}; exit 7"]
    watched = Watched(tmp_path, monkeypatch, web)
    watched.enough = 1
    watched.site.launch("web")
    watched.watch()
    assert "web ended with exit code 7" in watched.said[0]
    with pytest.raises(ProcessLookupError):
        wait_until(lambda: os.kill(int(pid_file.read_text()), 0))
