"""Code in Markdown: one scanner decides, for style, mimicry and classification alike."""

import random
import time

import pytest
from markdown_it import MarkdownIt

from arena.text.classification import classify, language_of
from arena.text.markdown import LineKind, VerbatimScanner, fence_infos, lines, outside_fences, prose
from arena.text.style import measure
from arena.text.transforms.mimicry import StyleMimic
from arena.text.transforms.style_profile import Profile, features_of
from tests.speed import seconds

# Each line of code is "- in: code" and each line of prose "- in: prose".
TEXTS = {
    "backticks": "```\n- in: code\n```\n- in: prose",
    "tildes": "~~~\n- in: code\n~~~\n- in: prose",
    "info string": "```python title=`\n- in: prose\n\n```python -x\n- in: code\n```\n- in: prose",
    "tildes with backticks in the info string": "~~~ a`b\n- in: code\n~~~\n- in: prose",
    "backticks in tildes": "~~~\n- in: code\n```\n- in: code\n~~~\n- in: prose",
    "tildes in backticks": "```\n- in: code\n~~~\n- in: code\n```\n- in: prose",
    "shorter fence inside": "````md\n```\n- in: code\n```\n- in: code\n````\n- in: prose",
    "longer fence at the end": "```\n- in: code\n`````\n- in: prose",
    "text behind the end": "```\n- in: code\n``` no end\n- in: code\n```  \n- in: prose",
    "never closed": "- in: prose\n\n```\n- in: code\n- in: code",
    "three spaces": "   ```\n- in: code\n   ```\n- in: prose",
    "four spaces are no end": "```\n- in: code\n    ```\n- in: code\n```\n- in: prose",
    "windows line ends": "```\r\n- in: code\r\n```\r\n- in: prose",
    "in a list": "- a\n  ```\n  - in: code\n  ```\n- in: prose",
    "in a nested list": "1. a\n   - b\n\n     ```\n     - in: code\n     ```\n   - in: prose",
    "begins with an item": "- ```\n  - in: code\n  ```\n- in: prose",
    "ends with its item": "- ```\n  - in: code\n- in: prose",
    "in a quote": "> ```\n> - in: code\n> ```\n\n- in: prose",
    "ends with its quote": "> ```\n> - in: code\n- in: prose",
    "in a quote in a list": "- > ~~~\n  > - in: code\n  > ~~~\n- in: prose",
    "inline": "```a``` is code.\n- in: prose",
    "two backticks": "``\n- in: prose",
    "in a paragraph": "Here:\n```\n- in: code\n```\n- in: prose",
}


def lines_of(text: str) -> list[str]:
    return text.replace("\r\n", "\n").split("\n")


@pytest.mark.parametrize("name", TEXTS)
def test_fenced_lines_are_code(name: str) -> None:
    found = [(line, kind) for line, kind in lines(TEXTS[name]) if " in: " in line]
    assert found
    for line, kind in found:
        assert (kind is LineKind.FENCED) == line.endswith("code"), line


@pytest.mark.parametrize("name", TEXTS)
def test_style_mimicry_and_classification_agree_on_code(name: str) -> None:
    text = TEXTS[name]
    of_prose = [line for line in lines_of(text) if line.endswith("in: prose")]

    assert measure(text).lists >= len(of_prose)
    assert "in: code" not in prose(text)
    assert "in: code" not in outside_fences(text)
    assert prose(text).count("in: prose") == len(of_prose)

    mimic = StyleMimic(Profile(head="**{}**:"), Profile())
    restyled = mimic.feed(f"Answer.\n\n{text}") + mimic.end()
    for line in lines_of(restyled):
        assert "in: code" in line or "in: prose" not in line
    assert restyled.count("**in**: prose") == len(of_prose)
    only_prose = StyleMimic(Profile(), Profile())
    assert only_prose.feed(text) + only_prose.end() == text.lstrip()
    assert features_of(text.replace("in: prose", "prose")).head == ""


