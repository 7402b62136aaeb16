"""Starts all processes of a site in order, watches them, and ends them in the opposite order."""

import hashlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import NoReturn

from arena.embedded import catalogue, secrets
from arena.embedded.errors import EmbeddedError
from arena.embedded.folder import DataFolder
from arena.embedded.processes import logs
from arena.embedded.processes.children import READY_SECONDS, Child
from arena.embedded.processes.restarts import Restarts
from arena.embedded.servers import openmp, weights
from arena.embedded.servers.postgres import Postgres
from arena.embedded.servers.redis import Redis

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
DATABASE = "arena"
FIRST_START_MB = 700  # Gemma's weights, a new cluster, and room to work
PREPARE_SECONDS = 900
STOP_SECONDS = 8
WATCH_SECONDS = 0.25
SPACE_SECONDS = 10

CELERY = [sys.executable, "-m", "celery", "-A", "arena"]
WORKER = [*CELERY, "worker", "--without-gossip", "--without-mingle", "-l", "INFO"]
DJANGO_PROCESSES = {
    "web": [
        *(sys.executable, "-m", "granian", "--interface", "asgi"),
        *("--host", HOST, "--port", "{port}", "--workers-kill-timeout", "3"),
        # Above twice ARENA_CONNECTIONS: beyond it, granian lets every connection wait.
        *("--backlog", "2048", "--backpressure", "10000"),
        "arena.asgi:application",
    ],
    "generation": [
        *WORKER,
        "-n",
        "generation@%h",
        "-Q",
        "generation,recovery",
        "-P",
        "threads",
        "-c",
        "256",
    ],
    "ratings": [
        *WORKER,
        "-n",
        "ratings@%h",
        "-Q",
        "ratings,integrity,recovery",
        "-P",
        "prefork",
        "-c",
        "1",
    ],
    "beat": [*CELERY, "beat", "-n", "beat@%h", "-s", "{data}/beat-schedule", "-l", "INFO"],
}
# First stop new battles, then new tasks, then the servers that tasks need.
ENDING = [
    ["web"],
    ["beat", "generation", "ratings"],
    [*weights.SOURCES],
    ["redis"],
    ["postgres"],
]


