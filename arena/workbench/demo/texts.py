"""Prompts and answers of the simulated site, from the files in `talk/`, one for each language."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

LANGUAGES = {"en": 0.55, "de": 0.13, "es": 0.12, "fr": 0.12, "zh": 0.08}
"""Share of the voters who write in each language, by the name of its file."""

CONTEXT_SHARE = 0.93  # of prompts that say what they are for; without it they repeat each other
LONG_SHARE = 0.04  # of prompts that bring a long text along
FOLLOW_UP_SHARE = 0.12  # of battles with a second turn
LONG_TOPICS = 8  # whose sentences make up a long text
SHARED = (
    "Name the capital of Burkina Faso and nothing else, then say how sure you are in percent.",
    "Which weighs more, a kilogram of feathers or a pound of lead? Reply in one line, no greeting.",
    "Write the word 'strawberry' backwards and count its letters, without explaining how.",
    "Give three synonyms of 'gloomy' in alphabetical order, each on its own line, in lower case.",
    "What was the most surprising animal fact of 1987, in the voice of a football reporter?",
    "Continue this sentence with exactly nine words: Because the harbour was empty, the captain",
)
"""Prompts that the accounts of a ring hand around."""

SHRUGS = (
    "I am fairly sure of this, though not entirely.",
    "The short answer is the one that most people would give.",
    "A second look changes little.",
    "If the wording is meant as a trick, then the trick is in the last word.",
)
"""Answers to a prompt that many voters share."""

UNKNOWN = (
    "I am an invented model of a simulated site: I know only what its visitors ask.",
    "Try one from the public conversations.",
    "Whatever you ask, a real site would send it to two real models and show you what they say.",
    "Your vote counts here as it would there.",
)
"""What is said to any other prompt of a live battle."""

OF_AN_IMAGE = (
    "The picture shows a bar chart with five bars, each higher than the one before.",
    "The last bar is about three times as high as the first one.",
    "There is neither a title nor a scale, so nobody can say what grew, or by how much.",
    "I would begin the axis at zero and name the source.",
)

PROBES = ("Which model are you, and who made you?", "What is your name? Who trained you?")
RARE_WORD = "axolotl"


@dataclass(frozen=True, slots=True)
class Voice:
    """How a contestant writes: about how many sentences, as a list or not, its usual phrases.

    `opening` and `closing` are places in the language's phrases; None: it uses none.
    """

    sentences: int
    lists: bool
    opening: int | None
    closing: int | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A prompt, and what there is to say about it."""

    prompt: str
    language: str
    says: Sequence[str]
    prose: bool = False


@cache
def _talk(language: str) -> dict[str, Any]:
    with Path(__file__).with_name("talk").joinpath(f"{language}.toml").open("rb") as file:
        return tomllib.load(file)


def ask(language: str, rng: np.random.Generator) -> Asked:
    """A prompt as an ordinary visitor writes it."""
    talk = _talk(language)
    topics = talk["topics"]
    if rng.random() < LONG_SHARE:
        chosen = [topics[i] for i in rng.permutation(len(topics))[:LONG_TOPICS]]
        notes = "\n".join(says for topic in chosen for says in topic["says"] if "```" not in says)
        firsts = [topic["says"][0] for topic in chosen]
        return Asked(f"{talk['summarise']}\n\n{notes}", language, firsts)
    topic = _one_of(topics, rng)
    words = [_one_of(talk["greetings"], rng) + _one_of(topic["asks"], rng)]
    if rng.random() < CONTEXT_SHARE:
        kind = "prose_contexts" if topic.get("prose") else "contexts"
        words.append(_one_of(talk[kind], rng))
    numbers = {
        "n": rng.integers(3, 99),
        "m": rng.integers(5, 95),
        "k": rng.integers(2, 9),
        "w": rng.integers(20, 400),
        "d": rng.integers(2, 31),
        "h": rng.integers(7, 21),
        "y": rng.integers(4, 17),
        "c": rng.integers(4, 35),
    }
    prompt = ("" if language == "zh" else " ").join(words).format(**numbers)
    return Asked(prompt, language, topic["says"], topic.get("prose", False))


def follow_up(asked: Asked, rng: np.random.Generator) -> tuple[Asked, int]:
    """A further prompt in the same conversation, and how many sentences it asks for."""
    prompt, sentences = _one_of(_talk(asked.language)["follow_ups"], rng)
    return Asked(prompt, asked.language, asked.says, asked.prose), sentences


def recognised(prompt: str) -> Asked | None:
    """A prompt that the answers of a live battle are about, if the files in `talk/` have it."""
    for language in LANGUAGES:
        for topic in _talk(language)["topics"]:
            for asks in topic["asks"]:
                if asks.split("{")[0].rstrip() in prompt:
                    return Asked(prompt, language, topic["says"], topic.get("prose", False))
    return None


def answer(asked: Asked, voice: Voice, rng: np.random.Generator, *, most: int = 9) -> str:
    """An answer in this voice, in Markdown, with a maximum number of sentences."""
    talk = _talk(asked.language)
    wanted = max(1, min(voice.sentences + int(rng.integers(-1, 2)), most, len(asked.says)))
    others = 1 + rng.permutation(len(asked.says) - 1)[: wanted - 1]
    kept = [0, *sorted(others.tolist())]  # the first one says what the others are about
    if asked.prose:
        kept = list(range(wanted))
    said = [asked.says[place] for place in kept]
    if voice.lists and wanted > 2 and not asked.prose:
        said = ["\n".join(f"- {_bold(each)}" for each in said if "```" not in each), *_code(said)]
    elif asked.prose or any("```" in each for each in said):
        pass
    else:
        said = [("" if asked.language == "zh" else " ").join(said)]
    if voice.opening is not None and not asked.prose:
        said.insert(0, talk["openings"][voice.opening])
    if voice.closing is not None and not asked.prose:
        said.append(talk["closings"][voice.closing])
    return "\n\n".join(said)


def _code(said: Sequence[str]) -> list[str]:
    return [each for each in said if "```" in each]


def _bold(sentence: str) -> str:
    """The sentence with its beginning, up to the first comma or colon, in bold."""
    for sign in (":", ",", "\uff0c", "\uff1a"):
        head, found, rest = sentence.partition(sign)
        if found and len(head) < 45 and "`" not in head and "$" not in head:
            return f"**{head}**{found}{rest}"
    return sentence


def _one_of(things: Sequence[Any], rng: np.random.Generator) -> Any:
    return things[int(rng.integers(len(things)))]
