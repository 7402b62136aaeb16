"""The time to compare one prompt with those before it, as they grow to a million."""

import itertools
import random
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from django.db import connection

from arena.battles.models import Benchmark, KnownPrompt
from arena.battles.prompts import known
from arena.text.freshness import BANDS, bands
from arena.voters.models import Voter
from tests.bench.conftest import Report, Row

SIZES = (10_000, 100_000, 1_000_000)
SKETCHED = 20_000  # the prompts beyond have bands at random, as texts unlike all others have
PROBES = 200

# Prompts as people write them share their patterns: every pattern here has thousands.
PATTERNS = (
    "Write a {adjective} story about a {noun} who {verb} a {noun} in {place}.",
    "Write a Python function that {verb} a list of {noun} and returns the {adjective} {noun}.",
    "Explain the difference between a {noun} and a {noun} to a {adjective} {noun}.",
    "What is the best way to {verb} a {adjective} {noun} in {place}?",
    "My {noun} {verb} the {adjective} {noun} since we moved to {place}. What can I do?",
    "Summarise the history of {place} for a {adjective} {noun} in {number} words.",
    "A {noun} in {place} sells {number} {noun} for {number} euros. How much does one {noun} cost?",
    "How do I {verb} my {noun} when the {noun} is too {adjective}?",
)


def _words(stem: str, number: int) -> list[str]:
    rng = random.Random(stem)
    syllables = ["ba", "cor", "din", "fel", "gra", "hu", "kit", "lom", "mer", "nos", "pra", "sti"]
    return [stem[0] + "".join(rng.choices(syllables, k=3)) for _ in range(number)]


WORDS = {kind: _words(kind, 2_000) for kind in ("adjective", "noun", "verb", "place")}


def prompt(number: int) -> str:
    """The prompt of that number, always the same."""
    rng = random.Random(number)
    pattern = PATTERNS[number % len(PATTERNS)]
    while "{" in pattern:
        kind = pattern[pattern.index("{") + 1 : pattern.index("}")]
        word = str(rng.randrange(2, 999)) if kind == "number" else rng.choice(WORDS[kind])
        pattern = pattern.replace(f"{{{kind}}}", word, 1)
    return pattern


def rows_of(start: int, end: int) -> Iterator[tuple[str, list[int]]]:
    """The prompts of some numbers with their bands."""
    for number in range(start, min(end, SKETCHED)):
        text = prompt(number)
        yield text, bands(text)
    rng = np.random.default_rng(start)
    for number in range(max(start, SKETCHED), end):
        yield f"prompt {number}", rng.integers(-(2**63), 2**63 - 1, BANDS).tolist()


def store(rows: Iterator[tuple[str, list[int]]], benchmark: Benchmark) -> None:
    """Copy prompts in, and build the index again: as a bulk load does."""
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX known_prompt_bands")
        with cursor.copy(
            "COPY battles_knownprompt (benchmark_id, question, bands) FROM STDIN"
        ) as copy:
            for text, sketch in rows:
                copy.write_row((benchmark.pk, text, sketch))
        cursor.execute("SET maintenance_work_mem = '512MB'")
        cursor.execute(
            "CREATE INDEX known_prompt_bands ON battles_knownprompt "
            "USING gin (bands) WITH (fastupdate = off)"
        )
        cursor.execute("ANALYZE battles_knownprompt")


def milliseconds(work: Callable[[str], object], texts: list[str]) -> list[float]:
    times = []
    for text in texts:
        start = time.perf_counter()
        work(text)
        times.append(1e3 * (time.perf_counter() - start))
    return times


def one_round_trip(_: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


@pytest.mark.django_db(transaction=True)
def test_comparing_a_prompt_with_a_million(report: Report) -> None:
    voter = Voter.objects.create()
    benchmark = Benchmark.objects.create(name="filled")
    rng = random.Random(1)
    rows: list[Row] = []
    for before, size in itertools.pairwise((0, *SIZES)):
        store(rows_of(before, size), benchmark)
        assert KnownPrompt.objects.count() == size
        copies = [
            f"please, {prompt(n).lower()}" for n in rng.sample(range(min(size, SKETCHED)), PROBES)
        ]
        new = [prompt(10_000_000 + n) for n in range(PROBES)]

        found = [known.compare(text, voter).repeats is not None for text in copies]
        wrong = [known.compare(text, voter).repeats is not None for text in new]
        times = milliseconds(lambda text: known.compare(text, voter), copies + new)
        floor = float(np.median(milliseconds(one_round_trip, copies)))
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_relation_size('known_prompt_bands') / 1e6")
            (index_mb,) = cursor.fetchone()
        rows.append(
            {
                "known prompts": size,
                "ms, median": float(np.median(times)),
                "ms, 99%": float(np.percentile(times, 99)),
                "round trips": float(np.median(times)) / floor,
                "copies found": sum(found) / PROBES,
                "new marked": sum(wrong) / PROBES,
                "index, MB": float(index_mb),
            }
        )
        assert sum(found) / PROBES >= 0.97
    report("Freshness: comparing one prompt with those before it (round trip: SELECT 1)", rows)
