"""Any process may be killed at any moment: no vote is lost or doubled, and battles come to an end.

Every process is real and is killed by SIGKILL, PostgreSQL and Redis included.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Semaphore
from typing import Any

import pytest

from arena.battles.generation.claim import LEASE
from arena.embedded.supervisor import DJANGO_PROCESSES
from tests.battles.conftest import PacedArena
from tests.visitor import Screen, Visitor

ANSWER_SECONDS = 4.0
SLACK_SECONDS = 60.0  # for a machine that is busy with other things
BEAT_SECONDS = 5.0  # how often beat looks for battles that were left behind
# How long after its worker is back an interrupted battle is finished at the latest.
RECOVERY_SECONDS = LEASE.total_seconds() + BEAT_SECONDS + ANSWER_SECONDS + SLACK_SECONDS

Battle = dict[str, Any]


@pytest.fixture(autouse=True)
def _whole_again(paced_arena: PacedArena) -> Iterator[None]:
    """A test that fails with something killed leaves a whole site to the next one."""
    yield
    paced_arena.release()
    paced_arena.revive()
    for name in DJANGO_PROCESSES:
        paced_arena.site.wait_until_ready(name)


def votes_and_counts(arena: PacedArena) -> tuple[object, ...]:
    """How many votes there are, have a standing, and are counted: for all time, and by days."""
    (row,) = arena.rows(
        """
        SELECT (SELECT count(*) FROM battles_vote),
               (SELECT count(*) FROM battles_votestanding WHERE standing = 'counted'),
               (SELECT coalesce(sum(first_wins + second_wins + ties + both_bad), 0)::int
                FROM ratings_pairtotal JOIN ratings_board ON board_id = ratings_board.id
                WHERE slug = 'overall' AND "window" = 'all'),
               (SELECT coalesce(sum(first_wins + second_wins + ties + both_bad), 0)::int
                FROM ratings_pairday JOIN ratings_board ON board_id = ratings_board.id
                WHERE slug = 'overall')
        """
    )
    return row


def assert_voted_once(arena: PacedArena, visitor: Visitor, battle: Battle) -> None:
    """The battle takes its vote once, and counts it once."""
    before = votes_and_counts(arena)
    assert len(set(before)) == 1
    assert [visitor.vote(battle, "a").status for _ in range(2)] == [201, 200]
    assert visitor.vote(battle, "b").status == 409
    assert votes_and_counts(arena) == tuple(int(str(number)) + 1 for number in before)


def assert_grew_only(screen: Screen, text: str) -> None:
    """Neither side ever showed anything but the beginning of the text, and now all of it."""
    shown = {"a": "", "b": ""}
    for frame in screen.frames:
        if frame["type"] in {"snapshot", "text"}:
            start = shown if frame["type"] == "text" else {"a": "", "b": ""}
            shown = {side: start[side] + frame.get(side, "") for side in "ab"}
            assert all(text.startswith(part) for part in shown.values()), shown
    assert shown == screen.text == {"a": text, "b": text}


def until_open(arena: PacedArena, screen: Screen, seconds: float) -> None:
    """Follow a battle to its end; processes that end by themselves are started again."""

    def is_open(screen: Screen) -> bool:
        arena.revive()
        return screen.state == "open"

    screen.until(is_open, seconds)


def test_a_killed_worker_leaves_no_battle_behind(paced_arena: PacedArena) -> None:
    text = paced_arena.pace(seconds=ANSWER_SECONDS, held_after=40)
    visitor = paced_arena.visitor()
    battle = visitor.open()
    with Screen(visitor, battle) as screen:
        screen.until_both_show(20, SLACK_SECONDS)
        paced_arena.kill("generation")
        paced_arena.release()
        paced_arena.start("generation")
        screen.until_open(RECOVERY_SECONDS)
        assert_grew_only(screen, text)
        assert not screen.breaks
    kept = paced_arena.rows(
        "SELECT attempt, text FROM battles_answer"
        " JOIN battles_turn ON turn_id = battles_turn.id WHERE battle_id = %s",
        battle["id"],
    )
    assert kept == [(2, text)] * 2
    assert_voted_once(paced_arena, visitor, battle)


def test_while_redis_is_killed_votes_count_and_texts_wait(paced_arena: PacedArena) -> None:
    paced_arena.pace(seconds=0.2)
    voter, reader, late = (paced_arena.visitor() for _ in range(3))
    voted = voter.open()
    with Screen(voter, voted) as screen:
        screen.until_open(SLACK_SECONDS)
    text = paced_arena.pace(seconds=ANSWER_SECONDS, held_after=40)
    read = reader.open()
    with Screen(reader, read) as screen:
        screen.until_both_show(20, SLACK_SECONDS)
        paced_arena.kill("redis")
        assert_voted_once(paced_arena, voter, voted)
        opened = late.open()
        paced_arena.release()
        paced_arena.start("redis")
        until_open(paced_arena, screen, RECOVERY_SECONDS)
        assert_grew_only(screen, text)
        assert not screen.breaks
    assert_voted_once(paced_arena, reader, read)
    with Screen(late, opened) as screen:
        until_open(paced_arena, screen, RECOVERY_SECONDS)
        assert screen.text == {"a": text, "b": text}
    assert_voted_once(paced_arena, late, opened)


def test_a_killed_web_server_costs_a_browser_nothing(paced_arena: PacedArena) -> None:
    text = paced_arena.pace(seconds=ANSWER_SECONDS, held_after=40)
    visitor = paced_arena.visitor()
    battle = visitor.open()
    with Screen(visitor, battle) as screen:
        screen.until_both_show(20, SLACK_SECONDS)
        paced_arena.kill("web")
        paced_arena.start("web")
        paced_arena.release()
        screen.until_open(ANSWER_SECONDS + SLACK_SECONDS)
        assert_grew_only(screen, text)
        assert screen.breaks
    assert_voted_once(paced_arena, visitor, battle)


def open_battles(arena: PacedArena, number: int) -> list[tuple[Visitor, Battle]]:
    """Battles of as many visitors that wait for their votes.

    What was killed before may still have its effect, so they may take as long as after a kill.
    """

    def opened(_: int) -> tuple[Visitor, Battle]:
        visitor = arena.visitor()
        battle = visitor.open()
        with Screen(visitor, battle) as screen:
            until_open(arena, screen, RECOVERY_SECONDS)
        return visitor, battle

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(opened, range(number)))


@pytest.mark.parametrize(
    "victims", [["postgres"], ["web"], ["redis"], ["generation", "ratings", "beat"]]
)
def test_an_acknowledged_vote_survives_the_kill_of_any_process(
    paced_arena: PacedArena, victims: Iterable[str]
) -> None:
    paced_arena.pace(seconds=0.2, tokens=5)
    battles = open_battles(paced_arena, 12)
    (before, *_) = votes_and_counts(paced_arena)
    outcomes = [("a", "b", "tie", "both_bad")[number % 4] for number in range(len(battles))]
    answered = Semaphore(0)

    def vote(job: tuple[tuple[Visitor, Battle], str]) -> bool:
        (visitor, battle), outcome = job
        try:
            return visitor.vote(battle, outcome).status == 201
        except OSError:
            return False
        finally:
            answered.release()

    with ThreadPoolExecutor(2) as pool:
        replies = pool.map(vote, zip(battles, outcomes, strict=True))
        for _ in range(4):
            answered.acquire()
        paced_arena.kill(*victims)  # while others are being cast
        paced_arena.start(*victims)
        acknowledged = list(replies)
    assert any(acknowledged)
    paced_arena.revive()
    rows = paced_arena.rows("SELECT battle_id::text, outcome FROM battles_vote")
    kept = {str(battle): outcome for battle, outcome in rows}
    for (_, battle), outcome, is_acknowledged in zip(battles, outcomes, acknowledged, strict=True):
        assert kept.get(battle["id"]) in ([outcome] if is_acknowledged else [outcome, None])
    # The page sends a vote that was not acknowledged again.
    for (visitor, battle), outcome in zip(battles, outcomes, strict=True):
        assert visitor.vote(battle, outcome).status == (200 if battle["id"] in kept else 201)
    assert votes_and_counts(paced_arena) == (int(str(before)) + len(battles),) * 4
