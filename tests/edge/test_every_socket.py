"""Every WebSocket address, with hostile handshakes and messages: no exception, nothing logged."""

import gc
import json
import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import pytest
from django.conf import settings

from arena.urls import websocket_urlpatterns
from arena.voters.identity import COOKIE
from tests.edge.ends import NOT_HERE, ORIGIN, Socket
from tests.factories import OpenBattle
from tests.members import logged_in, make_operator, signed_cookie

pytestmark = pytest.mark.django_db(transaction=True)

FLOODED, TOO_LARGE = 1008, 1009  # of RFC 6455: policy violation, message too big
REFUSED = "refused"  # closed before it was accepted
SERVED = "served"
TELL_OF_REDIS = {"arena.battles.live.relay", "arena.common.live"}  # loggers
ENDLESS = 3000  # frames, where a close has to come


@dataclass(frozen=True)
class Visit:
    """An address, and the headers of a visitor who may follow it; None: there is no such visitor.

    A stranger sends no cookie. Addresses that are `is_public` serve strangers too.
    """

    path: str
    headers: dict[str, str] | None = field(default_factory=dict)
    is_public: bool = False


def battle_visit(running_battle: OpenBattle) -> Visit:
    battle = running_battle()
    cookie = f"{COOKIE}={signed_cookie(battle.voter_id)}"
    return Visit(f"/ws/battles/{battle.pk}/", {"cookie": cookie})


def queue_visit(_: OpenBattle) -> Visit:
    client = logged_in(make_operator())
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    return Visit("/ws/moderation/", {"cookie": f"{settings.SESSION_COOKIE_NAME}={session}"})


# How to visit each pattern: one that is added to the site needs a line here.
VISITS: dict[str, Callable[[OpenBattle], Visit]] = {
    "ws/battles/<uuid:battle_id>/": battle_visit,
    "ws/boards/<slug:slug>/": lambda _: Visit("/ws/boards/overall/", is_public=True),
    "ws/moderation/": queue_visit,
    "": lambda _: Visit("/ws/nothing/", None),
}
ROUTES = [str(each.pattern) for each in websocket_urlpatterns]

