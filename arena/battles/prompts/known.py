"""Fresh prompts: each one is compared with the prompts before it and with published benchmarks."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from arena.battles.models import Battle, Benchmark, KnownPrompt, Turn
from arena.text.freshness import REPEAT_AT, bands, similarity
from arena.voters.models import Voter

CANDIDATES = 20  # the known prompts that share the most bands are compared word by word
BATCH = 500
STOCK_CHARS = 60  # "go on", "shorter please": a follow-up below this says nothing of freshness


def _candidates(sketch: list[int]) -> QuerySet[KnownPrompt]:
    shared = RawSQL(
        "(SELECT count(*) FROM unnest(battles_knownprompt.bands) band WHERE band = ANY(%s))",
        [sketch],
    )
    return (
        KnownPrompt.objects.filter(bands__overlap=sketch)
        .select_related("turn__battle")
        .order_by(shared.desc(), "pk")[:CANDIDATES]
    )


def _text(known: KnownPrompt) -> str:
    return known.turn.prompt if known.turn else known.question


@dataclass(frozen=True, slots=True)
class Comparison:
    """A prompt beside the known ones: the one that it is a near copy of, if there is one."""

    bands: list[int]
    known: KnownPrompt | None
    retried: bool  # its own voter's, from a battle that failed

    @property
    def repeats(self) -> KnownPrompt | None:
        return None if self.retried else self.known


def compare(prompt: str, voter: Voter | None) -> Comparison:
    """Compare a prompt with those before it and with the benchmarks.

    A voter who tries the prompt of their failed battle again does not repeat it. Two near copies
    that arrive at the same instant do not see each other, and both are fresh.
    """
    sketch = bands(prompt)
    alike, known = max(
        ((similarity(prompt, _text(known)), known) for known in _candidates(sketch)),
        key=lambda pair: pair[0],
        default=(0.0, None),
    )
    if known is None or alike < REPEAT_AT:
        return Comparison(sketch, None, retried=False)
    return Comparison(sketch, known, retried=voter is not None and _failed_of(voter, known))


def rows_to_remember(turn: Turn, comparison: Comparison) -> list[KnownPrompt]:
    """Let later prompts be compared with that of `turn`, unless it repeats a known one.

    Returns the rows that are still to be inserted.
    """
    if comparison.known is None:
        return [KnownPrompt(turn=turn, bands=comparison.bands)]
    if comparison.retried:
        KnownPrompt.objects.filter(pk=comparison.known.pk).update(turn=turn, bands=comparison.bands)
    return []


def _failed_of(voter: Voter, known: KnownPrompt) -> bool:
    if known.turn is None:
        return False
    battle = known.turn.battle
    return battle.voter_id == voter.pk and battle.state == Battle.State.FAILED


@transaction.atomic
def load_questions(name: str, questions: Iterable[str]) -> int:
    """Add `questions` to the benchmark `name`; returns how many are new.

    Questions that are there already, or come twice, are left as they are.
    """
    benchmark, _ = Benchmark.objects.update_or_create(name=name)
    before = benchmark.questions.count()
    for batch in _batches(questions):
        KnownPrompt.objects.bulk_create(
            [KnownPrompt(benchmark=benchmark, question=q, bands=bands(q)) for q in batch],
            ignore_conflicts=True,
        )
    return benchmark.questions.count() - before


def _batches(questions: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(questions)
    while batch := list(islice(rest, BATCH)):
        yield batch
