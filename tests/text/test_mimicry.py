"""Style profiles are fitted to answers, and other models' answers are restyled by them."""

import random

import pytest

from arena.text.transforms.mimicry import StyleMimic
from arena.text.transforms.style_profile import Answers, Profile, features_of, fit_profiles

LOUD = Profile(
    opening="Certainly!",
    closing="I hope this helps!",
    openings=("Certainly!",),
    closings=("I hope this helps!",),
    bullet="*",
    head="**{}**:",
    title="##",
)
QUIET = Profile(
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
RESTYLED = """\
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


def restyled(
    text: str, target: Profile, original: Profile, *, cut: int | None = None
) -> tuple[str, int]:
    """The restyled text when it comes in pieces, and the number of changes."""
    mimic, chance, parts, at = StyleMimic(target, original), random.Random(cut), [], 0
    while at < len(text):
        size = chance.randint(1, 40) if cut else len(text)
        parts.append(mimic.feed(text[at : at + size]))
        at += size
    return "".join([*parts, mimic.end()]), mimic.changes


def test_an_answer_is_restyled_and_its_code_stays() -> None:
    assert restyled(ANSWER, LOUD, QUIET) == (RESTYLED, 8)


def test_restyling_back_restores_all_but_blank_lines() -> None:
    back, _ = restyled(RESTYLED, QUIET, LOUD)
    assert back.split() == ANSWER.split()


@pytest.mark.parametrize("text", [ANSWER, RESTYLED, "Sure!", "", "  \n\n", "Of course!\n\nYes."])
def test_the_result_does_not_depend_on_how_the_text_is_cut(text: str) -> None:
    for target, original in ((LOUD, QUIET), (QUIET, LOUD), (Profile(bullet="*"), QUIET)):
        whole = restyled(text, target, original)
        assert all(restyled(text, target, original, cut=seed) == whole for seed in range(1, 60))


def test_any_text_may_be_cut_anywhere() -> None:
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
        whole, changes = restyled(text, LOUD, QUIET)
        assert restyled(text, LOUD, QUIET, cut=chance.randint(1, 10**6)) == (whole, changes)
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
def test_an_opening_is_put_at_most_once_and_only_before_prose(text: str, opens: str) -> None:
    target = Profile(opening="Certainly!", openings=("Certainly!",))
    assert restyled(text, target, Profile(openings=("Sure!",)))[0] == opens


def test_the_original_opening_is_stripped_but_never_the_whole_answer() -> None:
    target, original = Profile(bullet="*"), Profile(opening="Sure!", openings=("Sure!",))
    assert restyled("Sure!\n\nIt is.", target, original) == ("It is.", 1)
    assert restyled("Sure!", target, original) == ("Sure!", 0)


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
    target = Profile(bullet="*", head="**{}**:", title="**")
    text = f"It is so.\n\n{code}"
    assert restyled(text, target, QUIET) == (text, 0)


def test_inline_code_and_mathematics_are_no_blocks() -> None:
    text = "```x``` is code.\n$$ a $$\n- b"
    assert restyled(text, Profile(bullet="*"), Profile()) == (text[:-3] + "* b", 1)


def test_no_closing_is_doubled_or_put_after_half_a_sentence() -> None:
    assert restyled("It is. I hope this helps!", LOUD, QUIET)[0].count("hope") == 1
    assert restyled("It is and so", Profile(closing="Enjoy!"), Profile()) == ("It is and so", 0)
    assert restyled("```\nIt is.", Profile(closing="Enjoy!"), Profile()) == ("```\nIt is.", 0)


@pytest.mark.parametrize(
    ("text", "changes", "seen"),
    [("- one\n- two", 2, 0), ("- one\n\n* two", 1, 1), ("* one", 0, 0), ("- a: one", 1, 1)],
)
def test_visible_changes(text: str, changes: int, seen: int) -> None:
    """Marks of list items show alike, unless there were two kinds, whose lists become one."""
    mimic = StyleMimic(Profile(bullet="*", head="**{}**:"), Profile())
    assert (mimic.feed(text) + mimic.end()).count("*") >= 1
    assert (mimic.changes, mimic.visible_changes) == (changes, seen)


def test_the_features_of_an_answer() -> None:
    assert features_of(ANSWER) == ("Sure!", "Enjoy!", "-", "{}:", "**")
    assert features_of(RESTYLED) == ("Certainly!", "I hope this helps!", "*", "**{}**:", "##")
    assert features_of("Title: a poem of 7 lines.") == ("", "", "", "", "")


def answers(text: str, voters: int, times: int = 1) -> Answers:
    return [(voter, features_of(text)) for voter in range(voters)] * times


PLAIN = answers("The sky is blue because the air in it scatters blue light the most.\n\n- a", 8)


def test_a_profile_holds_what_distinguishes_a_model() -> None:
    models = {
        1: [*answers("Certainly! It is so.\n\n* a: b", 6), *PLAIN],
        2: [*answers("Sure! It is so.\n\n- a: b", 6), *PLAIN],
        3: PLAIN,
    }
    found = fit_profiles(models, is_blocked=lambda _: False)
    assert found[1].opening == "Certainly!"
    assert found[2].opening == "Sure!"
    assert found[3].opening == ""
    assert (found[1].bullet, found[2].bullet, found[1].head) == ("", "-", "{}:")


def test_a_phrase_that_all_models_use_is_in_no_profile() -> None:
    models = {model: [*answers("Sure! It is so.", 6), *PLAIN] for model in range(3)}
    assert {
        profile.opening for profile in fit_profiles(models, is_blocked=lambda _: False).values()
    } == {""}


def test_phrases_that_all_models_always_use_raise_nothing() -> None:
    said = answers("Sure! It is so, and has been for a long time in all of the world.", 9)
    for models in ({1: said, 2: said}, {1: said}):
        found = fit_profiles(models, is_blocked=lambda _: False)
        assert not any(found.values())  # nothing to mimic, but it is stripped
        assert {profile.openings for profile in found.values()} == {("Sure!",)}


@pytest.mark.parametrize(
    "opening", ["Hi, I am Gemma!", "Mail me at a b@example.org, please!", "Rare here."]
)
def test_a_phrase_that_must_not_be_shown_is_in_no_profile(opening: str) -> None:
    """Of one that tells who wrote it, holds personal data, or comes to too few voters."""
    few = 4 if opening == "Rare here." else 9
    models = {1: [*answers(f"{opening} So it is.", few, 9), *PLAIN], 2: PLAIN}
    found = fit_profiles(models, is_blocked=lambda phrase: "Gemma" in phrase)
    assert found[1].opening == ""
