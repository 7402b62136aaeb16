"""How much later a token reaches the browser than a program that reads the endpoint itself.

The synthetic endpoint, the whole site and the browsers share the cores of this machine. Pacing,
which holds text back on purpose, is off except where it says otherwise.
"""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from arena.embedded.processes.children import READY_SECONDS
from arena.embedded.supervisor import DJANGO_PROCESSES, HOST, Site, answers
from tests.bench.conftest import Report, Row
from tests.bench.load import (
    Stamped,
    Usage,
    endpoint,
    follow,
    gather,
    open_battles,
    read_directly,
    usage,
)
from tests.conftest import UNLIMITED, running_site, write_catalogue

RATE = 20.0  # tokens a second and side
TOKENS = 300
BATTLES = 100
FIRST_BATTLES = 8
MOST_BATTLES = 200
DIRECT_READERS = 4
SETTLE_NS = 1_000_000_000  # after the last battle began
MEDIAN_GOAL_MS = 60.0
P99_GOAL_MS = 250.0

Milliseconds = NDArray[np.float64]


class NotAtOnceError(AssertionError):
    """Some battles ended before others began: the worker has fewer threads than answers."""


@dataclass(frozen=True)
class Measurement:
    """Delays of the tokens that were sent while all battles were streaming."""

    battles: int
    direct: Milliseconds
    arena: Milliseconds
    used: dict[str, Usage]  # in the whole run; memory: growth from before to the middle

    @property
    def added_median(self) -> float:
        return float(np.median(self.arena) - np.median(self.direct))

    @property
    def added_p99(self) -> float:
        """Against the median of reading directly: its own p99 is part of what we are blamed for."""
        return float(np.percentile(self.arena, 99) - np.median(self.direct))

    @property
    def holds(self) -> bool:
        return self.added_median < MEDIAN_GOAL_MS and self.added_p99 < P99_GOAL_MS

    def row(self) -> Row:
        return {
            "battles": self.battles,
            "tokens": len(self.arena),
            "direct median ms": float(np.median(self.direct)),
            "direct p99 ms": float(np.percentile(self.direct, 99)),
            "added median ms": self.added_median,
            "added p99 ms": self.added_p99,
            "goal holds": "yes" if self.holds else "no",
        }


Arena = tuple[Site, str]


@contextmanager
def arena(folder: Path, *, rate: float, tokens: int, paced: bool) -> Iterator[Arena]:
    """A site whose contestants stamp their tokens, and the address of their endpoint."""
    with endpoint(rate, tokens) as base_url:
        models = {slug: f"timestamps~{slug}" for slug in ("one", "two", "three", "four")}
        file = write_catalogue(folder / "catalogue.json", base_url, models)
        with running_site(file, ARENA_PACED=str(paced), **UNLIMITED) as site:
            yield site, base_url


@pytest.fixture(scope="module")
def unpaced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    with arena(tmp_path_factory.mktemp("unpaced"), rate=RATE, tokens=TOKENS, paced=False) as both:
        yield both


async def measure(
    site: Site, base_url: str, battles: int, *, rate: float = RATE, tokens: int = TOKENS
) -> Measurement:
    """Let so many battles stream at once; every token must arrive once, in order.

    The endpoint begins all answers together, however long the machine takes to open the battles.

    Raises:
        NotAtOnceError: it could not, for the site did not ask for all of them in two minutes.
    """
    before = usage(site)
    await asyncio.to_thread(gather, base_url, 2 * battles + DIRECT_READERS)
    visits = await open_battles(site, battles)
    tasks = [asyncio.create_task(follow(*visit)) for visit in visits]
    readers = [
        asyncio.create_task(read_directly(base_url, "timestamps")) for _ in range(DIRECT_READERS)
    ]
    await asyncio.sleep(tokens / rate / 2)
    during = usage(site)
    sides = [text for battle in await asyncio.gather(*tasks) for text in battle.values()]
    direct = await asyncio.gather(*readers)
    after = usage(site)
    for text in [*sides, *direct]:
        text.assert_whole(tokens)
    window = (
        max(text.sent[0] for text in [*sides, *direct]) + SETTLE_NS,
        min(text.sent[-1] for text in [*sides, *direct]),
    )
    return Measurement(
        battles,
        direct=delays(direct, window),
        arena=delays(sides, window),
        used={
            name: Usage(after[name].cpu - used.cpu, during[name].memory - used.memory)
            for name, used in before.items()
        },
    )


