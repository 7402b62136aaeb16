"""Bodies are read whole before Django sees them: neither large, nor slow, nor many at once."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.core.asgi import get_asgi_application

from arena.edge.bodies import PLACES, PLACES_PER_NETWORK, BoundedBodies
from arena.edge.refusals import REFUSAL
from tests.speed import seconds

PAGE = "/about/"
UPLOAD = "/api/v1/battles"
FORM = {b"content-type": b"multipart/form-data; boundary=x"}
SHOUTED = {b"Content-Type": b"Multipart/Form-Data"}


class Caller:
    """A client of one request, whose body comes as the test says."""

    def __init__(
        self,
        path: str = PAGE,
        *,
        method: str = "POST",
        headers: dict[bytes, bytes] | None = None,
        address: str = "203.0.113.7",
    ) -> None:
        self.scope = {
            "type": "http",
            "method": method,
            "path": path,
            "headers": list((headers or {}).items()),
            "client": (address, 1234),
        }
        self.pieces: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.taken = 0

    async def receive(self) -> dict[str, Any]:
        piece = await self.pieces.get()
        self.taken += len(piece.get("body", b""))
        return piece

    def send(self, body: bytes, *, more: bool = False) -> "Caller":
        self.pieces.put_nowait({"type": "http.request", "body": body, "more_body": more})
        return self


class Django:
    """Stands for all that is behind: keeps what reaches it, and works until it may answer."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.refusals: list[Any] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.working = 0
        self.reached = asyncio.Condition()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        event = await receive()
        assert not event["more_body"]
        self.bodies.append(event["body"])
        self.refusals.append(scope.get(REFUSAL))
        async with self.reached:
            self.working += 1
            self.reached.notify_all()
        await self.may_answer.wait()
        async with self.reached:
            self.working -= 1

    async def until_working(self, number: int) -> None:
        async with self.reached:
            await self.reached.wait_for(lambda: self.working == number)

    @property
    def status(self) -> int | None:
        """Of the last refusal."""
        return self.refusals[-1] and int(self.refusals[-1].status)


Test = Callable[[Django], Awaitable[None]]


def run(test: Test) -> None:
    async def body() -> None:
        async with asyncio.timeout(seconds(120)):
            await test(Django())

    async_to_sync(body)()


async def ask(django: Django, caller: Caller, **bounds: float) -> None:
    await BoundedBodies(django, **bounds)(caller.scope, caller.receive, None)  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "BREW"])
@pytest.mark.parametrize("path", [PAGE, "/", "/admin/login/", "/api/v1/status", "/no/such/page"])
def test_a_chunked_body_without_end_is_cut_off_at_the_bound(method: str, path: str) -> None:
    async def test(django: Django) -> None:
        caller = Caller(path, method=method)
        for _ in range(400):
            caller.send(bytes(1_000_000), more=True)
        await ask(django, caller)
        assert (django.status, django.bodies) == (413, [b""])
        assert caller.taken <= settings.ARENA.max_body_bytes + 1_000_000

    run(test)


@pytest.mark.parametrize("length", [b"400000000", b"1" + b"0" * 18, b"1000001"])
def test_a_body_that_says_it_is_too_large_is_not_read(length: bytes) -> None:
    async def test(django: Django) -> None:
        caller = Caller(headers={b"content-length": length}).send(b"x" * 10, more=True)
        await ask(django, caller)
        assert (django.status, caller.taken) == (413, 0)

    run(test)


@pytest.mark.parametrize("length", [b"-1", b"1e3", b"", b"0x10", "\u0661".encode(), b"9" * 30])
def test_an_invalid_content_length_is_ignored(length: bytes) -> None:
    async def test(django: Django) -> None:
        await ask(django, Caller(headers={b"content-length": length}).send(b"short"))
        assert (django.status, django.bodies) == (None, [b"short"])

    run(test)


@pytest.mark.parametrize(
    ("path", "method", "headers", "most"),
    [
        (UPLOAD, "POST", FORM, settings.ARENA.max_upload_bytes),
        (
            UPLOAD,
            "POST",
            {b"Content-Type": b"Multipart/Form-Data"},
            settings.ARENA.max_upload_bytes,
        ),
        (UPLOAD, "POST", {b"content-type": b"application/json"}, settings.ARENA.max_body_bytes),
        (UPLOAD, "PUT", FORM, settings.ARENA.max_body_bytes),
        (UPLOAD + "/../about", "POST", FORM, settings.ARENA.max_body_bytes),
        (PAGE, "POST", FORM, settings.ARENA.max_body_bytes),
    ],
)
def test_only_uploads_of_images_are_larger(
    path: str, method: str, headers: dict[bytes, bytes], most: int
) -> None:
    async def test(django: Django) -> None:
        for size, status in ((most, None), (most + 1, 413)):
            caller = Caller(path, method=method, headers=headers)
            caller.send(bytes(size - 1), more=True).send(b"x")
            await ask(django, caller)
            assert django.status == status
        assert [len(body) for body in django.bodies] == [most, 0]

    run(test)


def test_the_longest_prompt_fits_however_json_spells_it() -> None:
    assert settings.ARENA.max_prompt_chars * len(r"\ud83d\ude00") < settings.ARENA.max_body_bytes


