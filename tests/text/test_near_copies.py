"""Near copies of a prompt are found whatever was done to hide them, and other prompts are not."""

import random
import string

import pytest

from arena.text.near_duplicates import (
    GUARANTEED,
    LONG_PART,
    digest,
    fingerprints,
    is_near_copy,
    skeleton,
)

PROMPT = "Explain to a child of six why the light of the sky is blue by day and red at dusk."


@pytest.mark.parametrize(
    "copy",
    [
        PROMPT.upper(),
        PROMPT.replace(" ", "\n\n"),
        PROMPT.replace(" ", "  ") + "???",
        " ".join(PROMPT.replace(" ", "_")),
        "\u200b".join(PROMPT),
        "\u2800\u3164" + PROMPT.replace("i", "i\u034f\ufe0f"),
        PROMPT.translate(str.maketrans("aeopcx", "аеорсх")),  # noqa: RUF001 - Cyrillic
        PROMPT.translate({ord(c): ord(c) + 0xFEE0 for c in string.ascii_letters}),
        PROMPT.replace("i", "í").replace("e", "ê"),
        PROMPT.replace("sky", "skyy").replace("child", "chlid"),
        PROMPT.replace("light of the ", ""),
        f"Hello there! I hope you are well. {PROMPT} Thank you very much in advance, my friend.",
        f"First count to ten. Then write a poem about bees of 20 lines. {PROMPT * 1} "
        + "x y " * 900,
        f"{PROMPT} (run 8f3a-77)",
        PROMPT[:-30],
    ],
)
def test_a_disguised_copy_is_found(copy: str) -> None:
    assert is_near_copy(PROMPT, copy)


@pytest.mark.parametrize(
    ("prompt", "other"),
    [
        (
            PROMPT,
            "Explain to a child of six how a ship of steel can swim, and why it does not sink.",
        ),
        ("What is 17% of 2340?", "What is 15% of 480?"),
        ("a poem about winter", "a poem about summer"),
        ("Hi", "Hello"),
        ("???", "!!!"),
        ("Write a poem about the sea at night, in four lines, with rhymes.", "Write a poem"),
        ("今天天气怎么样", "明天有什么新闻"),
    ],
)
def test_another_prompt_is_none(prompt: str, other: str) -> None:
    assert not is_near_copy(prompt, other)


def test_a_short_prompt_in_a_longer_one_counts_among_ones_own_alone() -> None:
    short, long = "Tell me a joke!", "You are a clown in a circus. Tell me a joke about elephants."
    assert is_near_copy(short, long)
    assert not is_near_copy(short, long, part=LONG_PART)
    assert not is_near_copy("Yes, do", "Yes, do tell me more about that")


def test_prompts_without_letters_are_told_apart_by_what_they_are() -> None:
    assert skeleton("?? !") == "??!"
    assert digest("??? ") == digest(" ???") != digest("!!!")


def test_texts_with_a_part_in_common_share_a_fingerprint() -> None:
    chance = random.Random(5)
    for _ in range(200):
        part, *others = (
            "".join(chance.choices(string.ascii_lowercase, k=size))
            for size in (GUARANTEED, *chance.choices(range(60), k=4))
        )
        one, other = others[0] + part + others[1], others[2] + part + others[3]
        assert set(fingerprints(one)) & set(fingerprints(other))


def test_a_text_has_all_fingerprints_of_its_parts() -> None:
    chance = random.Random(6)
    for _ in range(100):
        text = "".join(chance.choices(string.ascii_lowercase, k=300))
        start, size = chance.randrange(200), chance.randrange(GUARANTEED, 100)
        assert set(fingerprints(text[start : start + size])) <= set(fingerprints(text))


@pytest.mark.parametrize("unit", ["a", "ab ", "word ", "\u0430"])
def test_the_longest_prompts_take_no_time_worth_mentioning(unit: str) -> None:
    prompt = (unit * 12_000)[:12_000]
    assert is_near_copy(prompt, prompt + "!")
    assert len(fingerprints(prompt)) <= 12_000
