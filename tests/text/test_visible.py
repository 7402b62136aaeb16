"""Which texts show nothing: prompts of them are refused, by the server and by the page alike."""

import json
from pathlib import Path

import pytest

from arena.battles.asking import PromptRefused, checked_prompt
from arena.text.visible import is_visible

TEXTS: dict[str, list[str]] = json.loads(Path(__file__).with_name("visible.json").read_text())


@pytest.mark.parametrize("text", TEXTS["visible"], ids=ascii)
def test_what_shows_is_kept_as_it_is(text: str) -> None:
    assert is_visible(text)
    assert checked_prompt(text) == text


@pytest.mark.parametrize("text", TEXTS["invisible"], ids=ascii)
def test_what_shows_nothing_is_no_prompt(text: str) -> None:
    assert not is_visible(text)
    with pytest.raises(PromptRefused, match="Type a prompt first"):
        checked_prompt(text)


def test_every_mix_of_invisible_texts_is_invisible() -> None:
    assert not is_visible("".join(TEXTS["invisible"]))
