"""What followers of a live battle receive at which time, by a clock that the test moves."""

from datetime import UTC, datetime, timedelta

import pytest

from arena.battles.live.display import SLACK_MS, PacedDisplay
from arena.battles.live.feed import Cursor, Feed, Frame
from arena.battles.live.pacing import TICK_MS, Schedule
from arena.battles.live.streams import Entry
from arena.battles.reading.battle_view import Progress

LEAD = 0.2  # seconds
RATE = 400  # characters a second
POLL_MS = 40
START = datetime(2026, 1, 1, tzinfo=UTC)
TEXTS = {"a": "x" * 150, "b": "ü🎉" * 150}


class Battle:
    """A battle whose answers come at once, and the feed of one web process."""

    def __init__(self, texts: dict[str, str], *, schedule: Schedule | None) -> None:
        self.now = 0  # milliseconds, by the one clock of Redis, the database and this process
        self.feed = Feed(display=PacedDisplay(schedule=schedule), clock=self._moment)
        self._texts = texts
        self._news: list[Entry] = []
        self._tell({}, None)

    def write(self, side: str) -> None:
        self._news.append(Entry(side, self.now, 1, 0, self._texts[side], True, True))

    def complete(self, shown_in: float) -> None:
        """The database has both answers, and the time at which they are shown."""
        self._tell(self._texts, self._moment() + timedelta(seconds=shown_in))

    def wait(self, milliseconds: int) -> None:
        until = self.now + milliseconds
        while self.now < until:
            self.now = min(until, self.now + POLL_MS)
            self.feed.advance(self._news, self.now)
            self._news = []

    def _moment(self) -> datetime:
        return START + timedelta(milliseconds=self.now)

    def _tell(self, texts: dict[str, str], shown_at: datetime | None) -> None:
        state = "open" if texts else "generating"
        self.feed.update(Progress(state, "", 1, "Why?", texts, shown_at, True))


@pytest.fixture
def battle() -> Battle:
    return Battle(TEXTS, schedule=Schedule(buffer=LEAD, fastest=RATE))


def written(battle: Battle) -> Battle:
    for side in "ab":
        battle.write(side)
    battle.complete(shown_in=3)
    return battle


def types(frames: list[Frame]) -> list[str]:
    return [frame["type"] for frame in frames]


def test_both_sides_are_shown_at_one_pace_and_end_at_once(battle: Battle) -> None:
    follower = Cursor(written(battle).feed)
    frames: list[Frame] = []
    while "open" not in types(frames):
        battle.wait(POLL_MS)
        frames += follower.frames()
    texts = [frame for frame in frames if frame["type"] == "text"]
    both = [frame for frame in texts if "a" in frame]
    assert len(both) >= 150 / (RATE * TICK_MS / 1000)
    assert all(len(frame["a"]) == len(frame["b"]) for frame in both[:-1])
    assert all(len(frame["b"]) <= RATE * TICK_MS / 1000 for frame in texts)
    assert texts[: len(both)] == both  # then only the longer one, and no word of the end
    assert types(frames)[-2:] == ["text", "open"]
    assert battle.now <= 3000 + SLACK_MS


def test_one_side_alone_is_not_shown(battle: Battle) -> None:
    follower = Cursor(battle.feed)
    battle.write("a")
    battle.wait(60_000)
    (snapshot,) = follower.frames()
    assert (snapshot["a"], snapshot["b"]) == ("", "")
    battle.write("b")
    battle.wait(1000)
    assert {"a", "b"} <= follower.frames()[0].keys()


def test_open_is_never_told_before_the_vote_is_taken() -> None:
    battle = Battle(TEXTS, schedule=None)  # which shows all at once
    follower = Cursor(battle.feed)
    battle.complete(shown_in=3)
    battle.wait(2960)
    assert (battle.feed.public_state, battle.feed.is_live) == ("generating", True)
    assert types(follower.frames()) == ["snapshot"]
    battle.wait(POLL_MS)
    assert (battle.feed.public_state, battle.feed.is_live) == ("open", False)
    assert types(follower.frames()) == ["open"]


def test_who_polls_is_told_what_the_socket_tells(battle: Battle) -> None:
    socket, cursor = Cursor(written(battle).feed), ""
    by_socket = by_poll = ""
    frames: list[Frame] = []
    while "open" not in types(frames):
        battle.wait(280)
        by_socket += "".join(frame.get("b", "") for frame in socket.frames())
        poll = Cursor(battle.feed, cursor)
        frames = poll.frames()
        by_poll += "".join(frame.get("b", "") for frame in frames)
        cursor = poll.cursor
        assert by_poll == by_socket
    assert by_poll == TEXTS["b"]


@pytest.mark.parametrize(
    "cursor",
    [
        "1.0.0.0000000000000000.open",
        "1.999999.999999.ffffffffffffffff.",
        "9.0.0.e4a6a0577479b2b4.",
        "1.150.300.e4a6a0577479b2b4.open",
        "x",
        "é%00",
    ],
)
def test_a_forged_cursor_tells_no_more_than_what_is_shown(battle: Battle, cursor: str) -> None:
    written(battle).wait(400)
    (frame,) = Cursor(battle.feed, cursor).frames()
    assert (frame["type"], frame["state"]) == ("snapshot", "generating")
    assert 0 < len(frame["a"]) == len(frame["b"]) <= RATE * 0.4
