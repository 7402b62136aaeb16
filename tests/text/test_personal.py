"""What is personal or secret is found and can be taken out; figures, code and versions are not."""

import time

import pytest

from arena.text.personal_data import MEASURED, Kind, find, scrub
from tests.speed import seconds
from tests.text.labelled import held_out
from tests.text.tables import personal_cases, personal_score

LABELLED = personal_cases()
HELD_OUT = held_out(LABELLED)


def test_the_labelled_set_is_large_and_half_of_it_are_hard_negatives() -> None:
    assert len(LABELLED) >= 200
    assert len({case["text"] for case in LABELLED}) == len(LABELLED)
    negatives = [case for case in LABELLED if not case["finds"]]
    assert 0.4 < len(negatives) / len(LABELLED) < 0.6
    assert len(HELD_OUT) >= 60


@pytest.mark.parametrize("kind", Kind)
def test_precision_and_recall(kind: Kind) -> None:
    everything, unseen = personal_score(kind, LABELLED), personal_score(kind, HELD_OUT)
    assert everything.found + everything.missed >= 10
    assert everything.precision >= 0.95
    assert everything.recall >= 0.95
    assert unseen.precision >= 0.85
    assert unseen.recall >= 0.85


def test_the_published_recall_is_the_measured_one() -> None:
    for kind, published in MEASURED.items():
        everything, unseen = personal_score(kind, LABELLED), personal_score(kind, HELD_OUT)
        assert published == (
            everything.found + everything.missed,
            round(everything.recall, 3),
            unseen.found + unseen.missed,
            round(unseen.recall, 3),
        )
    assert MEASURED.keys() == set(Kind)


def test_scrubbing_leaves_no_find_and_every_other_word() -> None:
    text = "Anna (anna.schmidt@web.de, +49 170 1234567) pays by 4539 1488 0343 6467; 5.2.8 stays."
    assert scrub(text) == "Anna ([email], [phone]) pays by [card]; 5.2.8 stays."
    for case in LABELLED:
        scrubbed = scrub(case["text"])
        assert find(scrubbed) == []
        if not find(case["text"]):
            assert scrubbed == case["text"]


def test_finds_are_places_in_the_text() -> None:
    text = "π ≈ 3.14159 🙂 mail anna.schmidt@web.de"
    (found,) = find(text)
    assert text[found.start : found.end] == found.text == "anna.schmidt@web.de"


@pytest.mark.parametrize(
    "piece",
    ["1 ", "a@", "a.a@a.a.", "eyJ", "sk-ant-", "DE89 ", "a dot ", "+4930 ", "token:", "://a:"],
)
def test_a_hostile_text_is_searched_in_time(piece: str) -> None:
    """As long as an answer may be. A search that goes back and forth would take minutes."""
    text = piece * (60_000 // len(piece))
    start = time.process_time()
    find(text)
    assert time.process_time() - start < seconds(2)
