"""What a browser gets over the battle's socket: every character once, in order, whatever breaks."""

import asyncio
import uuid
from contextlib import aclosing
from datetime import timedelta

import pytest
import redis
import time_machine
from asgiref.sync import sync_to_async
from django.conf import settings
from django.utils import timezone
from pytest_django import Settings

from arena.battles.generation.claim import Claim
from arena.battles.generation.results import complete_answer, fail_answer
from arena.battles.live.relay import Relay
from arena.battles.live.streams import stream_key, writer
from arena.battles.models import Answer, Battle
from arena.battles.reading.battle_view import battle_of, battle_view
from arena.battles.voting.cast import VoteRefused, cast_vote
from arena.contestants.provider import Finished
from arena.leaderboards.models import Outcome
from tests.arena_settings import ChangeSettings
from tests.battles.sockets import LONGEST_SECONDS, Browser
from tests.factories import OpenBattle, claimed

pytestmark = pytest.mark.django_db(transaction=True)

FINISHED = Finished("stop", 1, 2, 0.1, 0.2)


@sync_to_async
def claim(battle: Battle, side: str) -> Claim:
    return claimed(Answer.objects.get(turn__battle=battle, side=side))


async def test_both_answers_arrive_as_written_and_then_the_vote_opens(
    running_battle: OpenBattle,
) -> None:
    battle = await sync_to_async(running_battle)()
    claims = [await claim(battle, side) for side in "ab"]
    async with Browser(battle) as browser:
        first = await browser.next()
        assert first == {
            "type": "snapshot",
            "state": "generating",
            "turn": 1,
            "prompt": "Why?",
            "a": "",
            "b": "",
        }
        texts = {}
        for c in claims:
            with writer().opened(stream_key(battle.pk, c.side), c.attempt) as stream:
                for number in range(5):
                    stream.append(f"{c.side}{number} ünï🎉 ")
                    await browser.until_text(c.side, stream.text)
                texts[c.side] = stream.text
                await sync_to_async(complete_answer)(c, stream.text, FINISHED)
        await browser.until("open")
        assert browser.text == texts
        assert [f["type"] for f in browser.frames].count("snapshot") == 1
        assert [f["type"] for f in browser.frames].count("text") >= 10


async def test_a_browser_that_comes_in_the_middle_or_at_the_end_misses_nothing(
    running_battle: OpenBattle,
) -> None:
    battle = await sync_to_async(running_battle)()
    claims = [await claim(battle, side) for side in "ab"]
    with writer().opened(stream_key(battle.pk, "a"), claims[0].attempt) as stream:
        stream.append("first half, ")
        async with Browser(battle) as early:
            await early.until_text("a", "first half, ")
        stream.append("second half")
        async with Browser(battle) as late:
            await late.until_text("a", "first half, second half")
        await sync_to_async(complete_answer)(claims[0], stream.text, FINISHED)
    await sync_to_async(complete_answer)(claims[1], "other", FINISHED)
    async with Browser(battle) as last:
        await last.until("open")
        assert last.text == {"a": "first half, second half", "b": "other"}


async def test_text_comes_live_also_just_after_the_last_browser_left(
    running_battle: OpenBattle,
) -> None:
    battle = await sync_to_async(running_battle)()
    async with Browser(battle) as first:
        await first.next()
    await asyncio.sleep(0.2)  # nobody is left to read Redis for
    with writer().opened(stream_key(battle.pk, "a"), 1) as stream:
        async with Browser(battle) as second:
            stream.append("as it is written")
            await second.until_text("a", "as it is written")


async def test_a_second_attempt_replaces_the_text_of_the_first(running_battle: OpenBattle) -> None:
    battle = await sync_to_async(running_battle)()
    async with Browser(battle) as browser:
        with writer().opened(stream_key(battle.pk, "a"), 1) as stream:
            stream.append("the worker died he")
            await browser.until_text("a", "the worker died he")
        with writer().opened(stream_key(battle.pk, "a"), 2) as stream:
            stream.append("a new start")
            await browser.until("snapshot")
            while browser.text["a"] != "a new start":
                await browser.next()


