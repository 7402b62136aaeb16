"""`make admin` waits for a site that still prepares its database."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from arena.embedded.folder import DataFolder
from arena.embedded.supervisor import ROOT
from tests.speed import seconds

WAITING = "The site still prepares its database. Waiting for it."


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[DataFolder]:
    made = DataFolder(tmp_path)
    made.make()
    yield made


def manage(folder: DataFolder) -> "subprocess.Popen[str]":
    """Start a command that needs no database, so that only the waiting is seen."""
    return subprocess.Popen(
        [sys.executable, "-m", "arena.embedded", "manage", "version"],
        cwd=ROOT,
        env={**os.environ, "ARENA_DATA": str(folder.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def first_line(process: "subprocess.Popen[str]") -> str:
    assert process.stderr is not None
    return process.stderr.readline().strip()


def test_it_says_that_no_site_runs(folder: DataFolder) -> None:
    folder.ready_file.touch()  # a site that was killed leaves it behind
    _, errors = (process := manage(folder)).communicate(timeout=seconds(120))
    assert process.returncode == 1
    assert "No site runs" in errors


def test_it_waits_while_the_database_is_prepared(folder: DataFolder) -> None:
    folder.ready_file.touch()
    with folder.lock():
        process = manage(folder)
        assert first_line(process) == WAITING
        assert process.poll() is None
        folder.ready_file.touch()
        output, _ = process.communicate(timeout=seconds(120))
    assert process.returncode == 0
    assert output.strip()


def test_it_ends_with_a_site_that_did_not_get_ready(folder: DataFolder) -> None:
    with folder.lock():
        process = manage(folder)
        assert first_line(process) == WAITING
    _, errors = process.communicate(timeout=seconds(120))
    assert process.returncode == 1
    assert "No site runs" in errors
