"""A proxy between a browser and the site that blocks things, as those of companies do."""

import asyncio
import re
import threading

from websockets.utils import accept_key

from tests.speed import seconds

COOKIES = re.compile(rb"^cookie:.*\r\n", re.IGNORECASE | re.MULTILINE)
WAYS = ("refuse", "hang", "close", "silent")


class Proxy:
    """Passes everything on to a port, but blocks WebSockets in one of the `WAYS`, or cookies."""

    def __init__(self, port: int, way: str = "") -> None:
        self._target = port
        self._way = way
        self.takes_cookies = True
        self._loop = asyncio.new_event_loop()
        self._is_over = asyncio.Event()
        self._is_ready = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._passing: set[asyncio.Task[None]] = set()
        self.blocked = 0
        self.port = 0

    def __enter__(self) -> "Proxy":
        self._thread.start()
        assert self._is_ready.wait(seconds(60))
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._is_over.set)
        self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._listen())

    async def _listen(self) -> None:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._is_ready.set()
        await self._is_over.wait()
        server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._target)
        back = asyncio.create_task(self._pass(up_reader, writer))
        self._passing.add(back)
        back.add_done_callback(self._passing.discard)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                is_socket = re.search(rb"^upgrade: websocket", head, re.IGNORECASE | re.MULTILINE)
                if self._way and is_socket:
                    self.blocked += 1
                    await self._block(head, writer)
                    break
                length = re.search(rb"^content-length: (\d+)", head, re.IGNORECASE | re.MULTILINE)
                if not self.takes_cookies:
                    head = COOKIES.sub(b"", head)
                up_writer.write(head + await reader.readexactly(int(length[1]) if length else 0))
                await up_writer.drain()
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            up_writer.close()
            writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass

    async def _block(self, head: bytes, writer: asyncio.StreamWriter) -> None:
        if self._way == "refuse":
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            return
        if self._way != "hang":
            writer.write(_accepted(head))
            await writer.drain()
        if self._way != "close":
            await asyncio.sleep(3600)


def _accepted(head: bytes) -> bytes:
    """The answer of a server that speaks WebSocket (RFC 6455, section 4.2.2)."""
    key = re.search(rb"^sec-websocket-key: (\S+)", head, re.IGNORECASE | re.MULTILINE)
    assert key is not None
    accepted = accept_key(key[1].decode())
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {accepted}\r\n\r\n"
    ).encode()
