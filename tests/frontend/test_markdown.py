"""Answers as the browser renders them: harmless, and the same however they arrive."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from arena.text.transforms.mimicry import StyleMimic
from arena.text.transforms.style_profile import Profile
from tests.frontend.pages import LABELS

RENDER = """async ([chunks, labels]) => {
  const { MarkdownStream } = await import("/js/markdown.js");
  const container = document.createElement("div");
  document.querySelector("main").append(container);
  const stream = new MarkdownStream(container, labels);
  for (const chunk of chunks) {
    stream.append(chunk);
    if (chunks.length > 1) await new Promise((resolve) => setTimeout(resolve, 15));
  }
  stream.finish();
  while (container.querySelector(".math:not([data-typeset])")) {
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return container.innerHTML;
}"""

ALLOWED_TAGS = set(
    re.findall(
        r"\w+",
        "a abbr b blockquote br button cite code del details dfn div em h1 h2 h3 h4 h5 h6 hr i ins "
        "kbd li mark ol p pre q s samp small span strong sub summary sup table tbody td th thead "
        "tr u ul var wbr",
    )
)
ALLOWED_ATTRIBUTES = {
    "align",
    "class",
    "dir",
    "hidden",
    "href",
    "open",
    "rel",
    "start",
    "tabindex",
    "target",
    "title",
    "type",
}

DOCUMENTS = {
    "prose": "First *line*\nsecond line\n\nA paragraph that ends\n#hash without a space\n\nTitle\n"
    "===\n\n> quoted\nlazily continued\n\n---\nlast, unclosed **bold",
    "lists": "1. one\n   - inner\n\n     loose inner\n2. two\n\n7) seven\n8) eight\n\n- a\n- b\n\n"
    "text\n- c",
    "code": "Before\n```python\ndef f(x):\n    # not a heading\n\n    return x\n```\nbetween\n\n"
    "    indented\n\n    still\n\n~~~~\n```\nnested\n~~~~\n\n```js\nunclosed();\n",
    "table": "a | b\n:--|--:\n1 | 2\n3 | `x|y`\n\nafter\n\n| only | head |\n|---|---|\n",
    "references": "See [the docs][d] and [later].\n\nMore text.\n\n[d]: https://example.org/d 'T'\n"
    "\nAnd [the docs][d] again.\n\n[later]: https://example.org/later\n",
    "line ends": "one\r\ntwo\r\n\r\n- a\r\n- b\r\n\r\nthree\rfour\r\rfive\r\n\r\nsix",
    "mathematics": "\\[\nx\n- y\n\\]\n\n\\begin{align}\nx\n- y\n\\end{align}\n\n"
    "$$\nx\n- y\n$$\n\n- a\n",
    "writing": "你好 **世界**。\n\nこんにちは\n\n🙂🙂 `👩‍👩‍👧` end\n",
}

HOSTILE = [
    "<script>window.harmed = 1</script>",
    "<img src=x onerror=window.harmed=1>",
    "<svg onload=window.harmed=1><style>*{display:none}</style></svg>",
    "[a](javascript:window.harmed=1) [b](data:text/html,<script>1</script>) [c](vbscript:x)",
    "[a](JaVaScRiPt&colon;window.harmed=1) [b](\\javascript:1) [c](//evil.example/x)",
    "![pixel](https://tracker.example/pixel.png) ![p](data:image/png;base64,AAAA)",
    "![pixel][p]\n\n[p]: https://tracker.example/p.png",
    '[a](https://a.example/"onmouseover="window.harmed=1" "t\\"onclick=\\"x")',
    '```js" onmouseover="window.harmed=1\n<img src=x onerror=window.harmed=1>\n```',
    "```html\n</code></pre><script>window.harmed = 1</script>\n```",
    '<a id="vote" name="battle" href="https://x.example">x</a> <form action="https://x.example">',
    "| <img src=x onerror=window.harmed=1> |\n|---|\n| <iframe src=https://x.example> |",
    "<math><mtext><table><mglyph><style><img src=x onerror=window.harmed=1>",
    "<https://a.example/<script>window.harmed=1</script>>",
    "`<b onclick=window.harmed=1>` &lt;script&gt;window.harmed=1&lt;/script&gt;",
]


def render(page: Page, *chunks: str) -> str:
    html: str = page.evaluate(RENDER, [list(chunks), LABELS])
    return html


@pytest.fixture
def scripts(page: Page, scripts_url: str) -> Iterator[Page]:
    """A page to import the scripts into; none of them may raise. Frames come at once, for speed."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(error.message))
    page.add_init_script("window.requestAnimationFrame = (callback) => setTimeout(callback, 0);")
    page.goto(scripts_url)
    yield page
    assert errors == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_an_answer_in_pieces_ends_like_the_whole_answer(scripts: Page, name: str) -> None:
    whole = render(scripts, DOCUMENTS[name])
    assert render(scripts, *DOCUMENTS[name]) == whole


@pytest.mark.parametrize("name", DOCUMENTS)
def test_an_invisible_change_is_invisible(scripts: Page, name: str) -> None:
    mimic = StyleMimic(Profile(bullet="*"), Profile())
    marked = mimic.feed(DOCUMENTS[name]) + mimic.end()
    assert bool(mimic.changes) == ("- a" in DOCUMENTS[name])
    assert mimic.visible_changes == 0
    assert render(scripts, marked) == render(scripts, DOCUMENTS[name])


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_markdown_stays_text(scripts: Page, scripts_url: str, text: str) -> None:
    requests: list[str] = []
    violations: list[str] = []
    scripts.on("request", lambda request: requests.append(request.url))
    scripts.on("console", lambda line: violations.append(line.text))

    render(scripts, text)
    render(scripts, *text)
    scripts.wait_for_timeout(50)

    assert scripts.evaluate("window.harmed") is None
    assert [url for url in requests if not url.startswith(scripts_url)] == []
    assert violations == []
    elements: list[dict[str, Any]] = scripts.evaluate(
        """() => [...document.querySelectorAll("main > div *")].map((element) => ({
          tag: element.localName,
          attributes: element.getAttributeNames(),
          href: element.getAttribute("href"),
          rel: element.rel,
        }))"""
    )
    for element in elements:
        assert element["tag"] in ALLOWED_TAGS
        assert set(element["attributes"]) <= ALLOWED_ATTRIBUTES
        if element["href"] is not None:
            assert element["href"].startswith(("http://", "https://", "mailto:"))
            assert element["rel"] == "nofollow noopener noreferrer"


def test_an_image_of_another_host_becomes_a_link(scripts: Page) -> None:
    html = render(scripts, "![a *cat*](https://tracker.example/cat.png)")
    assert "<img" not in html
    assert 'href="https://tracker.example/cat.png"' in html
    assert "a *cat*" in html


def test_code_is_highlighted_and_tables_are_aligned(scripts: Page) -> None:
    assert 'class="hljs-keyword">def</span>' in render(scripts, DOCUMENTS["code"])
    assert '<td align="right">2</td>' in render(scripts, DOCUMENTS["table"])


def test_blocks_that_are_done_are_not_rendered_again(scripts: Page) -> None:
    """A long answer stays cheap, and what the visitor selects in it stays selected."""
    kept = scripts.evaluate(
        """async (labels) => {
          const { MarkdownStream } = await import("/js/markdown.js");
          const container = document.createElement("div");
          const stream = new MarkdownStream(container, labels);
          const frames = async () => {
            await new Promise((resolve) => setTimeout(resolve, 100));
            await new Promise(requestAnimationFrame);
          };
          stream.append("first\\n\\n```js\\nlet a;\\n```\\n\\nthird\\n");
          await frames();
          const [first, code] = container.children;
          stream.append("goes on\\n\\nfourth");
          await frames();
          stream.finish();
          return [first === container.children[0], code === container.children[1],
                  container.children[2].textContent];
        }""",
        LABELS,
    )
    assert kept == [True, True, "third\ngoes on"]


def test_an_answer_that_starts_over_replaces_what_was_shown(scripts: Page) -> None:
    html = scripts.evaluate(
        """async (labels) => {
          const { MarkdownStream } = await import("/js/markdown.js");
          const container = document.createElement("div");
          const stream = new MarkdownStream(container, labels);
          stream.append("lost attempt\\n\\nwith [a][r]\\n\\n[r]: https://old.example\\n\\nmore");
          await new Promise((resolve) => setTimeout(resolve, 100));
          stream.replace("new");
          stream.append(" attempt with [a][r]");
          stream.finish();
          return container.innerHTML;
        }""",
        LABELS,
    )
    assert html == "<p>new attempt with [a][r]</p>\n"


def growing(page: Page, text: str) -> str:
    """What is drawn of an answer that is still being written."""
    html: str = page.evaluate(
        """async ([text, labels]) => {
          const { MarkdownStream } = await import("/js/markdown.js");
          const container = document.createElement("div");
          document.querySelector("main").append(container);
          const stream = new MarkdownStream(container, labels);
          stream.append(text);
          while (!container.firstChild || container.querySelector(".math:not([data-typeset])")) {
            await new Promise((resolve) => setTimeout(resolve, 0));
          }
          return container.innerHTML;
        }""",
        [text, LABELS],
    )
    return html


@pytest.mark.parametrize("opener", ["$$", "\\[", "\\begin{align}"])
def test_a_formula_that_is_still_being_written_is_shown_as_source(
    scripts: Page, opener: str
) -> None:
    html = growing(scripts, f"So\n\n{opener}\na\n- *b*\n\n= c")
    assert html == f'<p>So</p>\n<p class="source">{opener}\na\n- *b*\n\n= c</p>\n'


def test_a_formula_is_typeset_while_the_answer_is_still_being_written(scripts: Page) -> None:
    assert "katex" in growing(scripts, "Let \\(x_1\\) be")


def test_details_are_open_while_they_are_being_written(scripts: Page) -> None:
    html = growing(scripts, "<details>\n<summary>Why</summary>\n\nBecause **it")
    assert "".join(html.split("\n")) == (
        '<details open=""><summary>Why</summary><p>Because **it</p></details>'
    )
