"""Labelled sets that ship with the tests, and how well a detector does on them.

A third of each set is **held out**: no rule, threshold or list was changed after looking at it.
Which cases are held out follows from their text alone.
"""

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

Case = dict[str, Any]


def cases(name: str) -> list[Case]:
    """The cases of ``<name>.jsonl``, in order."""
    file = Path(__file__).with_name(f"{name}.jsonl")
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def held_out(labelled: Iterable[Case]) -> list[Case]:
    """The cases that were kept from tuning: those whose text's CRC-32 is a multiple of three."""
    return [case for case in labelled if crc32(case["text"].encode()) % 3 == 0]


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of a yes-or-no decision against its labels."""

    found: int  # labelled yes, decided yes
    false: int  # labelled no, decided yes
    missed: int  # labelled yes, decided no
    passed: int  # labelled no, decided no

    @property
    def precision(self) -> float:
        return self.found / (self.found + self.false) if self.found + self.false else 1.0

    @property
    def recall(self) -> float:
        return self.found / (self.found + self.missed) if self.found + self.missed else 1.0

    @property
    def cases(self) -> int:
        return self.found + self.false + self.missed + self.passed


def score(decisions: Iterable[tuple[bool, bool]]) -> Score:
    """Counts (labelled, decided) pairs."""
    pairs = list(decisions)
    return Score(
        found=pairs.count((True, True)),
        false=pairs.count((False, True)),
        missed=pairs.count((True, False)),
        passed=pairs.count((False, False)),
    )


def microseconds(work: Callable[[str], object], texts: Sequence[str], rounds: int = 3) -> float:
    """What `work` costs for one of `texts`, the best of some rounds over all of them."""
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        for text in texts:
            work(text)
        best = min(best, time.perf_counter() - start)
    return 1e6 * best / len(texts)
