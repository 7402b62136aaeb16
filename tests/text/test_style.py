"""What an answer looks like: the counts of style control, by hand."""

import time

import pytest

from arena.text.style import AnswerStyle, measure
from tests.speed import seconds

ANSWER = """# Title

Some **bold** and __also bold__ text, 2 * 3 * 4, a_b__c.

- one
* two
  + three
1. four
12) five
-not an item

```python
# no header
- no item
**no bold**
```
###### Last
####### not a header
"""


def test_markdown_is_counted_outside_of_code() -> None:
    assert measure(ANSWER)[1:] == (2, 5, 2)


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("", AnswerStyle(0, 0, 0, 0)),
        ("word " * 8, AnswerStyle(10, 0, 0, 0)),
        ("你好世界", AnswerStyle(4, 0, 0, 0)),
        ("~~~\n# a\n```\n- b\n~~~\n# c", AnswerStyle(5, 1, 0, 0)),
        ("```\n# never closed\n- a", AnswerStyle(5, 0, 0, 0)),
        ("#no\n# yes\n #no", AnswerStyle(3, 1, 0, 0)),
        ("**a\nb**", AnswerStyle(1, 0, 0, 0)),
    ],
)
def test_small_cases(text: str, style: AnswerStyle) -> None:
    assert measure(text) == style


@pytest.mark.parametrize("piece", ["*", "_", "**a", "- ", " ", "\n ", "#", "```\n", "1"])
def test_no_answer_is_slow_to_measure(piece: str) -> None:
    started = time.process_time()
    measure(piece * 60_000)
    assert time.process_time() - started < seconds(2)
