"""The shared cache before Django: what it keeps, for whom, and for how long."""

import asyncio
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator

from arena.api.caching import shared_cache
from arena.api.caching.shared_cache import SharedCache
from tests.speed import seconds

Answer = tuple[int, dict[bytes, bytes], bytes]
BOARD = "/api/v1/boards/overall/leaderboard"


class Origin:
    """An application that counts how often it is asked, and answers as the test asks."""

    def __init__(self, status: int = 200, **headers: str) -> None:
        self.asked = 0
        self.status = status
        self.headers = {"cache-control": "max-age=5, public", "etag": '"one"'} | headers

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked += 1
        await asyncio.sleep(0.01)
        headers = [
            (name.replace("_", "-").encode(), value.encode())
            for name, value in self.headers.items()
        ]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        body = f"{scope['path']} {self.asked}".encode()
        await send({"type": "http.response.body", "body": body[:3], "more_body": True})
        await send({"type": "http.response.body", "body": body[3:], "more_body": False})


async def get(site: Any, path: str = BOARD, query: bytes = b"", **headers: str) -> Answer:
    scope = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "query_string": query,
        "headers": [
            (name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()
        ],
    }
    visit = ApplicationCommunicator(site, scope)
    start = await visit.receive_output(timeout=seconds(30))
    body = b""
    while True:
        part = await visit.receive_output(timeout=seconds(30))
        body += part["body"]
        if not part["more_body"]:
            return start["status"], dict(start["headers"]), body


async def test_a_board_is_made_once_for_all_who_ask() -> None:
    origin = Origin(ratelimit='"network";r=599;t=1')
    now = 1000.0
    site = SharedCache(origin, clock=lambda: now)
    answers = await asyncio.gather(*(get(site) for _ in range(20)))
    assert {body for _, _, body in answers} == {f"{BOARD} 1".encode()}
    assert origin.asked == 1
    status, headers, _ = await get(site)
    assert (status, headers[b"age"], headers[b"etag"]) == (200, b"0", b'"one"')
    assert b"ratelimit" not in headers  # of whom it was made for
    known = await get(site, if_none_match='W/"one"')
    assert (known[0], known[2]) == (304, b"")
    now += 4.5
    status, headers, _ = await get(site)
    assert (status, headers[b"age"], origin.asked) == (200, b"4", 1)
    now += 0.5
    assert (await get(site))[2] == f"{BOARD} 2".encode()


async def test_another_address_or_form_is_another_answer() -> None:
    origin = Origin()
    site = SharedCache(origin)
    ways: list[dict[str, Any]] = [
        {},
        {"query": b"style=controlled"},
        {"path": "/api/v1/boards"},
        {"host": "other.example"},
        {"accept_encoding": "gzip"},
    ]
    for asked in ways:
        for _ in range(2):
            await get(site, **asked)
    assert origin.asked == 5


@pytest.mark.parametrize(
    ("origin", "asked"),
    [
        (Origin(status=404), {}),
        (Origin(cache_control="max-age=5, private"), {}),
        (Origin(cache_control="no-store"), {}),
        (Origin(set_cookie="a=b"), {}),
        (Origin(), {"authorization": "Bearer arena_x"}),
        (Origin(), {"path": "/api/v1/battles/1"}),
        (Origin(), {"path": "/api/v1/ticker"}),
    ],
)
async def test_what_is_not_for_everybody_is_not_kept(origin: Origin, asked: Any) -> None:
    site = SharedCache(origin)
    for _ in range(2):
        await get(site, **asked)
    assert origin.asked == 2


async def test_the_oldest_copies_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_cache, "MOST_BYTES", 3500)
    origin = Origin()
    site = SharedCache(origin)
    for number in (1, 2, 3, 4, 4, 3, 1):
        await get(site, query=str(number).encode())
    assert origin.asked == 5
