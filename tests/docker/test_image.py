"""What the check of the image makes of machines without Docker, and of missing images."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docker.image.bases import has
from tests.docker.image.engine import Docker, Failed

ROOT = Path(__file__).resolve().parents[2]
DOCKER = """\
#!/bin/sh
[ "$1" = pull ] && echo "Error response from daemon: $ANSWER"
exit 1
"""


def docker_that_answers(folder: Path, answer: str) -> Docker:
    program = folder / "docker"
    program.write_text(DOCKER)
    program.chmod(0o755)
    return Docker({"PATH": f"{folder}:{os.environ['PATH']}", "ANSWER": answer})


def test_a_machine_without_docker_is_told_in_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.docker.image"],
        cwd=ROOT,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    [line] = done.stdout.splitlines()
    assert line.startswith("The image was not built: Docker cannot be had here (")


@pytest.mark.parametrize(
    "answer",
    [
        "dial tcp: lookup registry-1.docker.io on 127.0.0.53:53: no such host",
        "dial tcp 10.0.0.1:443: i/o timeout",
        "net/http: TLS handshake timeout",
        "dial tcp 10.0.0.1:443: connect: connection refused",
        "proxyconnect tcp: dial tcp: no route to host",
    ],
)
def test_images_are_made_here_where_no_registry_can_be_reached(tmp_path: Path, answer: str) -> None:
    assert not has(docker_that_answers(tmp_path, answer), "python:3.11-slim-bookworm")


@pytest.mark.parametrize(
    "answer",
    [
        "manifest for postgres:181-bookworm not found: manifest unknown: manifest unknown",
        "pull access denied for potsgres, repository does not exist",
        "toomanyrequests: You have reached your pull rate limit.",
        "no matching manifest for linux/riscv64 in the manifest list entries",
    ],
)
def test_an_image_that_a_registry_refuses_is_a_failure(tmp_path: Path, answer: str) -> None:
    with pytest.raises(Failed, match=answer.split(maxsplit=1)[0]):
        has(docker_that_answers(tmp_path, answer), "postgres:181-bookworm")
