"""Who may hold how many sockets and streams, from where, and what closes them."""

import asyncio
import logging
from collections.abc import Iterator

import pytest
from asgiref.sync import sync_to_async
from channels.layers import channel_layers
from django.db import OperationalError
from pytest_django import Settings

from arena.leaderboards.fitting import refit
from arena.leaderboards.models import Board
from arena.voters.identity import COOKIE
from tests.arena_settings import ChangeSettings
from tests.edge.ends import NOT_HERE, TOO_MANY, Socket, stream
from tests.members import signed_cookie

pytestmark = pytest.mark.django_db(transaction=True)


def guest(name: str) -> dict[str, str]:
    """The cookie of a guest."""
    voter_id = f"00000000-0000-0000-0000-{name:>012}"
    return {"cookie": f"{COOKIE}={signed_cookie(voter_id)}"}


async def opened(*sockets: Socket) -> list[Socket]:
    return [await socket.open() for socket in sockets]


async def close(*sockets: Socket) -> None:
    for socket in sockets:
        await socket.close()


async def is_told(socket: Socket) -> bool:
    frame = await socket.next()
    return isinstance(frame, dict) and frame["type"] == "board"


@pytest.fixture
def bounds(arena_settings: ChangeSettings, settings: Settings) -> Settings:
    arena_settings(connections_per_browser=2, connections_per_address=4, connections=8)
    return settings


@pytest.mark.usefixtures("bounds")
@pytest.mark.parametrize("cookie", [guest("1"), {"cookie": "sessionid=abc"}])
async def test_a_browser_over_its_limit_may_connect_once_a_socket_has_closed(
    cookie: dict[str, str],
) -> None:
    held = await opened(Socket(headers=cookie), Socket(headers=cookie))
    assert all([await is_told(socket) for socket in held])
    (third,) = await opened(Socket(headers=cookie))
    assert await third.next() == TOO_MANY
    (other,) = await opened(Socket(headers=guest("2")))
    assert await is_told(other)
    await close(held[0])
    (again,) = await opened(Socket(headers=cookie))
    assert await is_told(again)
    await close(held[1], other, again)


@pytest.mark.usefixtures("bounds")
async def test_forged_addresses_and_cookies_change_no_limit() -> None:
    held = [
        Socket(headers={"x-forwarded-for": f"198.51.100.{n}", "cookie": f"{COOKIE}=made-up-{n}"})
        for n in range(5)
    ]
    *first, last = await opened(*held)
    assert all([await is_told(socket) for socket in first])
    assert await last.next() == TOO_MANY
    await close(*first)


@pytest.mark.usefixtures("bounds")
async def test_behind_a_proxy_only_what_the_proxy_says_counts(
    arena_settings: ChangeSettings,
) -> None:
    arena_settings(trusted_proxies=1)

    def visitor(address: str, **more: str) -> Socket:
        headers = {"x-forwarded-for": address, **{k.replace("_", "-"): v for k, v in more.items()}}
        return Socket(address="10.0.0.1", headers=headers)

    attack = [visitor(f"198.51.100.{n}, 192.0.2.7") for n in range(4)]
    held = await opened(*attack)
    assert all([await is_told(socket) for socket in held])
    for forged in (visitor("192.0.2.9,192.0.2.7"), visitor("203.0.113.1,192.0.2.7:1234")):
        await forged.open()
        assert await forged.next() == TOO_MANY
    (honest,) = await opened(visitor("192.0.2.7, 192.0.2.8"))
    assert await is_told(honest)
    await close(honest, *held)


@pytest.mark.usefixtures("bounds")
async def test_one_subscriber_has_one_address_in_ipv6() -> None:
    held = await opened(*(Socket(address=f"2001:db8:1:2::{n:x}") for n in range(4)))
    (more,) = await opened(Socket(address="2001:db8:1:2:ffff::1"))
    assert [await is_told(socket) for socket in held] == [True] * 4
    assert await more.next() == TOO_MANY
    (other,) = await opened(Socket(address="2001:db8:1:3::1"))
    assert await is_told(other)
    await close(*held, other)


@pytest.mark.usefixtures("bounds")
async def test_a_full_process_makes_room_at_the_cost_of_the_heaviest_network() -> None:
    honest = await opened(Socket(address="192.0.2.1"), Socket(address="192.0.2.2"))
    # Of one network, by addresses enough to fill the process.
    attack = await opened(*(Socket(address=f"2001:db8:1:{n:x}::1") for n in range(6)))
    assert all([await is_told(socket) for socket in (*honest, *attack)])
    (newcomer,) = await opened(Socket(address="198.51.100.1"))
    assert await is_told(newcomer)
    assert await attack[-1].next() == TOO_MANY
    assert all([await socket.is_quiet() for socket in (*honest, *attack[:-1])])
    (more,) = await opened(Socket(address="2001:db8:1:ff::1"))
    assert await more.next() == TOO_MANY  # nobody gives way to the heaviest
    await close(*honest, newcomer, *attack[:-1])