def test_a_body_that_stops_is_refused() -> None:
    async def test(django: Django) -> None:
        await ask(django, Caller().send(b"half of it", more=True), silent_seconds=0.05)
        assert (django.status, django.bodies) == (408, [b""])

    run(test)


def test_a_body_that_is_too_slow_is_refused() -> None:
    """A byte at a time keeps no connection for as long as its sender likes."""

    async def test(django: Django) -> None:
        caller = Caller()

        async def trickle() -> None:
            while True:
                caller.send(b".", more=True)
                await asyncio.sleep(0.01)

        trickling = asyncio.create_task(trickle())
        await ask(django, caller, grace_seconds=0.1)
        trickling.cancel()
        assert django.status == 408

    run(test)


def test_a_client_that_leaves_during_the_body_reaches_no_view() -> None:
    async def test(django: Django) -> None:
        caller = Caller().send(b"half of it", more=True)
        caller.pieces.put_nowait({"type": "http.disconnect"})
        await ask(django, caller)
        assert django.bodies == []

    run(test)


def large(address: str, *, chunked: bool = False) -> Caller:
    headers = FORM if chunked else {**FORM, b"content-length": b"500000"}
    return Caller(UPLOAD, headers=headers, address=address).send(bytes(500_000))


def test_few_large_bodies_are_in_memory_and_one_network_leaves_places_to_others() -> None:
    async def test(django: Django) -> None:
        layer = BoundedBodies(django, wait_seconds=600)
        django.may_answer.clear()

        def start(caller: Caller) -> asyncio.Task[None]:
            return asyncio.create_task(layer(caller.scope, caller.receive, None))  # type: ignore[arg-type]

        flood = [large(f"203.0.113.{number}") for number in range(50)]
        tasks = [start(caller) for caller in flood]
        await django.until_working(PLACES_PER_NETWORK)
        honest = large("198.51.100.1", chunked=True)
        tasks.append(start(honest))
        await django.until_working(PLACES_PER_NETWORK + 1)
        assert honest.taken == 500_000
        assert sum(caller.taken > 0 for caller in flood) <= PLACES_PER_NETWORK

        others = [large(f"192.0.{number}.1") for number in range(20)]
        tasks += [start(caller) for caller in others]
        await django.until_working(PLACES)
        small = Caller(address="203.0.113.9").send(b"a vote")
        tasks.append(start(small))
        await django.until_working(PLACES + 1)
        assert django.bodies[-1] == b"a vote"

        django.may_answer.set()
        await asyncio.gather(*tasks)
        assert len(django.bodies) == 72
        assert not any(django.refusals)

    run(test)


def test_a_body_without_a_place_in_time_is_refused_with_retry_after() -> None:
    async def test(django: Django) -> None:
        layer = BoundedBodies(django, wait_seconds=0.05)
        django.may_answer.clear()
        holders = [large("203.0.113.1") for _ in range(PLACES_PER_NETWORK)]
        tasks = [
            asyncio.create_task(layer(each.scope, each.receive, None))  # type: ignore[arg-type]
            for each in holders
        ]
        await django.until_working(PLACES_PER_NETWORK)
        late = large("203.0.113.2")
        refused = asyncio.create_task(layer(late.scope, late.receive, None))  # type: ignore[arg-type]
        await django.until_working(PLACES_PER_NETWORK + 1)
        assert (django.status, django.refusals[-1].wait, late.taken) == (503, 10, 0)
        tasks[0].cancel()  # its client left while Django worked
        await asyncio.gather(tasks[0], return_exceptions=True)
        django.may_answer.set()
        await asyncio.gather(refused, *tasks[1:])
        again = large("203.0.113.3")
        await layer(again.scope, again.receive, None)  # type: ignore[arg-type]
        assert django.status is None

    run(test)


@pytest.mark.parametrize(
    "charset", ["utf-16", "base64", "hex", "rot13", "idna", "latin-1", "\0", "no"]
)
@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data", "text/plain", ""])
def test_other_encodings_are_refused(kind: str, charset: str) -> None:
    async def test(django: Django) -> None:
        headers = {b"content-type": f"{kind}; charset={charset}".encode()}
        await ask(django, Caller("/?q=%ff", headers=headers).send(b"x=1"))
        assert django.status == 415

    run(test)


@pytest.mark.django_db
@pytest.mark.parametrize("charset", ["utf-8", "UTF8", "us-ascii", '"utf-8"'])
def test_too_many_parameters_are_refused_by_django_itself(charset: str) -> None:
    """It reads the query while it makes the request, if an encoding is stated."""

    async def test(_: Django) -> None:
        headers = {
            b"content-type": f"text/plain; charset={charset}".encode(),
            b"host": b"localhost",
        }
        caller = Caller(headers=headers).send(b"")
        caller.scope["query_string"] = b"a=1&" * 5000
        sent: list[Any] = []

        async def send(event: Any) -> None:
            sent.append(event)

        await BoundedBodies(get_asgi_application())(caller.scope, caller.receive, send)  # type: ignore[arg-type]
        assert sent[0]["status"] == 400

    run(test)
