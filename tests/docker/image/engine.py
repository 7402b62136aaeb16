"""A Docker engine: the one that runs here, or one of our own for as long as it is needed."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

START_SECONDS = 60
STOP_SECONDS = 30


class Unavailable(Exception):
    """Docker cannot be had on this machine; the text says why."""


class Failed(Exception):
    """Docker is here, and what it was asked to do failed."""


class Docker:
    """The commands `docker` and `docker compose`, on one engine."""

    def __init__(self, env: dict[str, str]) -> None:
        self.env = env
        self._compose: list[str] = []
        if self.try_run("buildx", "version"):  # without it, only the older builder works
            self.env = {**env, "DOCKER_BUILDKIT": "0"}

    def run(self, *command: str | Path, stdin: str | None = None) -> str:
        """What `docker COMMAND` prints.

        Raises:
            Failed: it ended with an error; the text holds the end of what it printed.
        """
        return self._output(["docker", *map(str, command)], stdin)

    def try_run(self, *command: str | Path) -> str:
        """The error of `docker COMMAND`; empty if it succeeded."""
        try:
            self.run(*command)
        except Failed as error:
            return str(error)
        return ""

    def compose(self, folder: Path, *command: str) -> str:
        """What `docker compose COMMAND` prints, on the site in `folder`.

        Raises:
            Failed: it ended with an error.
        """
        if not self._compose:
            self._compose = self._find_compose()
        return self._output(
            [*self._compose, "--project-name", folder.name, "--project-directory", str(folder),
             "--file", str(folder / "compose.yaml"), *command]
        )  # fmt: skip

    def _find_compose(self) -> list[str]:
        if not self.try_run("compose", "version"):
            return ["docker", "compose"]
        if not shutil.which("docker-compose"):
            install("docker-compose")
        return ["docker-compose"]

    def _output(self, command: list[str], stdin: str | None = None) -> str:
        done = subprocess.run(
            command,
            env=self.env,
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            end = "\n".join(done.stdout.splitlines()[-40:])
            raise Failed(f"{' '.join(command)} ended with code {done.returncode}:\n{end}")
        return done.stdout


@contextmanager
def running(folder: Path) -> Iterator[Docker]:
    """The engine that runs here, or one that is started with its data in `folder`, and ended.

    Raises:
        Unavailable: there is none, and none can be started.
    """
    if shutil.which("docker"):
        docker = Docker(dict(os.environ))
        if not docker.try_run("info"):
            yield docker
            return
    if os.geteuid() != 0:
        raise Unavailable("no Docker engine answers, and only root can start one")
    for program in ("docker", "dockerd"):
        if not shutil.which(program):
            install("docker.io")
    socket = f"unix://{folder / 'docker.sock'}"
    docker = Docker({**os.environ, "DOCKER_HOST": socket})
    with (folder / "dockerd.log").open("w") as log:
        engine = subprocess.Popen(engine_command(folder, socket), stdout=log, stderr=log)
    try:
        wait_for(engine, docker, folder / "dockerd.log")
        yield docker
    finally:
        engine.terminate()
        try:
            engine.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            engine.kill()
            engine.wait()
        unmount_within(folder)


def unmount_within(folder: Path) -> None:
    """Unmount what an ended engine has left mounted, so that the folder can be removed."""
    mounted = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for path in reversed([path for path in mounted if Path(path).is_relative_to(folder)]):
        subprocess.run(["umount", "--lazy", path], check=False)


def engine_command(folder: Path, socket: str) -> Sequence[str]:
    return [
        "dockerd",
        *("--host", socket),
        *("--data-root", str(folder / "data")),
        *("--exec-root", str(folder / "exec")),
        *("--pidfile", str(folder / "dockerd.pid")),
    ]


def wait_for(engine: subprocess.Popen[bytes], docker: Docker, log: Path) -> None:
    """Wait until the engine answers.

    Raises:
        Unavailable: it ended, or did not answer in time.
    """
    deadline = time.monotonic() + START_SECONDS
    while docker.try_run("info"):
        if engine.poll() is not None or time.monotonic() > deadline:
            last = (log.read_text().splitlines() or ["it printed nothing"])[-1]
            raise Unavailable(f"dockerd does not start: {last}")
        time.sleep(0.2)


def install(package: str) -> None:
    """Install a package of Debian.

    Raises:
        Unavailable: this is no Debian, we are not root, or it cannot be installed.
    """
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise Unavailable(f"{package} is not installed")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], env=env, check=False)
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package]
    done = subprocess.run(command, env=env, stdout=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise Unavailable(f"{package} cannot be installed")