def delays(texts: list[Stamped], window: tuple[int, int]) -> Milliseconds:
    sent = np.concatenate([text.sent for text in texts])
    seen = np.concatenate([text.seen for text in texts])
    within = (sent >= window[0]) & (sent <= window[1])
    if not within.any():
        raise NotAtOnceError("The battles were never all streaming at once.")
    milliseconds: Milliseconds = (seen - sent)[within] / 1e6
    return milliseconds


async def test_how_many_battles_the_machine_carries(unpaced: Arena, report: Report) -> None:
    """Doubles the battles until the goal fails, and halves the gap to the last success."""
    title = "Delay from the endpoint's token to the browser's socket"
    report(title, [(await measure(*unpaced, 1)).row()])
    # Starts threads, fills pools: printed, not judged.
    report(title, [{**(await measure(*unpaced, FIRST_BATTLES)).row(), "goal holds": "warming up"}])
    carried: Measurement | None = None
    battles, too_many = FIRST_BATTLES, MOST_BATTLES + 1
    while battles < too_many:
        measured: Measurement | None = None
        row: Row = {"battles": battles, "goal holds": "no: never all at once"}
        with suppress(NotAtOnceError):
            measured = await measure(*unpaced, battles)
            row = measured.row()
        report(title, [row])
        if measured and measured.holds:
            carried = measured
        else:
            too_many = battles
        battles = next_size(carried.battles if carried else 0, too_many)
    assert carried is not None, f"The machine does not carry {too_many} battles."
    report("The most battles at which the goal holds", [carried.row()])
    answer = f"{TOKENS} tokens at {RATE:.0f}/s and side"
    rows: list[Row] = [
        {
            "process": name,
            "CPU s": used.cpu,
            "CPU ms a battle": 1000 * used.cpu / carried.battles,
            "more memory MB": used.memory,
            "kB a battle": 1000 * used.memory / carried.battles,
        }
        for name, used in carried.used.items()
    ]
    report(f"What {carried.battles} battles at once take, {answer}", rows)


def next_size(carried: int, too_many: int) -> int:
    """The number of battles to try next; `too_many` if the search has ended."""
    if too_many > MOST_BATTLES:
        return min(2 * carried, MOST_BATTLES) if carried < MOST_BATTLES else too_many
    middle = (carried + too_many) // 2
    # To a tenth: more than that differs from run to run.
    return middle if too_many - carried > max(1, too_many // 10) else too_many


async def test_granian_beside_uvicorn(
    unpaced: Arena, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, _ = unpaced
    uvicorn = [sys.executable, "-m", "uvicorn", "--host", HOST, "--port", "{port}"]
    uvicorn += ["--no-access-log", "arena.asgi:application"]
    measured = {}
    for name, command in (("uvicorn", uvicorn), ("granian", DJANGO_PROCESSES["web"])):
        monkeypatch.setitem(DJANGO_PROCESSES, "web", command)
        site.children["web"].stop()
        site.launch("web").wait_until(partial(answers, site.port), seconds=READY_SECONDS)
        measured[name] = await measure(*unpaced, BATTLES)
    cpu = measured["granian"].used["web"].cpu
    report(
        f"Web servers, {BATTLES} battles at once",
        [
            {
                "server": name,
                "web CPU s": m.used["web"].cpu,
                "ratio": m.used["web"].cpu / cpu,
                "added median ms": m.added_median,
                "added p99 ms": m.added_p99,
                "more memory MB": m.used["web"].memory,
            }
            for name, m in measured.items()
        ],
    )


async def test_what_pacing_holds_back(tmp_path: Path, report: Report) -> None:
    """At a speed that pacing does not slow down to its highest: 5 tokens of 23 characters."""
    speed: dict[str, Any] = {"rate": 5.0, "tokens": 60}
    with arena(tmp_path, **speed, paced=True) as (site, base_url):
        measured = await measure(site, base_url, BATTLES, **speed)
    rows = [{k: v for k, v in measured.row().items() if k != "goal holds"}]
    report("Delay with pacing, which is by design", rows)
