"""The word-list matcher: what a cue matches, and that no input makes it slow."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from arena.text.lexicon import GAP, Lexicon, fold, words


def found(cue: str, text: str, **classes: list[str]) -> bool:
    return bool(Lexicon({"group": [cue]}, classes).find(words(fold(text))))


@pytest.mark.parametrize(
    ("cue", "text", "matches"),
    [
        ("equation", "Solve the EQUATION.", True),
        ("equation", "equations", False),
        ("equation*", "equations", True),
        ("who are you", "Who, are -- you?", True),
        ("who are you", "Who are. You", False),
        ("who ~ you", "who on earth are you", True),
        ("who ~ you", "who on earth. you", False),
        ("who ~ you", "who" + " x" * GAP + " you", True),
        ("who ~ you", "who" + " x" * (GAP + 1) + " you", False),
        ("@write ~ poem", "please write me a poem", True),
        ("@write ~ poem", "please compose me a poem", True),
        ("@write ~ poem", "please read me a poem", False),
        ("équation", "EQUATION", True),
        ("equation", "e\u0301quation", True),
        ("write", "\uff37\uff32\uff29\uff34\uff25", True),
        ("你是谁", "请问你是谁", True),
        ("你是谁", "你是不是谁", False),
        ("at most 1,000", "at most 1,000 words", True),
    ],
)
def test_what_a_cue_matches(cue: str, text: str, matches: bool) -> None:
    assert found(cue, text, write=["write", "compos*"]) is matches


def test_a_hit_says_where_it_is() -> None:
    lexicon = Lexicon({"one": ["b c"], "two": ["c"]}, {})
    hits = lexicon.find(words("a b c d"))
    assert [(hit.group, hit.start, hit.end) for hit in hits] == [("one", 1, 3), ("two", 2, 3)]


@pytest.mark.parametrize("cue", ["", "~ word", "@unknown"])
def test_a_cue_that_can_never_match_is_refused(cue: str) -> None:
    with pytest.raises(ValueError, match="cue"):
        Lexicon({"group": [cue]}, {})


def steps(work: Callable[[], object]) -> int:
    """How many lines of Python `work` runs."""
    count = 0

    def trace(frame: FrameType, event: str, arg: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(None)
    return count


@pytest.mark.parametrize(
    "piece", ["a ", "a a b ", "a x x x x x ", "a" * 50 + " ", "a. ", "ab" * 12 + " ", "你"]
)
def test_steps_grow_with_the_length_of_the_text_and_no_faster(piece: str) -> None:
    cues = ["a ~ a ~ a ~ a ~ z", "a a a a a a a z", "a* ~ b* ~ z", "你你你你谁", "ab*"]
    lexicon = Lexicon({"group": cues}, {})

    def steps_for(times: int) -> int:
        tokens = words(fold(piece * times))
        return steps(lambda: lexicon.find(tokens))

    assert steps_for(2_000) < 8.5 * steps_for(250)