@pytest.mark.usefixtures("bounds")
async def test_at_a_full_address_a_known_browser_displaces_unknown_ones() -> None:
    crowd = await opened(*(Socket() for _ in range(4)))
    assert all([await is_told(socket) for socket in crowd])
    (known,) = await opened(Socket(headers=guest("7")))
    assert await is_told(known)
    assert await crowd[-1].next() == TOO_MANY
    await close(known, *crowd[:-1])


@pytest.mark.usefixtures("bounds")
async def test_event_streams_are_counted_with_the_sockets() -> None:
    held = await opened(*(Socket() for _ in range(3)))
    async with stream("/api/v1/ticker") as (begun, parts):
        assert begun["status"] == 200
        assert (await anext(parts)).startswith("retry")
        async with stream("/api/v1/ticker") as (refused, body):
            assert (refused["status"], refused["headers"]["retry-after"]) == (429, "10")
            assert refused["headers"]["content-type"] == "application/problem+json"
            assert "urn:blind-arena:too-many-connections" in await anext(body)
    async with stream("/api/v1/ticker") as (begun, _):
        assert begun["status"] == 200
    await close(*held)


@pytest.mark.usefixtures("bounds")
async def test_a_visitor_without_a_socket_can_poll() -> None:
    held = await opened(Socket(headers=guest("1")), Socket(headers=guest("1")))
    (third,) = await opened(Socket(headers=guest("1")))
    assert await third.next() == TOO_MANY
    nothing = "/api/v1/battles/00000000-0000-0000-0000-000000000000/live"
    async with stream(nothing, headers=guest("1")) as (begun, _):
        assert begun["status"] == 404  # it was let in
    await close(*held)


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "http://testserver:8080",
        "https://testserver",
        "http://testserver.evil.example",
        "http://evil.example",
        "http://localhost",
        "http://testserver@evil.example",
        "http://[::1",
        "http://testserver:99999999",
        "file://",
    ],
)
async def test_pages_of_other_origins_are_refused(origin: str | None) -> None:
    with pytest.raises(ConnectionRefusedError):
        await Socket(origin=origin).open()


async def test_the_port_is_part_of_the_origin(settings: Settings) -> None:
    at_port = {"host": "testserver:8080"}
    (same,) = await opened(Socket(origin="http://testserver:8080", headers=at_port))
    assert await is_told(same)
    with pytest.raises(ConnectionRefusedError):
        await Socket(origin="http://testserver", headers=at_port).open()
    settings.CSRF_TRUSTED_ORIGINS = ["https://arena.example"]
    (trusted,) = await opened(Socket(origin="https://arena.example"))
    assert await is_told(trusted)
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    by_tls = {"x-forwarded-proto": "https"}
    (secure,) = await opened(Socket(origin="https://testserver", headers=by_tls))
    assert await is_told(secure)
    await close(same, trusted, secure)


@pytest.mark.parametrize(
    "path",
    [
        "/ws/boards/no-such-board/",
        f"/ws/boards/{'x' * 500}/",
        "/ws/boards/overall/?style=none",
        "/ws/boards/overall/?window=none",
        "/ws/battles/00000000-0000-0000-0000-000000000000/",
        "/ws/moderation/",
        "/ws/nothing/",
        "/ws/boards/Überall/",
        "/",
    ],
)
async def test_a_socket_of_an_unknown_address_is_closed_quietly(
    path: str, caplog: pytest.LogCaptureFixture
) -> None:
    (socket,) = await opened(Socket(path))
    assert await socket.next() == NOT_HERE
    assert caplog.records == []


async def test_a_socket_that_talks_too_much_is_closed() -> None:
    chatty, wordy = await opened(Socket(), Socket())
    assert await is_told(chatty) and await is_told(wordy)
    for _ in range(20):
        await chatty.send("x")
    assert await chatty.is_quiet()
    await chatty.send("x")
    assert await chatty.next() == 1008
    await wordy.send("x" * 5000)
    assert await wordy.next() == 1009


async def test_without_the_database_sockets_close_with_one_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_: object) -> None:
        raise OperationalError("The database is away.")

    monkeypatch.setattr("arena.moderation.consumers.may", away)
    for _ in range(5):
        (socket,) = await opened(Socket("/ws/moderation/"))
        assert await socket.next() == 1013
    assert [record.exc_info for record in caplog.records] == [None]


async def test_many_readers_of_a_board_get_news_by_few_connections() -> None:
    """More at once than the pool of the channel layer holds."""
    readers = [Socket(address=f"192.0.2.{n % 250}") for n in range(300)]
    await asyncio.gather(*(reader.open() for reader in readers))
    assert all(await asyncio.gather(*map(is_told, readers)))
    board = await sync_to_async(Board.objects.get)(slug="overall")
    await sync_to_async(refit)(board)
    assert all(await asyncio.gather(*map(is_told, readers)))
    await asyncio.gather(*(reader.close() for reader in readers))


async def test_the_channel_layer_waits_for_a_free_connection() -> None:
    layer = channel_layers["default"]
    names = [await layer.new_channel() for _ in range(300)]
    await asyncio.gather(*(layer.group_add("crowd", name) for name in names))
    await asyncio.gather(*(layer.group_discard("crowd", name) for name in names))


@pytest.fixture(autouse=True)
def _quiet_others(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.set_level(logging.WARNING)
    yield
