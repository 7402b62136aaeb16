"""Names, comments, pages and documents use the terms of the field."""

import pytest

from tests.repository.words import REPLACED, old_words, texts


def test_no_old_word_is_left() -> None:
    found = [line for path, text in texts() for line in old_words(path, text)]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "A check battle has one model twice.",
        "battle.is_check",
        "class Canary(Model):",
        "the Manner of a model",
        "def told_state(self):",
        "It begins anew.",
    ],
)
def test_an_old_word_is_found(line: str) -> None:
    assert old_words("page.md", line)


def test_terms_of_the_field_are_no_old_words() -> None:
    assert old_words("page.md", "A gold question, a style profile, a flagged voter.") == []


def test_each_pattern_says_what_replaced_it() -> None:
    assert all(REPLACED.values())