async def test_what_redis_lost_comes_from_the_database(running_battle: OpenBattle) -> None:
    battle = await sync_to_async(running_battle)()
    claims = [await claim(battle, side) for side in "ab"]
    async with Browser(battle) as browser:
        with writer().opened(stream_key(battle.pk, "a"), 1) as stream:
            stream.append("seen before the crash ")
            await browser.until_text("a", "seen before the crash ")
            with redis.Redis.from_url(settings.REDIS_URL) as client:
                client.delete(stream_key(battle.pk, "a"))
        # No stream at all has the rest.
        for c in claims:
            await sync_to_async(complete_answer)(c, "seen before the crash and after", FINISHED)
        await browser.until("open")
        assert browser.text["a"] == browser.text["b"] == "seen before the crash and after"


async def test_text_that_is_sent_again_is_not_shown_twice(running_battle: OpenBattle) -> None:
    battle = await sync_to_async(running_battle)()
    async with Browser(battle) as browser:
        with writer().opened(stream_key(battle.pk, "b"), 1) as stream:
            stream.append("once ")
            await browser.until_text("b", "once ")
            stream.send_all_again()  # as after an error of Redis
            stream.append("and no more")
            await browser.until_text("b", "once and no more")


async def test_a_failed_battle_says_so_without_naming_a_side(running_battle: OpenBattle) -> None:
    battle = await sync_to_async(running_battle)()
    c = await claim(battle, "b")
    async with Browser(battle) as browser:
        await browser.next()
        await sync_to_async(fail_answer)(c.answer_id, c.attempt, "timeout", "x")
        frame = await browser.until("failed")
        assert frame == {"type": "failed", "detail": "A model gave no usable answer."}


async def test_a_vote_in_another_tab_is_told(open_battle: OpenBattle) -> None:
    battle = await sync_to_async(open_battle)()
    async with Browser(battle) as browser:
        await browser.until("open")
        await sync_to_async(cast_vote)(battle.voter_id, battle.pk, Outcome.A)
        await browser.until("voted")


@pytest.mark.parametrize("whose", ["stranger", "nobody"])
async def test_nobody_else_can_follow(running_battle: OpenBattle, whose: str) -> None:
    battle = await sync_to_async(running_battle)()
    browser = Browser(battle, uuid.uuid4())
    if whose == "nobody":
        browser.socket.scope["headers"] = browser.socket.scope["headers"][1:]
    async with browser:
        output = await browser.socket.receive_output(LONGEST_SECONDS)
        assert (output["type"], output["code"]) == ("websocket.close", 4404)


@pytest.fixture
def paced(arena_settings: ChangeSettings) -> None:
    arena_settings(
        paced=True, pace_lead_seconds=0.2, pace_chars_per_second=400, pace_extra_seconds=3
    )


def write(battle: Battle, texts: dict[str, str]) -> None:
    """Answers, each whole and at once."""
    for side, text in texts.items():
        c = claimed(Answer.objects.get(turn__battle=battle, side=side))
        with writer().opened(stream_key(battle.pk, side), c.attempt) as stream:
            stream.append(text)
            assert complete_answer(c, text, FINISHED)


@pytest.mark.usefixtures("paced")
async def test_both_sides_are_shown_at_one_pace_and_end_at_once(
    running_battle: OpenBattle,
) -> None:
    battle = await sync_to_async(running_battle)()
    texts = {"a": "x" * 150, "b": "ü🎉" * 150}
    async with Browser(battle) as browser:
        await sync_to_async(write)(battle, texts)
        await browser.until("open")
    assert browser.text == texts
    text_frames = [frame for frame in browser.frames if frame["type"] == "text"]
    both = [frame for frame in text_frames if "a" in frame]
    assert len(text_frames) > 1
    assert all(len(frame["a"]) == len(frame["b"]) for frame in both[:-1])
    assert text_frames[: len(both)] == both  # then only the longer one, and no word of the end
    assert [frame["type"] for frame in browser.frames[-2:]] == ["text", "open"]


@pytest.mark.usefixtures("paced")
async def test_one_side_alone_is_not_shown(running_battle: OpenBattle) -> None:
    battle = await sync_to_async(running_battle)()
    async with Browser(battle) as browser:
        await sync_to_async(write)(battle, {"a": "x" * 150})
        await browser.next()
        assert await browser.socket.receive_nothing(timeout=0.6)
        await sync_to_async(write)(battle, {"b": "y" * 150})
        assert {"a", "b"} <= (await browser.until("text")).keys()


