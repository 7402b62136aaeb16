"""Large tables of cases, and fuzzers: a part of each by default, the whole on demand.

ARENA_TEST_FULL=1 runs every case. Without it a tenth of each kind runs, at least one, drawn by the
commit; pytest's header names the seed. ARENA_TEST_SEED repeats another draw. Fuzzers make a tenth
of their random inputs.
"""

import os
import random
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import TypeVar

Case = TypeVar("Case")

SHARE = 0.1
FEWEST_EXAMPLES = 10


def runs_whole() -> bool:
    return os.environ.get("ARENA_TEST_FULL", "") not in ("", "0")


def examples(whole: int) -> int:
    """How many random inputs a fuzzer makes: all of `whole`, or a tenth, and never a handful."""
    return whole if runs_whole() else max(FEWEST_EXAMPLES, round(SHARE * whole))


@cache
def seed() -> str:
    """ARENA_TEST_SEED, else the id of the commit that is checked out, else a constant."""
    if chosen := os.environ.get("ARENA_TEST_SEED"):
        return chosen
    named = subprocess.run(
        ["git", "rev-parse", "HEAD"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return named.stdout.strip() or "no commit"


def drawn(cases: Iterable[Case], kind_of: Callable[[Case], str]) -> list[Case]:
    """The cases to run, in their order: all, or a tenth of each kind."""
    all_cases = list(cases)
    if runs_whole():
        return all_cases
    by_kind: dict[str, list[int]] = defaultdict(list)
    for number, case in enumerate(all_cases):
        by_kind[kind_of(case)].append(number)
    chosen: set[int] = set()
    for kind, numbers in by_kind.items():
        draw = random.Random(f"{seed()} {kind}")
        chosen.update(draw.sample(numbers, max(1, round(SHARE * len(numbers)))))
    return [all_cases[number] for number in sorted(chosen)]
