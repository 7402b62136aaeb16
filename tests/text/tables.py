"""How well, and at what cost, text is judged: the figures that the tests bound, as tables.

``python -m tests.battles`` prints them.
"""

from collections.abc import Callable, Iterable, Sequence

from arena.text.classification import classify, language_of
from arena.text.freshness import REPEAT_AT, bands, similarity
from arena.text.identity import IdentityDetector
from arena.text.personal_data import Kind, find
from tests.text.labelled import Case, Score, cases, held_out, microseconds, score

TOPICS = ("code", "mathematics", "creative_writing", "instruction_following", "hard_prompt")

Table = tuple[str, Sequence[str], Sequence[Sequence[str]]]
"""A title, the names of the columns, and the rows."""

SCORE_COLUMNS = (
    "",
    "cases",
    "positive",
    "precision",
    "recall",
    "held out",
    "precision",
    "recall",
)


def topic_score(topic: str, labelled: Iterable[Case]) -> Score:
    return score(
        (topic in case["topics"], getattr(classify(case["text"]), topic)) for case in labelled
    )


def language_accuracy(labelled: Sequence[Case]) -> float:
    right = [bool(language_of(case["text"]) == case["language"]) for case in labelled]
    return sum(right) / len(right)


def detector() -> IdentityDetector:
    """The detector with the catalogue that the labelled set is written for."""
    names = ["Zephyrine 7B", "Nordlicht", "SmolLM2 135M Instruct, cut short"]
    return IdentityDetector(names, ["Fjordlab AI, damaged by this site"])


def identity_score(part: str, labelled: Iterable[Case]) -> Score:
    judge = detector().asks if part == "prompt" else detector().reveals
    return score(
        (case["identifies"], judge(case["text"]) is not None)
        for case in labelled
        if case["part"] == part
    )


def is_repeat(case: Case) -> bool:
    """Whether the two prompts of a pair are found to be near copies, as among many others."""
    text, other = case["text"], case["other"]
    return bool(set(bands(text)) & set(bands(other))) and similarity(text, other) >= REPEAT_AT


def repeats_score(labelled: Iterable[Case], relations: Sequence[str]) -> Score:
    """Near copies and `relations` against pairs of different prompts."""
    return score(
        (case["relation"] != "different", is_repeat(case))
        for case in labelled
        if case["relation"] in {*relations, "different"}
    )


def personal_cases() -> list[Case]:
    """Texts, and what must be found in them by kind.

    In the file a bar breaks up made-up keys, so that scanners do not take them for real ones.
    """
    return [
        {
            "text": case["text"].replace("¦", ""),
            "finds": {
                kind: [passage.replace("¦", "") for passage in passages]
                for kind, passages in case["finds"].items()
            },
        }
        for case in cases("personal")
    ]


def personal_score(kind: Kind, labelled: Iterable[Case]) -> Score:
    """A case is found if its passages of that kind are, no more and no less."""
    return score(
        (kind in case["finds"], found == case["finds"].get(kind, found) and bool(found))
        for case in labelled
        for found in [[f.text for f in find(case["text"]) if f.kind == kind]]
    )


def score_row(name: str, everything: Score, unseen: Score) -> list[str]:
    return [
        name,
        f"{everything.cases:,}",
        f"{everything.found + everything.missed:,}",
        f"{everything.precision:.3f}",
        f"{everything.recall:.3f}",
        f"{unseen.cases:,}",
        f"{unseen.precision:.3f}",
        f"{unseen.recall:.3f}",
    ]


def classifier_table() -> Table:
    prompts = cases("prompts")
    unseen = held_out(prompts)
    texts = [case["text"] for case in prompts]
    rows = [
        score_row(topic, topic_score(topic, prompts), topic_score(topic, unseen))
        for topic in TOPICS
    ]
    right, right_unseen = language_accuracy(prompts), language_accuracy(unseen)
    title = (
        f"Prompt classifier: {microseconds(classify, texts):.0f} µs a prompt; "
        f"the language is right in {right:.1%}, of those held out in {right_unseen:.1%}"
    )
    return title, SCORE_COLUMNS, rows


def identity_table() -> Table:
    labelled = cases("identity")
    unseen = held_out(labelled)
    texts = {
        part: [case["text"] for case in labelled if case["part"] == part]
        for part in ("prompt", "answer")
    }
    answer = " ".join(case["text"] for case in cases("prompts"))[:2_000]
    title = (
        f"Identity leaks: {microseconds(detector().asks, texts['prompt']):.0f} µs a prompt, "
        f"{microseconds(detector().reveals, [answer]):.0f} µs an answer of 2,000 characters"
    )
    rows = [
        score_row(name, identity_score(part, labelled), identity_score(part, unseen))
        for part, name in (("prompt", "prompt asks"), ("answer", "answer tells"))
    ]
    return title, SCORE_COLUMNS, rows


def freshness_table() -> Table:
    labelled = cases("repeats")
    unseen = held_out(labelled)
    texts = [case["text"] for case in labelled]
    title = (
        f"Freshness: {microseconds(bands, texts):.0f} µs a prompt to sketch; "
        "tests/bench measures the search among a million"
    )
    rows = [
        score_row(name, repeats_score(labelled, [name]), repeats_score(unseen, [name]))
        for name in ("near copy", "paraphrase")
    ]
    return title, SCORE_COLUMNS, rows


def personal_table() -> Table:
    labelled = personal_cases()
    unseen = held_out(labelled)
    texts = [case["text"] for case in labelled]
    title = f"Personal data: {microseconds(find, texts):.0f} µs a prompt"
    rows = [
        score_row(kind, personal_score(kind, labelled), personal_score(kind, unseen))
        for kind in Kind
    ]
    return title, SCORE_COLUMNS, rows


TABLES: list[Callable[[], Table]] = [
    classifier_table,
    identity_table,
    freshness_table,
    personal_table,
]
"""In the order in which they are printed."""


def printed(table: Table) -> str:
    """`table` as aligned text."""
    title, columns, rows = table
    lines = [list(columns), *[list(row) for row in rows]]
    widths = [max(len(line[i]) for line in lines) for i in range(len(columns))]
    body = [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    return "\n".join([title, *body])
