"""A health check that finds a worker which runs and does not work."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg
import pytest
from celery.utils.nodenames import worker_direct

from arena.celery import app
from arena.embedded.processes.children import Child
from arena.embedded.supervisor import ROOT
from arena.processes import alive
from tests.speed import seconds, wait_until

WORKER, BEAT = "alive@test", "beat@test"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(alive, "REPLY_SECONDS", 2.0)
    monkeypatch.setattr(alive, "TASK_SECONDS", 2.0)
    monkeypatch.setattr(alive, "FAILURES", tmp_path / "failures")


def celery(log: Path, *words: str, env: Mapping[str, str] = os.environ) -> Child:
    command = [sys.executable, "-m", "celery", "-A", "arena", *words, "-l", "INFO"]
    return Child("celery", command, log=log, env=env, cwd=ROOT)


@pytest.fixture
def worker(tmp_path: Path, database_environment: dict[str, str]) -> Iterator[Child]:
    words = ("worker", "-n", WORKER, "-Q", "alive", "-P", "threads", "-c", "1")
    child = celery(tmp_path / "log", *words, env=database_environment)
    child.wait_until(lambda: child.logged(" ready."), seconds=seconds(120))
    yield child
    os.killpg(child.pid, signal.SIGCONT)
    child.stop()


def until_told(trouble: str, *, longest: float = 1800) -> None:
    """Wait until the check says this of the worker; on a slow machine it may say other things."""
    wait_until(lambda: alive.trouble_of(WORKER, longest=longest).startswith(trouble))


def until_fine() -> None:
    wait_until(lambda: not alive.trouble_of(WORKER, longest=1800))


def test_a_worker_that_works_is_fine(worker: Child) -> None:
    until_fine()
    wait_until(lambda: alive.main([WORKER]) == 0)


def test_a_stopped_worker_is_found(worker: Child, capsys: pytest.CaptureFixture[str]) -> None:
    os.killpg(worker.pid, signal.SIGSTOP)
    assert alive.trouble_of(WORKER, longest=1800) == "It does not answer."
    assert alive.main([WORKER]) == 1
    assert f"{WORKER}: It does not answer." in capsys.readouterr().err


def test_a_worker_that_answers_and_takes_no_tasks_is_found(worker: Child) -> None:
    for queue in ("alive", worker_direct(WORKER).name):
        app.control.cancel_consumer(queue, destination=[WORKER], reply=True)
    wait_until(lambda: app.control.inspect([WORKER], timeout=2).ping())
    until_told("It takes no tasks.")


def test_a_full_pool_is_fine_until_a_task_takes_too_long(
    worker: Child, database_environment: dict[str, str]
) -> None:
    # The task waits for a lock on the table that it reads first.
    with psycopg.connect(database_environment["DATABASE_URL"]) as database:
        database.execute("LOCK TABLE jobs_job")
        app.send_task("arena.jobs.tasks.start_due", queue="alive")
        wait_until(lambda: (app.control.inspect([WORKER], timeout=2).active() or {}).get(WORKER))
        until_fine()
        until_told("A task has run for", longest=0.5)
    until_fine()


@pytest.fixture
def beat(tmp_path: Path) -> Iterator[Child]:
    child = celery(tmp_path / "log", "beat", "-n", BEAT, "-S", "celery.beat:Scheduler")
    child.wait_until(lambda: not alive.trouble_of(BEAT, longest=0), seconds=seconds(120))
    yield child
    os.killpg(child.pid, signal.SIGCONT)
    child.stop()


def test_beat_answers_while_it_ticks(beat: Child) -> None:
    wait_until(lambda: not alive.trouble_of(BEAT, longest=0))
    os.killpg(beat.pid, signal.SIGSTOP)
    assert alive.trouble_of(BEAT, longest=0) == "It does not answer."


def test_no_worker_is_reported_while_redis_is_away() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "arena.processes.alive", WORKER, "--end-after", "1"],
        env={**os.environ, "REDIS_URL": "redis://127.0.0.1:1/0"},
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    assert "Redis does not answer" in done.stdout


def test_failures_are_counted_and_nothing_is_ended_outside_of_a_container(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for _ in range(2):
        assert alive.main(["nobody@test", "--end-after", "3"]) == 1
    assert "nothing is ended" not in capsys.readouterr().err
    assert alive.main(["nobody@test", "--end-after", "3"]) == 1
    assert "nothing is ended" in capsys.readouterr().err
