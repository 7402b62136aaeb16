"""Both sides are shown by one schedule, which does not depend on whose side is whose."""

import random
from itertools import pairwise

import pytest

from arena.battles.live.display import PacedDisplay
from arena.battles.live.pacing import TICK_MS, Schedule
from arena.battles.live.streams import Entry
from arena.battles.models import Side

LEAD = 1.0
FASTEST = 160.0

Event = tuple[int, str, int]  # when, which side, how many characters by then; -1: whole


def written(
    side: str, chars: int, *, first: int, rate: float, seed: int = 1, stalls: float = 0.0
) -> list[Event]:
    """A side that begins at a time (ms) and comes in uneven tokens, at a rate (characters/s).

    `stalls` is the share of tokens after which it stands still, for up to 3 seconds.
    """
    rng = random.Random(f"{side}{seed}")
    events, at, done = [], float(first), 0
    while done < chars:
        token = rng.randint(1, 7)
        done = min(chars, done + token)
        events.append((int(at), side, done))
        at += 1000 * token / rate * rng.uniform(0.5, 1.5)
        if stalls and rng.random() < stalls:
            at += rng.uniform(300, 3000)
    return [*events, (int(at), side, -1)]


def positions(*sides: list[Event], until: int = 120_000) -> list[int]:
    """Where the schedule stands at each step of its clock."""
    schedule = Schedule(buffer=LEAD, fastest=FASTEST)
    events = sorted(event for side in sides for event in side)
    seen = []
    for now in range(0, until, TICK_MS):
        while events and events[0][0] <= now:
            at, side, chars = events.pop(0)
            schedule.advance(at)
            if chars < 0:
                schedule.end(side)
            else:
                schedule.grow(side, chars, at)
        schedule.advance(now)
        seen.append(schedule.position)
        if schedule.is_done:
            break
    return seen


def swapped(events: list[Event]) -> list[Event]:
    return [(at, {"a": "b", "b": "a"}[side], chars) for at, side, chars in events]