VALUES = [
    *(
        "",
        "\0",
        "a\0b",
        "%00",
        "\ud800",
        "\udcff",
        "\u202e😀",
        "\r\nSet-Cookie: a=b",
        "../../admin",
    ),
    *("0", "-1", "9" * 5000, "1e999", "NaN", "x" * 60_000, "'\"<%s{0}$(id)", "overall\n", "."),
    "5f0c5ab5-6be8-4f34-9f3a-30c3f8f3a8b5",
    "00000000-0000-0000-0000-000000000000",
    "5f0c5ab5-6be8-4f34-9f3a-30c3f8f3a8b",
    "{5f0c5ab5-6be8-4f34-9f3a-30c3f8f3a8b5}",
    "5f0c5ab56be84f349f3a30c3f8f3a8b5",
    "\u0665f0c5ab5-6be8-4f34-9f3a-30c3f8f3a8b5",
]
QUERIES = [
    *(b"%00", b"%", b"=", b"?", b"\0", b"\xff\xfe", b"&" * 5000, b"a&" * 5000, b"a=1&" * 5000),
    *(b"style=%00", b"style=%ED%A0%80&window=%ff", b"style=\xed\xa0\x80", b"window=" + b"9" * 5000),
    *(b"style[]=plain", b"style=plain&style=%00", b"style=" + b"x" * 60_000, b"window=__class__"),
    *(
        b"cursor=" + cursor
        for cursor in (b"%00", b"-1", b"9" * 5000, b"a.b.c", b"%ED%A0%80", b"[]")
    ),
    b"q=" + b"%5B" * 20_000,
]
HEADERS = [
    *((b"cookie", text) for text in (b"\0", b"=", b";;==;", b"\xff\xfe", b"a=b;" * 5000)),
    *(
        (b"cookie", name.encode() + b"=" + value)
        for name in (settings.SESSION_COOKIE_NAME, COOKIE)
        for value in (
            *(b"", b"\0", b'"\\000"', b'"\\355\\240\\200"', b"\xed\xa0\x80", b"x" * 60_000),
            # As long as a key of a session, for which the database is asked.
            *(b"\0" * 32, b'"' + b"\\000" * 32 + b'"', b"x" * 31 + b"\0", b"x" * 41),
            *(b"a:b:c", b"::", b"null", b"W10:1:x", b"'; DROP TABLE x; --", b"\xff" * 32),
        )
    ),
    *((b"host", text) for text in (b"", b"\0", b"[", b"a@b", b"testserver:99999999", b"\xff")),
    *((b"origin", text) for text in (b"", b"null", b"http://[", b"\xff", b"x" * 60_000)),
    *((b"x-forwarded-for", text) for text in (b"", b",,,", b"x", b"::1%\0", b"1," * 5000, b"\xff")),
    *((b"content-length", text) for text in (b"x", b"-1", b"9" * 5000)),
    *((b"x-forwarded-proto", b"\xff"), (b"accept-language", b"\0," * 5000), (b"\xff\0", b"\xff")),
    *((b"authorization", b"Bearer \xff\0"), (b"content-type", b"multipart/form-data; boundary=\0")),
]
SCOPES: list[dict[str, Any]] = [
    *({"client": client} for client in (None, ("", 0), ("\0", 0), ("unix:", None), ("::%x", 9))),
    *({"subprotocols": offered} for offered in (["\0"], ["x" * 60_000], [""] * 1000)),
    *({"server": None}, {"scheme": "wss"}),
]
JSON_OF_EVERY_TYPE = ["null", "true", "false", "0", "-1.5", '""', '"x"', "[]", "{}", "[[{}]]"]
MESSAGES: list[str | bytes] = [
    *("", " ", "\0", "\n", "not JSON", "{", "'", "\ud800", "\udfff\ud800", "\ufeff{}", "\u202e😀"),
    *(b"", b"\0", b"\xff\xfe", b"\xed\xa0\x80", b"{}", b'{"type": "vote"}', b"x" * 4096),
    *JSON_OF_EVERY_TYPE,
    *(f'{{"type": {value}}}' for value in JSON_OF_EVERY_TYPE),
    *(
        "NaN",
        "Infinity",
        "-Infinity",
        '{"type": NaN}',
        "1e999",
        "9" * 4000,
        '"\\ud800"',
        '"\\u0000"',
    ),
    *('{"type": "\\ud800"}', '{"\\u0000": 1}', '{"type": "a", "type": "b"}', '{"turn": 1e400}'),
    *("[" * 4000, '{"a":' * 800, "[" * 2000 + "]" * 2000, "😀" * 4096),
    *(
        json.dumps({"type": name, "battle_id": 9**99, "cursor": [], "side": {}, "state": None})
        for name in (
            *(
                "vote",
                "snapshot",
                "beat",
                "open",
                "queue",
                "board",
                "state",
                "unknown",
                "__class__",
            ),
            *("websocket.close", "websocket.disconnect", "websocket.accept", "websocket_connect"),
        )
    ),
]
LARGE: list[str | bytes] = [
    *("[" * 100_000, "[" * 50_000 + "]" * 50_000, '{"a":' * 20_000, "9" * 60_000, "x" * 60_000),
    *("\0" * 60_000, "\ud800" * 60_000, "😀" * 60_000, b"\0" * 60_000, b"\xff" * 4097, "x" * 4097),
]


