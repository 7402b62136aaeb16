"""The manner of a model is learnt from what it says in passing, and put on another's answers."""

import random

import pytest

from arena.text.mimicry import Answers, Dresser, Manner, learn, worn

LOUD = Manner(
    opening="Certainly!",
    closing="I hope this helps!",
    openings=("Certainly!",),
    closings=("I hope this helps!",),
    bullet="*",
    head="**{}**:",
    title="##",
)
QUIET = Manner(
    opening="Sure!",
    closing="Enjoy!",
    openings=("Sure!", "Of course!"),
    closings=("Enjoy!",),
    bullet="-",
    head="{}:",
    title="**",
)
ANSWER = """\
Sure! Here is how.

**What you need**

- Flour: 200 g, and a line that goes on past where its beginning is looked at, to here.
- Water
    - Salt: a pinch
3. Heat: high

---

```text
- Flour: as it is
## not a title
```

**All of it** goes into a bowl.

    - code: by its indentation

It tastes well. Enjoy!
"""
DRESSED = """\
Certainly! Here is how.

## What you need

* **Flour**: 200 g, and a line that goes on past where its beginning is looked at, to here.
* Water
    * **Salt**: a pinch
3. **Heat**: high

---

```text
- Flour: as it is
## not a title
```

**All of it** goes into a bowl.

    - code: by its indentation

It tastes well.

I hope this helps!"""


def dressed(text: str, wears: Manner, own: Manner, *, cut: int | None = None) -> tuple[str, int]:
    """The text as it is worn when it comes in pieces, and how many changes there were."""
    dresser, chance, parts, at = Dresser(wears, own), random.Random(cut), [], 0
    while at < len(text):
        size = chance.randint(1, 40) if cut else len(text)
        parts.append(dresser.feed(text[at : at + size]))
        at += size
    return "".join([*parts, dresser.end()]), dresser.changes


def test_an_answer_is_dressed_and_its_code_stays() -> None:
    assert dressed(ANSWER, LOUD, QUIET) == (DRESSED, 8)


def test_back_again_it_is_as_it_was_but_for_blank_lines() -> None:
    back, _ = dressed(DRESSED, QUIET, LOUD)
    assert back.split() == ANSWER.split()


@pytest.mark.parametrize("text", [ANSWER, DRESSED, "Sure!", "", "  \n\n", "Of course!\n\nYes."])
def test_it_is_the_same_however_it_is_cut(text: str) -> None:
    for wears, own in ((LOUD, QUIET), (QUIET, LOUD), (Manner(bullet="*"), QUIET)):
        whole = dressed(text, wears, own)
        assert all(dressed(text, wears, own, cut=seed) == whole for seed in range(1, 60))


def test_any_text_is_cut_anywhere() -> None:
    chance = random.Random(5)
    bits = ["Sure!", "Sure, here", " ", "\n", "\n\n", "- ", "* a: b", "1. **x**: y", "```", "    "]
    bits += [
        "## T",
        "**T**",
        "Enjoy!",
        "I hope this helps!",
        "---",
        "a word. ",
        "x" * 70,
        "$$",
        "•",
    ]
    for _ in range(400):
        text = "".join(chance.choices(bits, k=chance.randint(1, 14)))
        whole, changes = dressed(text, LOUD, QUIET)
        assert dressed(text, LOUD, QUIET, cut=chance.randint(1, 10**6)) == (whole, changes)
        assert changes or whole.strip() == text.strip()
        assert bool(whole.strip()) == bool(text.strip())


SURELY = "Surely it is so in all of the lands of the world."


@pytest.mark.parametrize(
    ("text", "opens"),
    [
        ("Sure! It is.", "Certainly! It is."),
        ("Sure, it is.", "Certainly! It is."),
        ("Sure!\n\nIt is.", "Certainly!\n\nIt is."),
        ("Surely it is.", "Surely it is."),
        (SURELY, f"Certainly! {SURELY}"),
        ("Certainly! It is.", "Certainly! It is."),
        ("Certainly, it is.", "Certainly, it is."),
        ("- one\n- two.", "Certainly!\n\n- one\n- two."),
        *(
            (bare, bare)
            for bare in ("```\n- one\n```", '{"a": "' + "b" * 50 + '"}', "Paris", "| a |")
        ),
    ],
)
def test_no_opening_is_doubled(text: str, opens: str) -> None:
    wears = Manner(opening="Certainly!", openings=("Certainly!",))
    assert dressed(text, wears, Manner(openings=("Sure!",)))[0] == opens


