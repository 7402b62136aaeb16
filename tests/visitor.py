"""A visitor of a running site, who does over HTTP and the socket what the page's script does."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPException
from http.cookiejar import CookieJar
from typing import Any

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.speed import seconds as budget

RECONNECT_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, whatever its status."""

    status: int
    headers: Message
    body: str

    def json(self) -> Any:
        return json.loads(self.body)


class Visitor:
    """One browser: its cookies, and the CSRF token that its page got.

    With an address it comes from there, by a proxy that the site trusts.
    """

    def __init__(self, site_url: str, *, address: str = "") -> None:
        self.url = site_url.rstrip("/")
        self._address = address
        self.jar = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        self.home = self.get("/")

    @property
    def cookies(self) -> dict[str, str]:
        return {cookie.name: cookie.value or "" for cookie in self.jar}

    def get(self, path: str) -> Reply:
        return self._send(urllib.request.Request(self.url + path))

    def post(self, path: str, body: Any, *, key: str = "") -> Reply:
        """Post JSON; with a key, a repetition of the same request is known again."""
        headers = {
            "Content-Type": "application/json",
            "Origin": self.url,
            "X-CSRFToken": self.cookies["csrftoken"],
        }
        if key:
            headers["Idempotency-Key"] = key
        return self._send(
            urllib.request.Request(self.url + path, json.dumps(body).encode(), headers)
        )

    def open(self, prompt: str = "Why is the sky blue?") -> dict[str, Any]:
        """Open a battle."""
        reply = self.post("/api/v1/battles", {"prompt": prompt})
        assert reply.status == 201, reply.body
        battle: dict[str, Any] = reply.json()
        return battle

    def vote(self, battle: dict[str, Any], outcome: str) -> Reply:
        return self.post(f"/api/v1/battles/{battle['id']}/vote", {"outcome": outcome})

    def _send(self, request: urllib.request.Request) -> Reply:
        """The reply. Raises OSError if there is none, as when the server dies meanwhile."""
        if self._address:
            request.add_header("X-Forwarded-For", self._address)
        try:
            with self._opener.open(request, timeout=budget(60)) as response:
                return Reply(response.status, response.headers, response.read().decode())
        except urllib.error.HTTPError as error:
            return Reply(error.code, error.headers, error.read().decode())
        except HTTPException as error:  # it ended in the middle of its reply
            raise ConnectionError(str(error)) from error


class Screen:
    """A battle's page: what its socket has it show. It comes back by itself when that breaks."""

    def __init__(self, visitor: Visitor, battle: dict[str, Any]) -> None:
        self._visitor = visitor
        self._address = f"{visitor.url.replace('http', 'ws', 1)}{battle['socket']}"
        self._socket: ClientConnection | None = None
        self.frames: list[dict[str, Any]] = []
        self.text = {"a": "", "b": ""}
        self.state = ""
        self.turn = 0
        self.breaks: list[str] = []

    def __enter__(self) -> "Screen":
        return self

    def __exit__(self, *_: object) -> None:
        if self._socket:
            self._socket.close()

    def until(self, reached: Callable[["Screen"], bool], seconds: float) -> None:
        """Follow the battle until it looks as wanted.

        Args:
            seconds: the longest wait, on a laptop (see tests/speed.py).

        Raises:
            TimeoutError: it did not come to that in time.
        """
        longest = budget(seconds)
        deadline = time.monotonic() + longest
        while not reached(self):
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"{self.state} after {longest} s, with {self.text}")
            try:
                if self._socket is None:
                    self._socket = self._connect()
                self._show(json.loads(self._socket.recv(timeout=min(left, 1.0))))
            except TimeoutError:
                continue
            except (WebSocketException, OSError) as error:
                self.breaks.append(repr(error))
                self._socket = None
                time.sleep(RECONNECT_SECONDS)

    def until_open(self, seconds: float) -> None:
        self.until(lambda screen: screen.state == "open", seconds)

    def until_both_show(self, chars: int, seconds: float) -> None:
        self.until(lambda screen: min(map(len, screen.text.values())) >= chars, seconds)

    def _connect(self) -> ClientConnection:
        cookie = "; ".join(f"{name}={value}" for name, value in self._visitor.cookies.items())
        return connect(
            self._address,
            additional_headers={"Cookie": cookie},
            origin=Origin(self._visitor.url),
            open_timeout=budget(30),
            close_timeout=1,
            legacy=True,  # no context: its end is for `until` to see
        )

    def _show(self, frame: dict[str, Any]) -> None:
        self.frames.append(frame)
        match frame["type"]:
            case "snapshot":
                self.text = {side: frame[side] for side in "ab"}
                self.state = frame["state"]
                self.turn = frame["turn"]
            case "text":
                for side in "ab":
                    self.text[side] += frame.get(side, "")
            case "open" | "voted" | "failed" as state:
                self.state = state
