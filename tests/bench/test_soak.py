"""A soak: a hundred visitors battle and vote while workers and web processes are killed.

It lasts ARENA_TEST_SOAK_SECONDS (five minutes). Two web servers and two generation workers run, as
in production; one of each is killed again and again, and so is the ratings worker. The two that are
spared show whether memory stays flat.
"""

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import numpy as np
import psutil
import psycopg
import pytest
from websockets.exceptions import WebSocketException

from arena.embedded.supervisor import DJANGO_PROCESSES, Site, free_port
from tests.bench.conftest import Report
from tests.bench.load import SIDES, Visitor, endpoint
from tests.conftest import UNLIMITED, running_site, write_catalogue

SECONDS = float(os.environ.get("ARENA_TEST_SOAK_SECONDS", "300"))
VISITORS = 100
RATE, TOKENS = 20.0, 200
STUCK_SECONDS = 60.0
GIVE_UP_SECONDS = 120.0
KILL_EVERY = (2.0, 6.0)  # seconds
KILLED = ("web-2", "generation-2", "ratings")
WATCHED = ("web", "generation", "postgres", "redis")
SLUGS = tuple(f"{name}-quokka" for name in ("red", "blue", "green", "grey", "gold", "pink"))
OUTCOMES = ("a", "b", "tie", "both_bad")
FLAT_MB_A_MINUTE = 3.0

Call = Callable[[], Any]


@dataclass
class Ledger:
    """What the visitors saw."""

    votes: dict[str, str] = field(default_factory=dict)  # acknowledged: battle → outcome
    counts: Counter[str] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    longest_wait: float = 0.0  # seconds without any sign of life of a battle
    seconds: list[float] = field(default_factory=list)  # from opening a battle to its end


class Lost(Exception):
    """A request that the site did not answer for as long as anybody would try."""


async def insist(call: Call) -> Any:
    """Repeat a request while nobody answers, as a browser's user would."""
    give_up = time.monotonic() + GIVE_UP_SECONDS
    while time.monotonic() < give_up:
        try:
            return await asyncio.to_thread(call)
        except HTTPError as error:
            if error.code < 500:
                raise
        except (OSError, HTTPException):
            pass
        await asyncio.sleep(random.uniform(0.2, 0.8))
    raise Lost


class Guest:
    """One visitor who battles, votes and battles again."""

    def __init__(self, doors: list[str], ledger: Ledger) -> None:
        self._doors = doors
        self._ledger = ledger
        self._visitor = Visitor(doors[0])

    async def stay(self, until: float) -> None:
        await asyncio.sleep(random.uniform(0, 10))
        while time.monotonic() < until:
            try:
                await self._battle()
            except (Lost, HTTPError) as error:
                self._ledger.faults.append(f"A request failed for good: {error!r}")

    async def _battle(self) -> None:
        if random.random() < 0.3:
            self._visitor = Visitor(self._doors[0])  # somebody else
        visitor = self._visitor
        await insist(self._anywhere(visitor.arrive))
        try:
            battle = await insist(self._anywhere(visitor.open_battle))
        except HTTPError as error:
            if error.code != 429:
                raise
            # Battles whose opening was cut off still run for this visitor.
            self._visitor = Visitor(self._doors[0])
            self._ledger.counts["too many at once"] += 1
            return
        self._ledger.counts["opened"] += 1
        opened = time.monotonic()
        self._assert_blind("opening", battle)
        state, texts = await self._follow(battle)
        self._ledger.seconds.append(time.monotonic() - opened)
        self._ledger.counts[state] += 1
        if state != "open":
            return
        shown = await insist(
            self._anywhere(lambda: visitor.request(f"/api/v1/battles/{battle['id']}"))
        )
        self._assert_blind("battle", shown)
        if shown["turns"][0]["answers"] != texts:
            self._ledger.faults.append(f"The socket sent another text of {battle['id']}.")
        await self._vote(battle["id"])

    async def _follow(self, battle: dict[str, Any]) -> tuple[str, dict[str, str]]:
        """Follow a battle to its end through lost connections; how it ended, and both texts."""
        texts = dict.fromkeys(SIDES, "")
        alive = time.monotonic()
        while time.monotonic() - alive < GIVE_UP_SECONDS:
            with suppress(OSError, WebSocketException, TimeoutError):
                async for frame, _ in self._at_a_door().frames(battle):
                    self._assert_blind("frame", frame)
                    before = dict(texts)
                    for side in SIDES if frame["type"] in {"snapshot", "text"} else ():
                        texts[side] = (
                            frame[side]
                            if frame["type"] == "snapshot"
                            else texts[side] + frame.get(side, "")
                        )
                    if frame["type"] in {"open", "failed"} or texts != before:
                        waited = time.monotonic() - alive
                        self._ledger.longest_wait = max(self._ledger.longest_wait, waited)
                        alive = time.monotonic()
                    if frame["type"] in {"open", "failed"}:
                        return str(frame["type"]), texts
            self._ledger.counts["reconnected"] += 1
            await asyncio.sleep(random.uniform(0.25, 0.5))
        self._ledger.longest_wait = GIVE_UP_SECONDS
        return "stuck", texts

    async def _vote(self, battle_id: str) -> None:
        outcome = random.choice(OUTCOMES)
        path, body = f"/api/v1/battles/{battle_id}/vote", {"outcome": outcome}
        vote = self._anywhere(lambda: self._visitor.request(path, body))
        votes: list[Awaitable[Any]] = [insist(vote) for _ in range(random.choice((1, 1, 1, 2, 3)))]
        for voted in await asyncio.gather(*votes):
            if voted["vote"]["outcome"] != outcome or voted["state"] != "voted":
                self._ledger.faults.append(f"Another vote than cast: {voted}")
            names = {voted["contestants"][side]["slug"] for side in SIDES}
            if len(names) != 2 or not names <= set(SLUGS):
                self._ledger.faults.append(f"No proper reveal: {voted['contestants']}")
        self._ledger.votes[battle_id] = outcome
        self._ledger.counts["requests to vote"] += len(votes)
        if random.random() < 0.1:
            await self._change_of_mind(path, outcome)

    async def _change_of_mind(self, path: str, outcome: str) -> None:
        other = {"outcome": random.choice([o for o in OUTCOMES if o != outcome])}
        try:
            await insist(self._anywhere(lambda: self._visitor.request(path, other)))
        except HTTPError as error:
            if error.code == 409:
                return
            raise
        self._ledger.faults.append(f"A vote was changed: {path}")

    def _anywhere(self, call: Call) -> Call:
        """The same request at whichever web server the balancer takes."""

        def sent() -> Any:
            self._at_a_door()
            return call()

        return sent

    def _at_a_door(self) -> Visitor:
        self._visitor.site = random.choice(self._doors).rstrip("/")
        return self._visitor

    def _assert_blind(self, what: str, content: dict[str, Any]) -> None:
        said = str(content).lower()
        if "quokka" in said:
            self._ledger.faults.append(f"A name in a {what} before the vote: {content}")