class Site:
    """A whole site on one data folder, which the caller has made and locked.

    Args:
        data: the folder of all its data.
        port: where the web server listens on 127.0.0.1.
        catalogue_file: the contestants to enter.
        free_mb: megabytes of the disk that must stay free.
        say: called with each message to the operator.
        env: further environment variables of every process, such as settings.
        commands: commands of Django's processes that differ from DJANGO_PROCESSES, by name; one
            whose command is empty is not started.
    """

    def __init__(
        self,
        data: DataFolder,
        *,
        port: int,
        catalogue_file: Path = catalogue.DEFAULT,
        free_mb: int = 100,
        say: Callable[[str], None] = print,
        env: Mapping[str, str] | None = None,
        commands: Mapping[str, list[str]] | None = None,
    ) -> None:
        self.data = data
        self.port = port
        self.children: dict[str, Child] = {}
        self._restarts: dict[str, Restarts] = {}
        self._model_ports: dict[str, int] = {}
        self.postgres = Postgres(data / "postgres", sockets=data.sockets, log=self.log("postgres"))
        self.redis = Redis(data / "redis", sockets=data.sockets, log=self.log("redis"))
        self._catalogue_file = catalogue_file
        self._free_mb = free_mb
        self.say = say
        self._env = env or {}
        chosen = {**DJANGO_PROCESSES, **(commands or {})}
        self._commands = {name: command for name, command in chosen.items() if command}

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}/"

    def log(self, name: str) -> Path:
        return self.data / "logs" / f"{name}.log"

    def environment(self) -> dict[str, str]:
        """The environment of Django's processes."""
        return {
            **os.environ,
            # Small matrices: more threads wait for each other longer than they compute.
            "OPENBLAS_NUM_THREADS": "1",
            "DJANGO_SETTINGS_MODULE": "arena.settings.embedded",
            "DATABASE_URL": self.postgres.url(DATABASE),
            "REDIS_URL": self.redis.url,
            "STATIC_ROOT": str(self.data / "static"),
            "ARENA_DATA": str(self.data.path),
            **secrets.load(self.data / "secrets.json"),
            **self._env,
        }

    def start(self) -> None:
        """Start everything and wait until the site serves.

        Raises:
            EmbeddedError: something is in the way; the text says what.
            OSError: a file could not be written.
        """
        self.data.end_leftovers()
        check_port(self.port)
        fresh = not (self.data / "postgres" / "PG_VERSION").exists()
        self.data.check_space(max(FIRST_START_MB, self._free_mb) if fresh else self._free_mb)
        logs.tidy(self.data / "logs")
        logs.rotate(self.data / "logs")

        models = catalogue.servers(catalogue.read(self._catalogue_file))
        ports = self._model_ports = self._ports(models)
        for name in ports:
            self.launch(name)
        self.say("Starting PostgreSQL and Redis")
        self.launch("postgres")
        self.launch("redis")
        self.postgres.ensure_database(DATABASE)
        self._prepare(fresh, [f"{name}=http://{HOST}:{port}/v1" for name, port in ports.items()])
        self.data.ready_file.touch()
        self.say("Starting web server and workers")
        for name in self._commands:
            self.launch(name)
        for name, port in ports.items():
            self.children[name].wait_until(partial(answers, port), seconds=READY_SECONDS)
        for name in self._commands:
            self.wait_until_ready(name)

    def launch(self, name: str) -> Child:
        """Start one of the site's programs, also again after its end.

        Raises:
            EmbeddedError: PostgreSQL or Redis did not start.
            OSError: a file could not be written.
        """
        match name:
            case "postgres":
                child = self.postgres.start()
            case "redis":
                child = self.redis.start()
            case _ if name in self._model_ports:
                child = self._start_model(name)
            case _:
                command = self._commands[name]
                words = [word.format(port=self.port, data=self.data.path) for word in command]
                child = self._child(name, words, ARENA_PROCESS=name)
        return self._keep(name, child)

    def wait_until_ready(self, name: str) -> None:
        """Wait until one of Django's processes is ready."""
        child = self.children[name]
        match name:
            case "web":
                child.wait_until(partial(answers, self.port), seconds=READY_SECONDS)
            case "generation" | "ratings":
                child.wait_until(partial(child.logged, " ready."), seconds=READY_SECONDS)

    def watch(self) -> NoReturn:
        """Return never: start again what died, and keep the logs short.

        Raises:
            EmbeddedError: the disk is full.
        """
        space_checked = time.monotonic()
        while True:
            for name in list(self.children):
                self._tend(name)
            logs.rotate(self.data / "logs")
            if time.monotonic() - space_checked > SPACE_SECONDS:
                self.data.check_space(self._free_mb)
                space_checked = time.monotonic()
            time.sleep(WATCH_SECONDS)

    def _tend(self, name: str) -> None:
        """Restart a dead program after its pause."""
        child = self.children[name]
        if child.running:
            return
        restarts = self._restarts.setdefault(name, Restarts())
        if not restarts.waiting:
            child.kill()  # its children may live on and keep its port
            seconds = restarts.wait(time.monotonic() - child.started)
            self.say(
                f"{child.ending()}; starting it again in {seconds:.0f} s. Its log: {child.log}"
            )
        elif restarts.due:
            try:
                self.launch(name)
            except (EmbeddedError, OSError) as error:
                seconds = restarts.wait(0)
                self.say(f"{child.name} did not start; trying again in {seconds:.0f} s. {error}")
            else:
                restarts.started()

    def stop(self) -> None:
        """End every process in order; after a while kill it."""
        for names in ENDING:
            children = [self.children.pop(name) for name in names if name in self.children]
            for child in children:
                child.ask_to_stop()
            deadline = time.monotonic() + STOP_SECONDS
            for child in children:
                child.stop(max(0.1, deadline - time.monotonic()))

    def _start_model(self, name: str) -> Child:
        file = weights.SOURCES[name](
            self.data / "models",
            lambda percent: self.say(f"Assembling the weights of {name}: {percent} %"),
        )
        port = str(self._model_ports[name])
        command = [sys.executable, "-m", "arena.embedded.servers.llama", name, str(file), port]
        libraries = openmp.library_folder(self.data / "lib")
        return self._child(name, command, LD_LIBRARY_PATH=str(libraries))

    def _ports(self, models: list[str]) -> dict[str, int]:
        """The ports of the local models: those of the last start, if they are free."""
        file = self.data / "ports.json"
        known: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}
        ports = {
            name: known[name] if name in known and is_free(known[name]) else free_port()
            for name in models
        }
        file.write_text(json.dumps(ports))
        return ports

    def _prepare(self, fresh: bool, servers: list[str]) -> None:
        """Update database, static files and contestants, if anything changed."""
        stamp = self.data / "prepared"
        digest = sources_digest([self._catalogue_file.read_bytes(), *map(str.encode, servers)])
        if not fresh and stamp.exists() and stamp.read_text() == digest:
            return
        self.say("Preparing database, static files and contestants")
        command = [sys.executable, "-m", "arena.embedded.prepare", str(self._catalogue_file)]
        child = self._child("prepare", [*command, *servers])
        try:
            if child.process.wait(PREPARE_SECONDS):
                raise EmbeddedError(child.died())
        except subprocess.TimeoutExpired as error:
            child.kill()
            raise EmbeddedError(
                f"The preparation took over {PREPARE_SECONDS} seconds. Its log: {child.log}"
            ) from error
        stamp.write_text(digest)

    def _child(self, name: str, command: list[str], **env: str) -> Child:
        env = {**self.environment(), **env}
        return Child(name, command, log=self.log(name), env=env, cwd=ROOT)

    def _keep(self, name: str, child: Child) -> Child:
        self.children[name] = child
        self.data.remember_children(child.pid for child in self.children.values())
        return child


def sources_digest(further: list[bytes]) -> str:
    """SHA-256 of the code, the static files and the locked packages of the site."""
    digest = hashlib.sha256(b"\0".join(further))
    for folder in ("arena", "ratings", "frontend/static", "requirements.txt"):
        source = ROOT / folder
        for file in sorted(source.rglob("*")) if source.is_dir() else [source]:
            if file.is_file() and file.suffix != ".pyc":
                digest.update(str(file).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def check_port(port: int) -> None:
    """Raises EmbeddedError if something listens there."""
    try:
        _bind(port)
    except (OSError, OverflowError) as error:
        raise EmbeddedError(
            f"Port {port} cannot be used: {error}. "
            "Choose another one by the variable ARENA_PORT, for instance: "
            f"ARENA_PORT={port + 1} make run"
        ) from error


def is_free(port: int) -> bool:
    try:
        _bind(port)
    except OSError:
        return False
    return True


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on now."""
    return _bind(0)


def _bind(port: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((HOST, port))
        bound: int = probe.getsockname()[1]
        return bound


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/health", timeout=5):
            return True
    except OSError:
        return False