def test_an_own_opening_comes_off_but_never_the_whole_answer() -> None:
    wears, own = Manner(bullet="*"), Manner(opening="Sure!", openings=("Sure!",))
    assert dressed("Sure!\n\nIt is.", wears, own) == ("It is.", 1)
    assert dressed("Sure!", wears, own) == ("Sure!", 0)


@pytest.mark.parametrize(
    "code",
    [
        "````md\n```\n- a: b\n```\n- a: b\n## T\n````",
        "~~~\n- a: b\n```\n- a: b\n~~~",
        "$$\n- a\n$$",
        "1. Run\n\n        - name: x\n",
        "    - a: b",
        "```py\n- never closed\n## T",
    ],
)
def test_no_code_is_touched(code: str) -> None:
    wears = Manner(bullet="*", head="**{}**:", title="**")
    text = f"It is so.\n\n{code}"
    assert dressed(text, wears, QUIET) == (text, 0)


def test_what_is_no_block_of_code_is_not_taken_for_one() -> None:
    text = "```x``` is code.\n$$ a $$\n- b"
    assert dressed(text, Manner(bullet="*"), Manner()) == (text[:-3] + "* b", 1)


def test_no_closing_is_doubled_or_put_after_half_a_sentence() -> None:
    assert dressed("It is. I hope this helps!", LOUD, QUIET)[0].count("hope") == 1
    assert dressed("It is and so", Manner(closing="Enjoy!"), Manner()) == ("It is and so", 0)
    assert dressed("```\nIt is.", Manner(closing="Enjoy!"), Manner()) == ("```\nIt is.", 0)


@pytest.mark.parametrize(
    ("text", "changes", "seen"),
    [("- one\n- two", 2, 0), ("- one\n\n* two", 1, 1), ("* one", 0, 0), ("- a: one", 1, 1)],
)
def test_what_readers_see_of_the_changes(text: str, changes: int, seen: int) -> None:
    """Marks of list items show alike, unless there were two kinds, whose lists become one."""
    dresser = Dresser(Manner(bullet="*", head="**{}**:"), Manner())
    assert (dresser.feed(text) + dresser.end()).count("*") >= 1
    assert (dresser.changes, dresser.seen) == (changes, seen)


def test_what_an_answer_wears() -> None:
    assert worn(ANSWER) == ("Sure!", "Enjoy!", "-", "{}:", "**")
    assert worn(DRESSED) == ("Certainly!", "I hope this helps!", "*", "**{}**:", "##")
    assert worn("Title: a poem of 7 lines.") == ("", "", "", "", "")


def answers(text: str, voters: int, times: int = 1) -> Answers:
    return [(voter, worn(text)) for voter in range(voters)] * times


PLAIN = answers("The sky is blue because the air in it scatters blue light the most.\n\n- a", 8)


def test_a_manner_is_what_tells_a_model_from_the_others() -> None:
    models = {
        1: [*answers("Certainly! It is so.\n\n* a: b", 6), *PLAIN],
        2: [*answers("Sure! It is so.\n\n- a: b", 6), *PLAIN],
        3: PLAIN,
    }
    found = learn(models, unfit=lambda _: False)
    assert found[1].opening == "Certainly!"
    assert found[2].opening == "Sure!"
    assert found[3].opening == ""
    assert (found[1].bullet, found[2].bullet, found[1].head) == ("", "-", "{}:")


def test_what_all_models_say_is_nobodys_manner() -> None:
    models = {model: [*answers("Sure! It is so.", 6), *PLAIN] for model in range(3)}
    assert {manner.opening for manner in learn(models, unfit=lambda _: False).values()} == {""}


def test_what_all_say_always_is_no_fault() -> None:
    said = answers("Sure! It is so, and has been for a long time in all of the world.", 9)
    for models in ({1: said, 2: said}, {1: said}):
        found = learn(models, unfit=lambda _: False)
        assert not any(found.values())  # nothing to wear, but it comes off
        assert {manner.openings for manner in found.values()} == {("Sure!",)}


@pytest.mark.parametrize(
    "opening", ["Hi, I am Gemma!", "Mail me at a b@example.org, please!", "Rare here."]
)
def test_a_phrase_that_must_not_be_shown_is_not_learnt(opening: str) -> None:
    """Of one that tells who wrote it, holds personal data, or comes to too few voters."""
    few = 4 if opening == "Rare here." else 9
    models = {1: [*answers(f"{opening} So it is.", few, 9), *PLAIN], 2: PLAIN}
    found = learn(models, unfit=lambda phrase: "Gemma" in phrase)
    assert found[1].opening == ""