@pytest.mark.parametrize("fence", ["```", "~~~", "   ````"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_fenced_code_does_not_decide_the_language_of_a_prompt(fence: str, end: str) -> None:
    code = ["for item in the_list:", "    print('hello to you all, this is English')"]
    question = "Was macht dieses Programm hier eigentlich?"
    assert language_of(end.join([question, f"{fence}python", *code, fence])) == "de"
    assert language_of(end.join([f"{question} {fence.strip()}python", *code, fence])) == "de"
    assert language_of(end.join([fence, *code, f"{fence} {question}"])) == "de"


def test_a_fence_with_an_info_string_shows_code() -> None:
    assert fence_infos("```sql\nx\n```\n~~~ title: a\n```no\n~~~\n> ```c\n> x\n```\n") == [
        "sql",
        "title: a",
        "c",
        "",
    ]
    assert classify("What is it?\n\n~~~lua\nx\n~~~").code
    assert not classify("What is it?\n\n~~~\nx y\n~~~").code


@pytest.mark.parametrize(
    ("text", "verbatim"),
    [
        ("$$\n- a\n$$\n- b", "110"),
        ("$$ a $$\n- b", "00"),
        ("\\[\n- a\n\\]\n- b", "1110"),
        ("\\begin{align*}\n- a\n\\end{align*}\n- b", "1110"),
        ("$$\n- a\n\n    - c\n$$\n- b", "111110"),
        ("$$\n```\n- a\n```\n- b", "11110"),
    ],
)
def test_displayed_mathematics_is_left_as_it_is(text: str, verbatim: str) -> None:
    scanner = VerbatimScanner()
    found = [scanner.read(line) for line in text.split("\n")]
    assert [int(read) for read in found][-len(verbatim) :] == [int(bit) for bit in verbatim]
    assert not scanner.is_open


INDENTS = ["", "", " ", "  ", "   ", "    ", "      ", "\t", "> ", ">", "- ", "1. ", "-   ", "2) "]
NESTING = ["", "", " ", "  ", "   ", "> ", "> > ", "> - ", "- > ", "- - ", "1. - ", "  > "]
BODIES = [
    *("a", "b c", "```", "```py", "~~~", "~~~~ x", "````", "``` a`b", "```  ", "x ``` y", "`a`"),
    *("", " ", "# h", "---", "***", "* * *", "- a: b", "#", "-", "1.", "===", ">"),
]


@pytest.mark.parametrize("prefixes", [INDENTS, NESTING], ids=["indented", "nested"])
def test_any_text_is_read_as_another_parser_of_commonmark_reads_it(prefixes: list[str]) -> None:
    """markdown-it; it differs on indented lines that lazily continue a quote within a quote."""
    parser = MarkdownIt("commonmark").disable(["html_block", "reference"])
    chance = random.Random(7)
    for _ in range(1500):
        text = "\n".join(
            chance.choice(prefixes) + chance.choice(BODIES) for _ in range(chance.randint(1, 8))
        )
        expected = [LineKind.PROSE] * (text.count("\n") + 1)
        for token in parser.parse(text):
            if token.type in {"fence", "code_block"} and token.map:
                kind = LineKind.FENCED if token.type == "fence" else LineKind.INDENTED
                for number in range(token.map[0], min(token.map[1], len(expected))):
                    expected[number] = kind
        for (line, kind), other in zip(lines(text), expected, strict=True):
            assert not line.strip(" \t>") or kind is other, text


@pytest.mark.parametrize(
    "piece", ["> ", "- ", "```\n", "~~~ \n", "\t", " ", "`", "$$\n", "1. ", ">-"]
)
def test_no_text_is_slow_to_scan(piece: str) -> None:
    started = time.process_time()
    prose(piece * 60_000)
    assert time.process_time() - started < seconds(2)
