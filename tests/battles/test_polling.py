"""A battle followed by requests instead of a socket: the same text, at the same pace, no more."""

import asyncio
import json
import uuid
from contextlib import aclosing
from typing import Any

import pytest
import redis
from asgiref.sync import sync_to_async
from pytest_django import Settings

from arena.battles.generation.claim import Claim
from arena.battles.generation.results import complete_answer, fail_answer
from arena.battles.live.relay import Relay
from arena.battles.live.streams import stream_key, writer
from arena.battles.models import Answer, Battle
from arena.battles.voting.cast import cast_vote
from arena.contestants.provider import Finished
from arena.leaderboards.models import Outcome
from arena.voters.identity import COOKIE
from tests.arena_settings import ChangeSettings
from tests.edge.ends import stream
from tests.factories import OpenBattle, claimed
from tests.members import signed_cookie
from tests.speed import seconds

pytestmark = pytest.mark.django_db(transaction=True)

FINISHED = Finished("stop", 1, 2, 0.1, 0.2)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arena.battles.live.relay.POLL_LEAST_SECONDS", 0.1)


class Page:
    """Asks again and again, as the page's script does."""

    def __init__(self, battle: Battle, voter_id: uuid.UUID | None = None) -> None:
        self._headers = {"cookie": f"{COOKIE}={signed_cookie(voter_id or battle.voter_id)}"}
        self._battle = battle
        self.cursor = ""
        self.text = {"a": "", "b": ""}
        self.frames: list[dict[str, Any]] = []

    async def status(self) -> int:
        path = f"/api/v1/battles/{self._battle.pk}/live"
        async with stream(path, headers=self._headers) as (begun, _):
            return int(begun["status"])

    async def ask(self) -> list[dict[str, Any]]:
        path = f"/api/v1/battles/{self._battle.pk}/live?after={self.cursor}"
        async with stream(path, headers=self._headers) as (begun, parts):
            assert begun["status"] == 200
            assert "no-store" in begun["headers"]["cache-control"]
            news = json.loads("".join([part async for part in parts]))
        self.cursor = news["cursor"]
        for frame in news["frames"]:
            if frame["type"] == "snapshot":
                self.text = {side: frame[side] for side in "ab"}
            elif frame["type"] == "text":
                self.text = {side: self.text[side] + frame.get(side, "") for side in "ab"}
        self.frames += news["frames"]
        return list(news["frames"])

    async def until(self, *types: str) -> dict[str, Any]:
        async with asyncio.timeout(seconds(60)):
            while True:
                for frame in await self.ask():
                    if frame["type"] in types:
                        return frame


@sync_to_async
def claim_a(battle: Battle) -> Claim:
    return claimed(Answer.objects.get(turn__battle=battle, side="a"))


def write(battle: Battle, texts: dict[str, str]) -> None:
    """Answers, each whole and at once."""
    for side, text in texts.items():
        c = claimed(Answer.objects.get(turn__battle=battle, side=side))
        with writer().opened(stream_key(battle.pk, side), c.attempt) as written:
            written.append(text)
            assert complete_answer(c, text, FINISHED)


@pytest.fixture
def paced(arena_settings: ChangeSettings) -> None:
    arena_settings(
        paced=True, pace_lead_seconds=0.2, pace_chars_per_second=200, pace_extra_seconds=4
    )


async def test_text_comes_as_it_is_written_and_nothing_twice(running_battle: OpenBattle) -> None:
    battle = await sync_to_async(running_battle)()
    page = Page(battle)
    assert [frame["type"] for frame in await page.ask()] == ["snapshot"]
    claim = await sync_to_async(
        lambda: claimed(Answer.objects.get(turn__battle=battle, side="a"))
    )()
    with writer().opened(stream_key(battle.pk, "a"), claim.attempt) as written:
        for piece in ("one ", "ünï🎉 ", "three"):
            written.append(piece)
            await page.until("text")
            assert page.text["a"] == written.text
    await sync_to_async(write)(battle, {"b": "other"})
    await sync_to_async(complete_answer)(claim, "one ünï🎉 three", FINISHED)
    await page.until("open")
    assert page.text == {"a": "one ünï🎉 three", "b": "other"}
    assert [frame["type"] for frame in page.frames].count("snapshot") == 1
    again = Page(battle)  # after a reload
    await again.until("open")
    assert again.text == page.text


