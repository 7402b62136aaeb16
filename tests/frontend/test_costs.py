"""No answer of the allowed size freezes the page: `costs.toml` against plain prose of that size.

Measured is the time from the arrival of the whole text until it is laid out and painted, in one
run. A tenth of each kind runs by default, all with ARENA_TEST_FULL=1 (see `tests/drawn.py`).
"""

import math
import statistics
import tomllib
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.drawn import drawn
from tests.frontend.pages import LABELS, kind, title

COSTS = Path(__file__).parent / "costs.toml"
CHARS = 60_000
MOST_TIMES = 3
SENTENCE = (
    "the quick brown fox jumps over a lazy dog while seven wizards quietly mix strong potions "
    "in old jars and nobody in town knows why they do that"
)
ATTEMPTS = 8  # the machine may be busy with something else; the quickest counts

TIME = """async ([text, labels]) => {
  const { MarkdownStream } = await import("/js/markdown.js");
  await import("/vendor/katex/katex.js");
  const body = document.querySelector("#a");
  body.replaceChildren();
  const quiet = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 20)));
  await quiet();
  const started = performance.now();
  const stream = new MarkdownStream(body, labels);
  stream.append(text);
  stream.finish();
  document.documentElement.scrollHeight; // lays it out
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
  return performance.now() - started;
}"""


def prose() -> str:
    """Paragraphs of about 90 words, as models write them."""
    words = SENTENCE.split()
    text = ""
    number = 0
    while len(text) < CHARS:
        chosen = [words[(number + step * step) % len(words)] for step in range(90)]
        text += " ".join(chosen).capitalize() + ".\n\n"
        number += 7
    return text[:CHARS]


def filled(answer: dict[str, Any]) -> str:
    before, after = answer.get("before", ""), answer.get("after", "")
    room = CHARS - len(before) - len(after)
    if "each" in answer:
        counted = "".join(answer["each"].format(number) for number in range(1, room // 4))
        return str(before + counted[:room] + after)
    unit = answer["unit"]
    return str(before + unit * (room // len(unit)) + after)


def milliseconds(page: Page, text: str) -> float:
    taken: float = page.evaluate(TIME, [text, LABELS])
    return taken


ANSWERS = tomllib.loads(COSTS.read_text(encoding="utf-8"))["answer"]
DRAWN = drawn(ANSWERS, kind)


@pytest.mark.parametrize(
    "answer",
    DRAWN,
    ids=title,
)
def test_no_answer_takes_much_longer_than_prose(
    page: Page, answer_url: str, answer: dict[str, Any]
) -> None:
    page.goto(answer_url)
    plain, text = prose(), filled(answer)
    assert CHARS * 0.9 < len(text) <= CHARS
    milliseconds(page, plain)  # the scripts are read and compiled
    taken: list[float] = []
    proses: list[float] = []
    times = math.inf
    while len(taken) < ATTEMPTS and times > MOST_TIMES:
        proses += [milliseconds(page, plain) for _ in range(3)]
        taken.append(milliseconds(page, text))
        times = min(taken) / statistics.median(proses)
    print(f"{answer['name']}: {min(taken):.0f} ms, {times:.1f} times prose")
    assert times <= MOST_TIMES, f"{taken} ms, and prose took {proses} ms"