@pytest.mark.usefixtures("paced")
async def test_until_all_is_shown_the_battle_looks_unfinished(
    running_battle: OpenBattle, arena_settings: ChangeSettings
) -> None:
    arena_settings(pace_lead_seconds=3600, pace_extra_seconds=3600)
    battle = await sync_to_async(running_battle)()
    await sync_to_async(write)(battle, {"a": "x" * 150, "b": "y" * 300})

    @sync_to_async
    def seen() -> tuple[str, str]:
        found = battle_of(battle.voter_id, battle.pk)
        assert found is not None
        view = battle_view(found)
        return view["state"], view["turns"][0]["answers"]["a"]

    assert await seen() == ("generating", "")
    with pytest.raises(VoteRefused, match="complete"):
        await sync_to_async(cast_vote)(battle.voter_id, battle.pk, Outcome.A)
    async with Browser(battle) as late:
        first = await late.next()
        assert (first["type"], first["state"]) == ("snapshot", "generating")
        assert (first["a"], first["b"]) == ("", "")
    with time_machine.travel(timezone.now() + timedelta(seconds=3601)):
        async with Browser(battle) as after:
            await after.until("open")
            assert after.text == {"a": "x" * 150, "b": "y" * 300}
        assert await seen() == ("open", "x" * 150)
        await sync_to_async(cast_vote)(battle.voter_id, battle.pk, Outcome.A)


@pytest.mark.usefixtures("paced")
async def test_a_reload_on_another_web_process_finds_what_was_shown(
    running_battle: OpenBattle,
) -> None:
    battle = await sync_to_async(running_battle)()
    await sync_to_async(write)(battle, {"a": "x" * 500, "b": "y" * 900})
    # Each of them is all that a process knows.
    async with (
        aclosing(Relay().follow(battle.pk)) as early,
        aclosing(Relay().follow(battle.pk)) as late,
    ):
        shown = 0
        async for frames in early:
            shown += sum(len(frame.get("a", "")) for frame in frames)
            if shown > 150:
                break
        snapshot, *_ = await anext(late)
    assert shown // 2 <= len(snapshot["a"]) == len(snapshot["b"])


@pytest.mark.usefixtures("paced")
@pytest.mark.parametrize("lost", ["streams", "server"])
async def test_without_redis_what_the_database_has_is_shown_at_the_pace(
    running_battle: OpenBattle, settings: Settings, lost: str
) -> None:
    battle = await sync_to_async(running_battle)()
    texts = {"a": "x" * 300, "b": "y" * 400}
    await sync_to_async(write)(battle, texts)
    if lost == "server":
        settings.REDIS_URL = "redis://127.0.0.1:9/0"  # the discard port: nobody listens
    else:
        with redis.Redis.from_url(settings.REDIS_URL) as client:
            client.flushdb()
    async with Browser(battle) as browser:
        await browser.until("open")
    assert browser.text == texts
    assert [frame["type"] for frame in browser.frames].count("text") > 1


@pytest.mark.usefixtures("paced")
async def test_a_long_answer_keeps_nobody_waiting_beyond_the_bound(
    running_battle: OpenBattle,
) -> None:
    battle = await sync_to_async(running_battle)()
    async with Browser(battle) as browser:
        before = timezone.now()
        await sync_to_async(write)(battle, {"a": "x", "b": "y" * 30_000})
        after = timezone.now()
        await battle.arefresh_from_db()
        assert battle.shown_at is not None
        assert before + timedelta(seconds=2) < battle.shown_at < after + timedelta(seconds=3.3)
        await browser.until("open")
        assert timezone.now() >= battle.shown_at


async def test_a_browser_hears_of_a_quiet_battle_that_the_connection_lives(
    running_battle: OpenBattle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arena.battles.live.relay.BEAT_SECONDS", 0.1)
    battle = await sync_to_async(running_battle)()
    async with Browser(battle) as browser:
        await browser.until("snapshot")  # before it a slow process may tell that it lives
        assert await browser.next() == {"type": "beat"}
        assert await browser.next() == {"type": "beat"}
