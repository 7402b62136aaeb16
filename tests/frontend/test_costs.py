"""No answer of the allowed size freezes the page: `costs.toml` against plain prose of that size.

Measured is the CPU time of the page's main thread from the arrival of the whole text until it is
laid out and painted, which hardly depends on what else the machine does, plus the average wait for
a frame. A tenth of each kind runs by default, all with ARENA_TEST_FULL=1 (see `tests/drawn.py`).
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
FRAME_MS = 1000 / 60
SENTENCE = (
    "the quick brown fox jumps over a lazy dog while seven wizards quietly mix strong potions "
    "in old jars and nobody in town knows why they do that"
)
ATTEMPTS = 20  # other work empties the processor's caches; the quickest counts

EMPTY = """async () => {
  window.markdown = await import("/js/markdown.js");
  await import("/vendor/katex/katex.js");
  document.querySelector("#a").replaceChildren();
  const calm = () => new Promise((done) => requestIdleCallback(done));
  for (let round = 0; round < 5; round += 1) await calm();
  await new Promise((done) => setTimeout(done, 20));
}"""
SHOW = """async ([text, labels]) => {
  const stream = new window.markdown.MarkdownStream(document.querySelector("#a"), labels);
  stream.append(text);
  stream.finish();
  document.documentElement.scrollHeight; // lays it out
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
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


class Screen:
    """Shows answers, and says what that took."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._devtools = page.context.new_cdp_session(page)
        self._devtools.send("Performance.enable", {"timeDomain": "threadTicks"})

    def milliseconds(self, text: str) -> float:
        """From a text's arrival until it is seen, on a machine with nothing else to do."""
        self._page.evaluate(EMPTY)
        before = self._thread_time()
        self._page.evaluate(SHOW, [text, LABELS])
        return 1000 * (self._thread_time() - before) + FRAME_MS / 2

    def _thread_time(self) -> float:
        metrics = self._devtools.send("Performance.getMetrics")["metrics"]
        (seconds,) = (metric["value"] for metric in metrics if metric["name"] == "ThreadTime")
        return float(seconds)


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
    screen = Screen(page)
    screen.milliseconds(plain)  # the scripts are read and compiled
    taken: list[float] = []
    proses: list[float] = []
    times = math.inf
    while len(taken) < ATTEMPTS and times > MOST_TIMES:
        proses += [screen.milliseconds(plain) for _ in range(3)]
        taken.append(screen.milliseconds(text))
        times = min(taken) / statistics.median(proses)
    print(f"{answer['name']}: {min(taken):.0f} ms, {times:.1f} times prose")
    assert times <= MOST_TIMES, f"{taken} ms, and prose took {proses} ms"
