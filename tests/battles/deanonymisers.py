"""Attackers who tell models by their answers, learnt from the answers to other prompts.

- **words**: a logistic regression on TF-IDF of words and pairs of words, as in Huang et al. 2025
  (arXiv 2501.07493), "Exploring and Mitigating Adversarial Manipulation of Voting-Based
  Leaderboards".
- **words and marks**: the same with punctuation, Markdown and line breaks as words.
- **characters**: the same on pieces of two to four characters, as in authorship attribution.
- **all of these** at once.

Each may also have **seen decoys**: it then learns from answers in another model's style, too, with
the model that wrote them as the truth.

A model-driven attacker like InterPol (Cho and Kim 2026, arXiv 2603.15220) is not among them: it
tunes a language model to tell the target's answers from those of models whose weights lie between
the target's and another's. That takes the weights of models of one family, and a tuned model that
reads text better than the 135 and 270 million parameters at hand.

The answers are real, of eight models to the same 805 prompts:

    git clone https://github.com/tatsu-lab/alpaca_eval

They are under CC BY-NC 4.0, and no part of this repository.
"""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.base import TransformerMixin
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline, make_union

from arena.text.transforms.mimicry import StyleMimic
from arena.text.transforms.style_profile import Profile

MODELS = (
    "gpt-4o-2024-05-13",
    "claude-3-opus-20240229",
    "Meta-Llama-3-8B-Instruct",
    "gemini-pro",
    "Mixtral-8x7B-Instruct-v0.1",
    "Qwen1.5-72B-Chat",
    "gpt-3.5-turbo-0613",
    "claude-2",
)
LEARNT = 400
"""Prompts whose answers the attacker learns from; profiles are fitted to the first 300."""

SEED = 1
FALSE_ALARMS = 0.01
"""Of the other models' answers, that an attacker who seeks a target takes for the target's."""

Answers = Sequence[Sequence[str]]
"""By model, then by prompt."""

Guesses = NDArray[np.float64]
"""Probabilities of each model, shape (answers, models)."""


def read(folder: Path, prompts: int | None = None) -> Answers:
    """The answers of all models, in one order of the prompts that all answered, or of some."""
    found = [
        {
            row["instruction"]: row["output"]
            for row in json.loads((folder / model / "model_outputs.json").read_text())
            if row["output"].strip()
        }
        for model in MODELS
    ]
    common = sorted(set.intersection(*map(set, found)))
    random.Random(SEED).shuffle(common)
    return [[of[prompt] for prompt in common[:prompts]] for of in found]


def _words(pattern: str) -> TransformerMixin:
    return TfidfVectorizer(token_pattern=pattern, ngram_range=(1, 2), sublinear_tf=True, min_df=2)


def _words_and_marks() -> TransformerMixin:
    return _words(r"\w+|[^\w\s]|\n+")


def _characters() -> TransformerMixin:
    return TfidfVectorizer(
        analyzer="char", ngram_range=(2, 4), sublinear_tf=True, min_df=5, max_features=60_000
    )


FEATURES: dict[str, Callable[[], TransformerMixin]] = {
    "words": lambda: _words(r"\w+"),
    "words and marks": _words_and_marks,
    "characters": _characters,
    "all of these": lambda: make_union(_words_and_marks(), _characters()),
}


def attacker(
    answers: Answers, features: str, *, profiles: Mapping[int, Profile] | None = None
) -> Pipeline:
    """An attacker trained on the first answers; with `profiles`, also on decoys made of them."""
    known = [answer for of in answers for answer in of[:LEARNT]]
    truth = np.repeat(np.arange(len(answers)), LEARNT)
    for own, of in enumerate(answers) if profiles else ():
        decoys = _decoys(own, of[:LEARNT], profiles or {}, len(answers))
        known += decoys
        truth = np.append(truth, np.full(len(decoys), own))
    model = make_pipeline(FEATURES[features](), LogisticRegression(C=10, max_iter=200))
    return model.fit(known, truth)


def _decoys(
    own: int, answers: Sequence[str], profiles: Mapping[int, Profile], models: int
) -> list[str]:
    """Answers of one model in the styles of the others, one after the other."""
    found = []
    for number, answer in enumerate(answers):
        target = (own + 1 + number % (models - 1)) % models
        mimic = StyleMimic(profiles.get(target, Profile()), profiles.get(own, Profile()))
        decoy = mimic.feed(answer) + mimic.end()
        if mimic.changes:
            found.append(decoy)
    return found


def accuracy(guesses: Sequence[Guesses]) -> float:
    """The share of answers that are taken for the right model's; guesses are by true model."""
    return float(np.mean([(of.argmax(axis=1) == model).mean() for model, of in enumerate(guesses)]))


def recall(guesses: Sequence[Guesses], false_alarms: float = FALSE_ALARMS) -> float:
    """The mean share of a target's answers that are recognised by an attacker who takes so few of
    the others' for them."""
    found = []
    for target, own in enumerate(guesses):
        others = np.concatenate([of[:, target] for m, of in enumerate(guesses) if m != target])
        found.append(np.mean(own[:, target] > np.quantile(others, 1 - false_alarms)))
    return float(np.mean(found))