def test_both_start_together_once_the_later_one_has_begun_and_the_lead_has_passed() -> None:
    fast = written("a", 900, first=200, rate=400)
    slow = written("b", 900, first=2000, rate=60)
    seen = positions(fast, slow)
    assert seen[3000 // TICK_MS - 1] == 0
    assert seen[3000 // TICK_MS + 2] > 0


def test_nobody_starts_alone() -> None:
    assert set(positions(written("a", 900, first=0, rate=400), until=60_000)) == {0}


def test_the_schedule_is_the_same_with_the_sides_swapped() -> None:
    fast = written("a", 500, first=300, rate=300)
    slow = written("b", 700, first=1200, rate=50)
    assert positions(fast, slow) == positions(swapped(fast), swapped(slow))


def test_fast_endpoints_look_all_the_same() -> None:
    runs = {
        tuple(
            positions(
                written("a", 800, first=0, rate=rate), written("b", 900, first=500, rate=other)
            )
        )
        for rate, other in [(400, 300), (300, 1000), (5000, 250)]
    }
    assert len(runs) == 1


def test_the_rate_does_not_tell_when_a_side_is_whole() -> None:
    """The slow endpoint gives the shorter answer, then the longer: steps are as long."""
    for slow, fast in [(300, 1200), (1200, 300)]:
        seen = positions(
            written("a", slow, first=1000, rate=60), written("b", fast, first=100, rate=500)
        )
        steps = {b - a for a, b in pairwise(seen) if a}
        assert max(steps) - min(steps) <= 1


def test_a_pause_of_one_side_is_a_pause_of_both_and_not_at_the_end_of_a_token() -> None:
    token = 50
    halting = [(200 * n, "a", token * (n + 1)) for n in range(8)]
    halting += [(9000, "a", 900), (9100, "a", -1)]
    steady = written("b", 900, first=0, rate=400)
    seen = positions(halting, steady)
    pause = max(set(seen) - {0, seen[-1]}, key=seen.count)
    assert seen.count(pause) > 20
    assert pause <= 8 * token
    assert pause % token != 0


def test_a_pause_after_the_end_of_the_shorter_answer_tells_little_of_whose_the_longer_is() -> None:
    def pauses(slow: int, fast: int) -> int:
        """In how many of 500 battles all stands still where only one side is still written."""
        found = 0
        for seed in range(500):
            halting = written("a", slow, first=900, rate=100, seed=seed, stalls=0.04)
            steady = written("b", fast, first=100, rate=500, seed=seed)
            seen = positions(halting, steady)
            found += any(a == b > min(slow, fast) for a, b in pairwise(seen))
        return found

    slow_is_longer, fast_is_longer = pauses(700, 350), pauses(350, 700)
    assert slow_is_longer > 80
    # Not as often: gaps drawn from a side's own are on average as short as those were. Without
    # them it would be one in twelve, and a pause there would tell nearly for certain.
    assert slow_is_longer / 2 < fast_is_longer < slow_is_longer * 2


def release(entries: list[Entry], now: int) -> PacedDisplay:
    """What a web process that comes at a time makes of the streams."""
    made = PacedDisplay(schedule=Schedule(buffer=LEAD, fastest=FASTEST))
    made.take([entry for entry in entries if entry.at < now])
    made.advance(now)
    return made


def entries_of(events: list[Event], text: str, attempt: int = 1) -> list[Entry]:
    """The stream of one side's events."""
    entries, offset = [], 0
    for at, side, chars in events:
        piece = "" if chars < 0 else text[offset:chars]
        ends = chars < 0
        entries.append(
            Entry(side, at, attempt, offset, piece, is_text_complete=ends, is_committed=ends)
        )
        offset += len(piece)
    return entries


def test_an_endpoint_that_writes_in_bursts_is_not_shown_ever_more_slowly() -> None:
    chars, rate, burst = 900, 80, 160  # two seconds' worth at once
    bursts = [(200 + 1000 * n // rate, "a", n) for n in range(burst, chars, burst)]
    end = 200 + 1000 * chars // rate
    bursty = [(200, "a", 1), *bursts, (end, "a", chars), (end, "a", -1)]
    seen = positions(bursty, written("b", 900, first=200, rate=400))
    assert seen[-1] >= chars
    # It is whole after 11.5 s; at the rate that its first second tells, it would take 75 s.
    assert len(seen) * TICK_MS / 1000 < 2 * chars / rate


def test_a_web_process_that_comes_later_finds_the_same_text_shown() -> None:
    text = "".join(random.Random(3).choices("abc defg\n", k=600))
    entries = sorted(
        [
            *entries_of(written("a", 600, first=40, rate=200), text),
            *entries_of(written("b", 400, first=1900, rate=70), text[::-1]),
        ],
        key=lambda entry: entry.at,
    )
    follower = PacedDisplay(schedule=Schedule(buffer=LEAD, fastest=FASTEST))
    last = 0
    for now in range(0, 12_000, 37):
        follower.take([entry for entry in entries if last <= entry.at < now])
        follower.advance(now)
        last = now
        newcomer = release(entries, now)
        for side in Side:
            assert newcomer.sides[side].shown == follower.sides[side].shown
    assert follower.sides["a"].shown


def test_a_side_that_is_written_anew_is_replaced_when_it_has_caught_up() -> None:
    other = entries_of(written("b", 900, first=0, rate=400), "y" * 900)
    dead = entries_of(written("a", 300, first=0, rate=100), "x" * 300)[:-1]
    again = entries_of(written("a", 700, first=15_000, rate=100), "z" * 700, attempt=2)
    entries = sorted([*other, *dead, *again], key=lambda entry: entry.at)
    before, waiting, after = (release(entries, now) for now in (14_000, 16_000, 25_000))
    shown = len(before.sides["a"].shown)
    assert shown > 100
    assert waiting.sides["a"].shown == "x" * shown
    assert waiting.sides["b"].shown == before.sides["b"].shown == "y" * shown
    assert set(after.sides["a"].shown) == {"z"}
    assert after.sides["a"].starts == 1
    assert len(after.sides["a"].shown) == len(after.sides["b"].shown) > shown


@pytest.mark.parametrize("extra", [5, 60])
def test_the_last_of_both_is_shown_within_the_extra_wait(extra: int) -> None:
    schedule = Schedule(buffer=LEAD, fastest=FASTEST)
    for side, chars in {"a": 300, "b": 6000}.items():
        schedule.grow(side, chars, 0)
        schedule.end(side)
    schedule.end_by(extra * 1000)
    assert schedule.end_time(0) == pytest.approx(min(extra, 1 + 6000 / FASTEST) * 1000, abs=200)
