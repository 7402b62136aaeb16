"""The server itself."""

import asyncio
import json
import ssl
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.openai_server.exchange import BEHAVIOURS, Exchange, Gate, Request, Wire


@dataclass
class OpenAIServer:
    """Serves from a thread of its own; `requests` holds what it was asked.

    `wires` says what is sent for model ids that are no behaviours: for one request after the
    other, and the last of it for all that follow.

    Each release of `wanted` lets one token of the behaviour "on-demand" go.

    Answers of the behaviour "paced" wait after `held_after` tokens, until that is None.

    `open` counts the requests that it is answering at the moment, and `offers` holds the model ids
    that it lists; it lists none if that is empty. With a TLS context
    it speaks HTTPS, as localhost.
    """

    port: int = 0
    rate: float = 20.0
    tokens: int = 100
    held_after: int | None = None
    tls: ssl.SSLContext | None = None
    requests: list[Request] = field(default_factory=list)
    offers: list[str] = field(default_factory=list)
    open: int = 0
    wires: dict[str, Sequence[Wire]] = field(default_factory=dict)
    gate: Gate = field(default_factory=lambda: Gate(0))
    wanted: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    _sent: Counter[str] = field(default_factory=Counter)

    def __enter__(self) -> "OpenAIServer":
        started = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self._thread.start()
        started.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(timeout=5)

    @property
    def url(self) -> str:
        root = "https://localhost" if self.tls else "http://127.0.0.1"
        return f"{root}:{self.port}/v1"

    def _run(self, started: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self.serve(started))

    async def serve(self, started: threading.Event | None = None) -> None:
        self._stop = asyncio.Event()
        server = await asyncio.start_server(
            self._serve_one, "127.0.0.1", self.port, backlog=1024, ssl=self.tls
        )
        self.port = server.sockets[0].getsockname()[1]
        if started:
            started.set()
        await self._stop.wait()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        try:
            begun = await reader.readexactly(1)
            if begun == b"\x16":  # TLS, to a server without it
                writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                return
            head = (begun + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.rstrip().split("\r\n")
            headers = {k.lower(): v.strip() for k, v in (line.split(":", 1) for line in lines)}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            request = Request(first.split()[1], headers, json.loads(body or b"{}"))
            self.requests.append(request)
            exchange = Exchange(request, reader, writer, self)
            if request.path == "/v1/models" and self.offers:
                await exchange.head(content_type="application/json")
                listed = [{"id": name, "object": "model"} for name in self.offers]
                await exchange.body(json.dumps({"object": "list", "data": listed}).encode())
            elif request.path != "/v1/chat/completions":
                await exchange.status("404 Not Found", "no such path")
            else:
                await self._answer(exchange)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client went away
        finally:
            self.open -= 1
            writer.close()

    async def _answer(self, exchange: Exchange) -> None:
        model = exchange.request.body["model"]
        if wires := self.wires.get(model):
            wire = wires[min(self._sent[model], len(wires) - 1)]
            self._sent[model] += 1
            await wire.send(exchange)
        else:
            # "ok~left" behaves as "ok": several models of one kind.
            await BEHAVIOURS[model.split("~")[0]](exchange)
