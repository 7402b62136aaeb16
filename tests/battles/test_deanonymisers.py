"""Attackers who tell models by their answers, and what decoys do to them."""

import random

import numpy as np
import pytest

from arena.text.transforms.style_profile import features_of, fit_profiles
from tests.battles.deanonymisers import LEARNT, Answers, accuracy, attacker, recall
from tests.battles.decoys import make_decoys, measure

OPENINGS = ("Certainly!", "Great question!", "Of course.")
WORDS = [f"{first}{last}" for first in ("bar", "kel", "mon", "sil", "tar") for last in "aeiou"]


def answers() -> Answers:
    """Of three models that open in a way of their own, and each prefer some words."""
    rng = random.Random(5)

    def answer(model: int) -> str:
        liked = WORDS[6 * model : 6 * model + 6]
        words = rng.choices([*WORDS, *liked], k=30)
        return f"{OPENINGS[model]} {' '.join(words[:15])}.\n\n{' '.join(words[15:])}."

    return [[answer(model) for _ in range(LEARNT + 60)] for model in range(len(OPENINGS))]


@pytest.mark.parametrize("features", ["words", "words and marks", "characters"])
def test_an_attacker_who_has_seen_decoys_uses_features_that_decoys_cannot_mimic(
    features: str,
) -> None:
    found = answers()
    profiles = fit_profiles(
        {
            m: [(prompt, features_of(text)) for prompt, text in enumerate(of)]
            for m, of in enumerate(found)
        },
        is_blocked=lambda _: False,
    )
    assert [profiles[model].opening for model in range(3)] == list(OPENINGS)
    decoys = make_decoys(found, profiles)
    assert len(decoys) == 6
    fooled = []
    for seen in (None, profiles):
        model = attacker(found, features, profiles=seen)
        plain = [model.predict_proba(of[LEARNT:]) for of in found]
        assert accuracy(plain) > 0.75
        fooled.append(np.mean([taken.taken for taken in measure(model, plain, decoys)]))
    assert fooled[0] > 0.5
    assert fooled[1] < fooled[0] / 2


def test_few_false_alarms_cost_an_attacker_targets() -> None:
    sure = np.array([[0.9, 0.1]] * 50)
    unsure = np.array([[0.6, 0.4]] * 50)
    own, others = np.concatenate([sure, unsure]), np.concatenate([1 - sure, unsure])
    assert accuracy([own, 1 - own]) == 1.0
    assert recall([own, others], false_alarms=0.01) == pytest.approx((0.5 + 0.5) / 2)
    assert recall([own, 1 - own], false_alarms=0.01) == 1.0
