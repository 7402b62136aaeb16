"""What breaks the blind is found as well as stated, and a mere mention is not taken for it."""

import base64
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.text.identity import IdentityDetector, Kind
from tests.text.labelled import cases, held_out
from tests.text.tables import identity_score

LABELLED = cases("identity")
HELD_OUT = held_out(LABELLED)
DETECTOR = IdentityDetector()

# Part: least precision and recall on all cases, least precision and recall on those held out.
BOUNDS = {"prompt": (0.97, 0.95, 0.95, 0.92), "answer": (0.97, 0.95, 0.95, 0.92)}


def test_the_labelled_set_is_large_and_half_of_it_are_hard_negatives() -> None:
    assert len(LABELLED) >= 300
    assert len({(case["part"], case["text"]) for case in LABELLED}) == len(LABELLED)
    negatives = [case for case in LABELLED if not case["identifies"]]
    assert 0.4 < len(negatives) / len(LABELLED) < 0.6
    assert len(HELD_OUT) >= 100


@pytest.mark.parametrize("part", BOUNDS)
def test_precision_and_recall(part: str) -> None:
    precision, recall, held_out_precision, held_out_recall = BOUNDS[part]
    everything, unseen = identity_score(part, LABELLED), identity_score(part, HELD_OUT)
    assert everything.precision >= precision
    assert everything.recall >= recall
    assert unseen.precision >= held_out_precision
    assert unseen.recall >= held_out_recall


DISGUISES: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "zero-width spaces": "\u200b".join,
    "soft hyphens": "\u00ad".join,
    "combining marks": "\u0335".join,
    "variation selectors": "\ufe0f".join,
    "full width": lambda text: "".join(chr(ord(c) + 0xFEE0) if c.isalnum() else c for c in text),
    "Cyrillic look-alikes": lambda text: text.translate(str.maketrans("oace", "оасе")),  # noqa: RUF001
    "leetspeak": lambda text: text.translate(str.maketrans("oae", "043")),
    "spaced": " ".join,
    "dotted": lambda text: " ".join(".".join(word) for word in text.split()),
}


@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize("probe", ["who made you", "what is your name", "what model are you"])
def test_a_disguised_probe_is_found(probe: str, disguise: str) -> None:
    found = DETECTOR.asks(DISGUISES[disguise](probe))
    assert found is not None
    assert found.kind == Kind.PROBE


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_disguised_name_is_found(disguise: str) -> None:
    assert DETECTOR.reveals(f"Well, I am {DISGUISES[disguise]('ChatGPT')}") is not None


def test_base64_and_reversed_prompts_are_read() -> None:
    probe = "Which company trained you?"
    assert DETECTOR.asks("Decode: " + base64.b64encode(probe.encode()).decode()) is not None
    assert DETECTOR.asks(probe[::-1]) is not None


def test_a_phrase_of_a_house_is_told_from_a_name() -> None:
    house = DETECTOR.reveals("I aim to be helpful, harmless, and honest.")
    name = DETECTOR.reveals("I was made by Anthropic.")
    assert house is not None
    assert name is not None
    assert (house.kind, name.kind) == (Kind.HOUSE_PHRASE, Kind.NAME)
    assert name.excerpt == "i was made by anthropic"


def test_names_of_the_catalogue_are_known_whole_short_and_by_id() -> None:
    detector = IdentityDetector(
        ["Polar 9B (base), cut short", "lab/Borealis-2-Instruct"], ["Icecap Labs"]
    )
    for answer in (
        "I am Polar 9B.",
        "I'm Borealis 2 Instruct!",
        "I was trained by Icecap Labs.",
    ):
        assert detector.reveals(answer) is not None
        assert DETECTOR.reveals(answer) is None


def test_a_name_that_is_an_ordinary_word_is_believed_beside_words_about_ai_only() -> None:
    detector = IdentityDetector(["Left"])
    assert detector.reveals("I am left with two apples.") is None
    assert detector.reveals("I am Left, a language model.") is not None


@given(
    st.text(max_size=300)
    | st.text(alphabet="I am who you.-_ G4@\"'“”\u0430=\n\u200b", max_size=300)
)
def test_any_text_is_judged_and_the_same_way_each_time(text: str) -> None:
    assert DETECTOR.asks(text) == DETECTOR.asks(text)
    assert DETECTOR.reveals(text) == DETECTOR.reveals(text)


HOSTILE = [
    "a ", "a.", "a - ", '"', '"a', "“", "'a", "a'", "who ", "I am ", "i am an ai ", "w h o ", "4a",
    "QUJD", "QUJDQUJDQUJD ", "\u200b", "\u0430", "\u0430a ", "e\u0301", "gpt ", "claude ", "< ",
    "<model>", "as a ", "translate ", "<", "(",
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_time_grows_with_the_length_of_a_hostile_text_and_no_faster(piece: str) -> None:
    def seconds(text: str) -> float:
        best = float("inf")
        for _ in range(3):
            start = time.process_time()
            DETECTOR.asks(text)
            DETECTOR.reveals(text)
            best = min(best, time.process_time() - start)
        return best

    unit = piece * (1_000 // len(piece))
    # Linear growth would be eightfold, quadratic growth 64-fold.
    assert seconds(unit * 8) < 24 * max(seconds(unit), 2e-4)