@pytest.mark.usefixtures("paced")
async def test_both_sides_come_at_one_pace_and_never_before_a_socket_shows_them(
    running_battle: OpenBattle,
) -> None:
    battle = await sync_to_async(running_battle)()
    await sync_to_async(write)(battle, {"a": "x" * 300, "b": "y" * 420})
    page = Page(battle)
    shown = 0

    async def follow_by_socket() -> None:
        nonlocal shown
        async with aclosing(Relay().follow(battle.pk)) as frames_due:
            async for frames in frames_due:
                for frame in frames:
                    received = len(frame.get("b", ""))
                    shown = received if frame["type"] == "snapshot" else shown + received

    socket = asyncio.ensure_future(follow_by_socket())
    seen: list[int] = []
    while "open" not in [frame["type"] for frame in await page.ask()]:
        a, b = (len(page.text[side]) for side in "ab")
        assert a == min(b, 300)
        while shown < b:  # else the test hangs: by the socket it must come as well
            await asyncio.sleep(0.01)
        seen.append(b)
    socket.cancel()
    assert len(set(seen)) > 2
    assert page.text == {"a": "x" * 300, "b": "y" * 420}


@pytest.mark.usefixtures("paced")
async def test_another_process_goes_on_where_the_first_one_was(running_battle: OpenBattle) -> None:
    battle = await sync_to_async(running_battle)()
    await sync_to_async(write)(battle, {"a": "x" * 200, "b": "y" * 200})
    text, cursor, snapshots = "", "", 0
    async with asyncio.timeout(seconds(60)):
        while True:
            frames, cursor = await Relay().poll(battle.pk, cursor)  # each a process of its own
            for frame in frames:
                snapshots += frame["type"] == "snapshot"
                text = text + frame.get("a", "") if frame["type"] == "text" else text
                text = frame["a"] if frame["type"] == "snapshot" else text
            if frames[-1]["type"] == "open":
                break
    assert (text, snapshots) == ("x" * 200, 1)


@pytest.mark.usefixtures("paced")
@pytest.mark.parametrize(
    "cursor",
    [
        "1.0.0.0000000000000000.open",
        "1.999999.999999.ffffffffffffffff.",
        "9.0.0.e4a6a0577479b2b4.",
        "x",
        "é%00",
    ],
)
async def test_a_forged_cursor_tells_no_more_than_what_is_shown(
    running_battle: OpenBattle, arena_settings: ChangeSettings, cursor: str
) -> None:
    arena_settings(pace_lead_seconds=3600, pace_extra_seconds=3600)
    battle = await sync_to_async(running_battle)()
    await sync_to_async(write)(battle, {"a": "x" * 300, "b": "y" * 300})
    frames, _ = await Relay().poll(battle.pk, cursor)
    assert (frames[0]["type"], frames[0]["state"]) == ("snapshot", "generating")
    assert (frames[0]["a"], frames[0]["b"]) == ("", "")


async def test_the_end_of_a_battle_is_told_in_every_case(
    running_battle: OpenBattle, open_battle: OpenBattle
) -> None:
    battle = await sync_to_async(running_battle)()
    page = Page(battle)
    await page.ask()
    claim = await sync_to_async(
        lambda: claimed(Answer.objects.get(turn__battle=battle, side="a"))
    )()
    await sync_to_async(fail_answer)(claim.answer_id, claim.attempt, "timeout", "x")
    failed = await page.until("failed")
    assert failed == {"type": "failed", "detail": "A model gave no usable answer."}
    voted = await sync_to_async(open_battle)()
    page = Page(voted)
    await page.until("open")
    await sync_to_async(cast_vote)(voted.voter_id, voted.pk, Outcome.A)
    await page.until("voted")


async def test_without_redis_the_database_is_shown(
    open_battle: OpenBattle, settings: Settings
) -> None:
    battle = await sync_to_async(open_battle)()
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.flushdb()
    page = Page(battle)
    await page.until("open")
    assert all(page.text.values())


async def test_nobody_else_is_told(running_battle: OpenBattle) -> None:
    battle = await sync_to_async(running_battle)()
    assert await Page(battle, uuid.uuid4()).status() == 404
    async with stream(f"/api/v1/battles/{battle.pk}/live") as (begun, _):
        assert begun["status"] == 404


async def test_without_news_an_answer_comes_all_the_same(
    running_battle: OpenBattle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arena.battles.live.relay.POLL_WAIT_SECONDS", 0.3)
    battle = await sync_to_async(running_battle)()
    page = Page(battle)
    await page.ask()
    cursor = page.cursor
    assert await page.ask() == []
    assert page.cursor == cursor
