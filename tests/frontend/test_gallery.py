"""A gallery of answers in a real browser: what `gallery/*.toml` says of an answer must be seen.

Every answer is rendered at once and as it streams, on a wide and on a narrow window; both must end
alike, harm nothing, ask no other host, keep to the content security policy and not make the page
scroll sideways. A tenth of each kind runs by default, all with ARENA_TEST_FULL=1 (see
`tests/drawn.py`).

The keys of an answer, beside `name` and its `text` (or `before`, `times` times `unit`, `after`):

- `see`: for a selector, the texts of all elements that match, in their order
- `count`, `least`: for a selector, how many elements match, exactly or at least
- `reads`: texts that are in sight; `tex`: what KaTeX was given, formula by formula
- `directions`: for a selector, the direction of the first match; `indented`: on which side
- `ltr`, `rtl`: texts that are drawn from left to right, or from right to left
- `visible`, `hidden`: selectors whose first match is, or is not, in sight
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import ConsoleMessage, Page, Request

from tests.drawn import drawn
from tests.frontend.pages import LABELS, kind, title

GALLERY = sorted((Path(__file__).parent / "gallery").glob("*.toml"))
MOST_CHARS = 60_000  # of an answer, by default
STREAMED_CHARS = 4_000  # longer ones are only rendered whole
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}

SHOW = """async ([text, streamed, labels]) => {
  const { MarkdownStream } = await import("/js/markdown.js");
  const body = document.querySelector("#a");
  body.replaceChildren();
  body.dir = "auto";
  const stream = new MarkdownStream(body, labels);
  const frame = () => new Promise((resolve) => setTimeout(resolve, 0));
  if (streamed) {
    for (let at = 0, size = 1; at < text.length; at += size, size = (size * 7) % 11) {
      stream.append(text.slice(at, at + size));
      await frame();
    }
  } else stream.append(text);
  stream.finish();
  await import("/vendor/katex/katex.js");
  while (document.querySelector("#a .math:not([data-typeset])")) await frame();
  return body.innerHTML;
}"""

# What is seen of the answer, for all that a case may ask.
SEEN = """([asked, ltr, rtl]) => {
  const body = document.querySelector("#a");
  const find = (selector) => [...body.querySelectorAll(selector)];
  const middle = ({ left, right }) => (left + right) / 2;
  const drawn = (text) => {
    const walker = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const at = walker.currentNode.data.indexOf(text);
      if (at < 0) continue;
      const place = (index) => {
        const range = document.createRange();
        range.setStart(walker.currentNode, index);
        range.setEnd(walker.currentNode, index + 1);
        return range.getClientRects()[0];
      };
      const xs = [...text].map((_, index) => middle(place(at + index)));
      const rising = xs.every((x, index) => index === 0 || x >= xs[index - 1]);
      const falling = xs.every((x, index) => index === 0 || x <= xs[index - 1]);
      return rising ? "ltr" : falling ? "rtl" : "mixed";
    }
    return "missing";
  };
  const side = (element) => {
    const style = getComputedStyle(element);
    const of = (name) => ["margin", "padding"].reduce(
      (sum, kind) => sum + parseFloat(style[`${kind}${name}`]), 0);
    return of("Left") > of("Right") ? "left" : of("Right") > of("Left") ? "right" : "none";
  };
  const inSight = (element) => element.checkVisibility() && element.getClientRects().length > 0;
  const of = (key, look) => Object.fromEntries(
    Object.keys(asked[key] ?? {}).map((selector) => [selector, look(find(selector))]));
  return {
    see: of("see", (found) => found.map((element) => element.textContent)),
    count: of("count", (found) => found.length),
    least: of("least", (found) => found.length),
    directions: of("directions", ([first]) => first && getComputedStyle(first).direction),
    indented: of("indented", ([first]) => first && side(first)),
    ltr: ltr.map(drawn),
    rtl: rtl.map(drawn),
    tex: find("annotation").map((element) => element.textContent),
    reads: body.innerText,
    visible: (asked.visible ?? []).map((selector) => inSight(find(selector)[0])),
    hidden: (asked.hidden ?? []).map((selector) => inSight(find(selector)[0])),
    tooWide: document.documentElement.scrollWidth > document.documentElement.clientWidth,
    outside: find("*").filter((element) => !element.closest(".katex")).flatMap((element) =>
      [...element.attributes].map(({ name }) => name).filter(
        (name) => name === "style" || name === "id" || name === "src" || name.startsWith("on"))),
    harmed: window.harmed,
  };
}"""


def answers() -> Iterator[dict[str, Any]]:
    for file in GALLERY:
        for answer in tomllib.loads(file.read_text(encoding="utf-8"))["answer"]:
            built = answer.get("text", "") or (
                answer.get("before", "")
                + answer["unit"] * answer["times"]
                + answer.get("after", "")
            )
            yield {**answer, "kind": file.stem, "text": built}


ANSWERS = list(answers())
DRAWN = drawn(ANSWERS, kind)


@pytest.fixture
def gallery(page: Page, scripts_url: str, answer_url: str) -> Iterator[Page]:
    """A page with one answer, on which nothing may raise, and which may ask no other host."""
    troubles: list[str] = []

    def heard(line: ConsoleMessage) -> None:
        if line.type == "error":
            troubles.append(line.text)

    def asked(request: Request) -> None:
        if not request.url.startswith(scripts_url):
            troubles.append(request.url)

    page.on("pageerror", lambda error: troubles.append(error.message))
    page.on("console", heard)
    page.on("request", asked)
    page.set_viewport_size({"width": WIDE["width"], "height": WIDE["height"]})
    page.goto(answer_url)
    yield page
    assert troubles == []


def test_the_gallery_is_whole() -> None:
    names = [answer["name"] for answer in ANSWERS]
    assert len(names) == len(set(names)) >= 120
    assert all(len(answer["text"]) <= MOST_CHARS for answer in ANSWERS)


@pytest.mark.parametrize(
    "answer",
    DRAWN,
    ids=title,
)
def test_an_answer_is_seen(gallery: Page, answer: dict[str, Any]) -> None:
    text = answer["text"]
    whole = gallery.evaluate(SHOW, [text, False, LABELS])
    check(gallery, answer)
    gallery.set_viewport_size({"width": NARROW["width"], "height": NARROW["height"]})
    check(gallery, answer)
    if len(text) <= STREAMED_CHARS:
        assert gallery.evaluate(SHOW, [text, True, LABELS]) == whole
        check(gallery, answer)


def check(page: Page, answer: dict[str, Any]) -> None:
    ltr, rtl = answer.get("ltr", []), answer.get("rtl", [])
    seen = page.evaluate(SEEN, [answer, ltr, rtl])
    for key in ("see", "count", "directions", "indented"):
        assert seen[key] == answer.get(key, {}), key
    for selector, least in answer.get("least", {}).items():
        assert seen["least"][selector] >= least, selector
    for text in answer.get("reads", []):
        assert text in seen["reads"]
    if "tex" in answer:
        assert seen["tex"] == answer["tex"]
    assert seen["ltr"] == ["ltr"] * len(ltr)
    assert seen["rtl"] == ["rtl"] * len(rtl)
    assert all(seen["visible"])
    assert not any(seen["hidden"])
    assert not seen["tooWide"]
    assert seen["outside"] == []
    assert seen["harmed"] is None
