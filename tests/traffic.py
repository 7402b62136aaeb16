"""What a request sends to the real servers: SQL statements, and round trips to Redis."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import redis.connection
from django.db import connection

# Of a transaction: they carry no work of a rule, and there are two in each.
FRAME = {"BEGIN", "COMMIT", "ROLLBACK"}
# To Redis: of a new connection, and a task to the broker, which is sent after the commit.
LEFT_OUT = ("CLIENT", "HELLO", "SELECT", "AUTH", "LPUSH")


@dataclass
class Traffic:
    """SQL statements other than BEGIN, COMMIT and ROLLBACK (a savepoint counts), and what was
    sent to Redis at once: a command, a script or a whole pipeline. What is published to the broker
    after the commit is not among it.
    """

    statements: list[str] = field(default_factory=list)
    round_trips: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return "\n".join(
            [
                f"{len(self.statements)} statements, {len(self.round_trips)} round trips",
                *self.statements,
                *self.round_trips,
            ]
        )


@contextmanager
def counted_traffic() -> Iterator[Traffic]:
    """Count what this thread sends until the block is left."""
    traffic = Traffic()

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.split(maxsplit=1)[0].rstrip(";").upper() not in FRAME:
            traffic.statements.append(sql)
        return execute(sql, params, many, context)

    send: Callable[..., Any] = redis.connection.AbstractConnection.send_packed_command

    def note_and_send(self: Any, command: Any, check_health: bool = True) -> Any:
        sent = command if isinstance(command, bytes | str) else b"".join(command)
        text = sent if isinstance(sent, str) else sent.decode(errors="replace")
        if not any(f"\r\n{word}\r\n" in text for word in LEFT_OUT):
            traffic.round_trips.append(text.replace("\r\n", " ")[:100])
        return send(self, command, check_health)

    with pytest.MonkeyPatch.context() as patch, connection.execute_wrapper(note):
        patch.setattr(redis.connection.AbstractConnection, "send_packed_command", note_and_send)
        yield traffic