@pytest.fixture(params=ROUTES)
def route(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def visit(route: str, running_battle: OpenBattle, monkeypatch: pytest.MonkeyPatch) -> Visit:
    """A visit of the route; sockets that serve send a beat so often that no test has to wait."""
    for module in (
        "arena.battles.live.relay",
        "arena.pages.consumers",
        "arena.moderation.consumers",
    ):
        monkeypatch.setattr(f"{module}.BEAT_SECONDS", 0.01)
    return VISITS[route](running_battle)


@pytest.fixture
def nothing_logged(caplog: pytest.LogCaptureFixture) -> Callable[[object], None]:
    """Asserts that nothing was logged about this input.

    Warnings of a Redis that answers late on a busy machine say nothing about it.
    """

    def check(about: object) -> None:
        logged = [
            each
            for each in caplog.records
            if each.levelno >= (logging.ERROR if each.name in TELL_OF_REDIS else logging.WARNING)
        ]
        assert not logged, (str(about)[:200].encode("ascii", "backslashreplace"), logged)

    return check


async def outcome(socket: Socket, *messages: str | bytes, enough: int = 2) -> Any:
    """What becomes of a socket on which one sends these: REFUSED, SERVED or the code of its close.

    An exception in the application is raised here. A socket counts as served once it has sent
    `enough` frames without a close.
    """
    try:
        await socket.open()
    except ConnectionRefusedError:
        await socket.close()
        return REFUSED
    for message in messages:
        await socket.send(message)
    frames = 0
    received: Any = {}
    while frames < enough and not isinstance(received, int):
        received = await socket.next()
        frames += 1
    await socket.close()
    return received if isinstance(received, int) else SERVED


def test_every_pattern_is_visited() -> None:
    assert sorted(ROUTES) == sorted(VISITS)


async def test_a_visitor_is_served_and_a_stranger_refused(
    visit: Visit, nothing_logged: Callable[[object], None]
) -> None:
    allowed = await outcome(Socket(visit.path, headers=visit.headers))
    assert allowed == (NOT_HERE if visit.headers is None else SERVED)
    assert await outcome(Socket(visit.path)) == (SERVED if visit.is_public else NOT_HERE)
    for code in (1000, 1005, 1006, 4999, 0, 2**31):
        for headers in (visit.headers, None):
            await (await Socket(visit.path, headers=headers).open()).close(code)
    nothing_logged("leaving at once")


async def test_hostile_paths_lead_nowhere(
    route: str, visit: Visit, nothing_logged: Callable[[object], None]
) -> None:
    made = ["/" + value.join(re.split("<.*>", route)) for value in VALUES if "<" in route]
    made += [visit.path + value for value in VALUES if value]
    made += [visit.path + "/", visit.path[:-1], visit.path.upper(), visit.path[1:] * 2]
    for path in {*made, *map(unquote, made)} - {visit.path}:
        for headers in (visit.headers, None):
            socket = Socket(headers=headers, scope={"path": path})
            assert await outcome(socket) in {REFUSED, NOT_HERE}, ascii(path)[:200]
            nothing_logged(path)


def handshakes(own: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Parts of hostile scopes of a visitor with these headers."""
    yield from ({"query_string": query} for query in QUERIES)
    yield from SCOPES
    encoded = [(name.encode(), text.encode()) for name, text in own.items()]
    for name, value in HEADERS:
        others = [header for header in encoded if header[0] != name]
        yield {"headers": [*others, (name, value)]}
        yield {"headers": [(name, value), *encoded] * 2}


async def test_hostile_handshakes_are_served_or_closed_quietly(
    visit: Visit, nothing_logged: Callable[[object], None]
) -> None:
    for headers in [visit.headers, {}] if visit.headers else [{}]:
        right = {SERVED} if visit.is_public or headers else set()
        for scope in handshakes({"host": "testserver", "origin": ORIGIN, **headers}):
            met = await outcome(Socket(visit.path, headers=headers, scope=scope))
            assert met in {REFUSED, NOT_HERE} | right, str(scope)[:200]
            nothing_logged(scope)


async def test_hostile_messages_change_nothing(
    visit: Visit, nothing_logged: Callable[[object], None]
) -> None:
    table = [(message, 0) for message in MESSAGES] + [(message, TOO_LARGE) for message in LARGE]
    for message, code in table:
        socket = Socket(visit.path, headers=visit.headers)
        met = await outcome(socket, message, enough=ENDLESS if code else 2)
        right = {NOT_HERE, code} if visit.headers is None else {code or SERVED}
        assert met in right, ascii(message)[:90]
        if not visit.is_public:
            assert await outcome(Socket(visit.path), message) in {
                NOT_HERE,
                code,
            }, ascii(message)[:90]
        nothing_logged(message)
    gc.collect()  # a task's exception that nobody asked for is logged when it goes
    nothing_logged("tasks")


async def test_bursts_are_cut_off_and_the_next_visit_is_served(
    visit: Visit, nothing_logged: Callable[[object], None]
) -> None:
    for start in range(0, len(MESSAGES), 21):
        burst = (MESSAGES * 2)[start : start + 60]
        met = await outcome(Socket(visit.path, headers=visit.headers), *burst, enough=ENDLESS)
        assert met in ({NOT_HERE, FLOODED} if visit.headers is None else {FLOODED})
        met = await outcome(Socket(visit.path), *burst, enough=ENDLESS)
        assert met in ({FLOODED} if visit.is_public else {NOT_HERE, FLOODED})
    gc.collect()
    nothing_logged("bursts")
    met = await outcome(Socket(visit.path, headers=visit.headers))
    assert met == (NOT_HERE if visit.headers is None else SERVED)