@contextmanager
def doubled(site: Site) -> Iterator[list[str]]:
    """A second web server and generation worker; the addresses of both web servers."""
    port = free_port()
    second = {
        "web-2": [word.format(port=port) for word in DJANGO_PROCESSES["web"]],
        "generation-2": [
            word.replace("generation@", "generation-2@") for word in DJANGO_PROCESSES["generation"]
        ],
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, command in second.items():
            patch.setitem(DJANGO_PROCESSES, name, command)
            site.launch(name)
        try:
            yield [site.url, f"http://localhost:{port}/"]
        finally:
            for name in second:
                site.children.pop(name).stop()


async def kill_again_and_again(site: Site, ledger: Ledger, until: float) -> None:
    while time.monotonic() < until:
        await asyncio.sleep(random.uniform(*KILL_EVERY))
        name = random.choice(KILLED)
        site.children[name].kill()
        site.launch(name)
        ledger.kills[name] += 1


async def watch_memory(site: Site, samples: dict[str, list[tuple[float, float]]]) -> None:
    """Every few seconds, the memory (MB) of the processes that are spared."""
    began = time.monotonic()
    while True:
        for name in WATCHED:
            process = psutil.Process(site.children[name].pid)
            members = [process, *process.children(recursive=True)]
            total = 0.0
            for member in members:
                with suppress(psutil.NoSuchProcess):
                    total += member.memory_full_info().uss / 1e6
            samples.setdefault(name, []).append((time.monotonic() - began, total))
        await asyncio.sleep(2)


@dataclass(frozen=True)
class Record:
    """What the site says at the end."""

    votes: dict[str, str]
    counted: Counter[tuple[int, int, str]]  # by pair and column of the table of totals
    totals: Counter[tuple[int, int, str]]
    unfinished: int
    failures: Counter[str]


COLUMNS = ("first_wins", "second_wins", "ties", "both_bad")


def record(url: str) -> Record:
    with psycopg.connect(url) as database:
        votes = database.execute(
            "SELECT v.battle_id::text, v.outcome, b.contestant_a_id, b.contestant_b_id,"
            " (SELECT s.standing FROM battles_votestanding s WHERE s.vote_id = v.id"
            "  ORDER BY s.id DESC LIMIT 1)"
            " FROM battles_vote v JOIN battles_battle b ON b.id = v.battle_id"
        ).fetchall()
        totals = database.execute(
            "SELECT first_id, second_id, first_wins, second_wins, ties, both_bad"
            " FROM ratings_pairtotal t JOIN ratings_board b ON b.id = t.board_id"
            " WHERE b.slug = 'overall'"
        ).fetchall()
        states: dict[str, int] = dict(
            database.execute(
                "SELECT state || failure, count(*) FROM battles_battle GROUP BY 1"
            ).fetchall()
        )
    counted: Counter[tuple[int, int, str]] = Counter()
    for _, outcome, a, b, standing in votes:
        column = {
            "a": "first_wins" if a < b else "second_wins",
            "b": "second_wins" if a < b else "first_wins",
            "tie": "ties",
            "both_bad": "both_bad",
        }[outcome]
        if standing == "counted":
            counted[min(a, b), max(a, b), column] += 1
    return Record(
        votes={battle: outcome for battle, outcome, *_ in votes},
        counted=counted,
        totals=+Counter(
            {
                (first, second, column): number
                for first, second, *numbers in totals
                for column, number in zip(COLUMNS, numbers, strict=True)
            }
        ),
        unfinished=states.pop("generating", 0),
        failures=Counter({s: n for s, n in states.items() if s.startswith("failed")}),
    )


def settled(site: Site) -> Record:
    """The record once nothing runs any more, or a minute later."""
    deadline = time.monotonic() + STUCK_SECONDS
    while (said := record(site.postgres.url("arena"))).unfinished and time.monotonic() < deadline:
        time.sleep(1)
    return said


def seconds_to_board(visitor: Visitor, votes: int) -> float:
    """How long the leaderboard takes to show so many votes."""
    began = time.monotonic()
    while time.monotonic() - began < GIVE_UP_SECONDS:
        board = visitor.request("/api/v1/boards/overall/leaderboard")
        if board["votes"] == votes:
            return time.monotonic() - began
        time.sleep(0.5)
    raise AssertionError(f"The leaderboard shows {board['votes']} votes instead of {votes}.")


def slope(samples: list[tuple[float, float]]) -> float:
    """Growth in MB a minute after the first quarter, in which caches fill."""
    late = [s for s in samples if s[0] >= samples[-1][0] / 4]
    times, memory = np.array(late).T
    return float(np.polyfit(times / 60, memory, 1)[0])


async def test_votes_and_battles_survive_kills(tmp_path: Path, report: Report) -> None:
    ledger = Ledger()
    samples: dict[str, list[tuple[float, float]]] = {}
    with endpoint(RATE, TOKENS) as base_url:
        file = write_catalogue(
            tmp_path / "catalogue.json", base_url, {slug: f"paced~{slug}" for slug in SLUGS}
        )
        with running_site(file, **UNLIMITED) as site, doubled(site) as doors:
            until = time.monotonic() + SECONDS
            watching = asyncio.create_task(watch_memory(site, samples))
            killing = asyncio.create_task(kill_again_and_again(site, ledger, until))
            await asyncio.gather(*(Guest(doors, ledger).stay(until) for _ in range(VISITORS)))
            await killing
            watching.cancel()
            said = await asyncio.to_thread(settled, site)
            shown = await asyncio.to_thread(
                seconds_to_board, Visitor(doors[0]), said.counted.total()
            )
    lost = ledger.votes.items() - said.votes.items()
    unknown = said.votes.keys() - ledger.votes.keys()
    report(
        f"Soak: {VISITORS} visitors, {SECONDS:.0f} s, something killed every few seconds",
        [
            {"what": what, "figure": figure}
            for what, figure in {
                **{f"killed: {name}": number for name, number in sorted(ledger.kills.items())},
                "battles opened": ledger.counts["opened"],
                "battles completed": ledger.counts["open"],
                "battles failed, and said so": ledger.counts["failed"],
                **{f"  {kind}": number for kind, number in said.failures.items()},
                "battles stuck": ledger.counts["stuck"] + said.unfinished,
                "median seconds of a battle": float(np.median(ledger.seconds)),
                "longest seconds without sign of life": ledger.longest_wait,
                "sockets reconnected": ledger.counts["reconnected"],
                "votes acknowledged": len(ledger.votes),
                "requests to vote": ledger.counts["requests to vote"],
                "votes lost": len(lost),
                "votes that nobody cast": len(unknown),
                "pairs that count wrongly": len(
                    (said.counted - said.totals) + (said.totals - said.counted)
                ),
                "seconds until the board shows all": shown,
                "other faults": len(ledger.faults),
                **{f"  {fault[:80]}": number for fault, number in Counter(ledger.faults).items()},
            }.items()
        ],
    )
    report(
        "Soak: memory of the processes that are spared",
        [
            {"process": name, "MB at the end": taken[-1][1], "MB a minute": slope(taken)}
            for name, taken in samples.items()
        ],
    )
    assert ledger.votes, "Nobody could vote."
    assert not lost and not unknown
    assert said.counted == said.totals
    assert not ledger.faults, ledger.faults[:5]
    assert ledger.counts["stuck"] + said.unfinished == 0
    assert ledger.longest_wait < STUCK_SECONDS
    if SECONDS >= 120:  # in less, caches still fill
        for name in ("web", "generation"):
            assert slope(samples[name]) < FLAT_MB_A_MINUTE, (name, samples[name])
