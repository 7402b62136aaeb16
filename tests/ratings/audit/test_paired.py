"""The paired test errs no more often than it says, and finds what differs within few pairs."""

import itertools
import math

import numpy as np
import pytest

from ratings.audit.paired import PairedTest, pairs_until

PROMPTS = ("a number", "a colour", "a city")


def answers(rng: np.random.Generator, shares: np.ndarray, number: int) -> np.ndarray:
    return rng.choice(len(shares), size=number, p=shares)


def honest(seed: int, pairs: int = 400) -> int | None:
    rng = np.random.default_rng(seed)
    shares = {prompt: rng.dirichlet(np.full(100, 0.1)) for prompt in PROMPTS}
    drawn = []
    for number in range(pairs):
        prompt = PROMPTS[number % 3]
        a, b = answers(rng, shares[prompt], 2)
        drawn.append((prompt, int(a), int(b)))
    return pairs_until(drawn)


def swapped(seed: int, share: float, pairs: int) -> int | None:
    """Another model, whose answers are drawn independently, gives this share of the answers."""
    rng = np.random.default_rng(seed)
    claimed = {prompt: rng.dirichlet(np.full(100, 0.1)) for prompt in PROMPTS}
    other = {prompt: rng.dirichlet(np.full(100, 0.1)) for prompt in PROMPTS}
    drawn = []
    for number in range(pairs):
        prompt = PROMPTS[number % 3]
        source = other if rng.random() < share else claimed
        a, b = answers(rng, source[prompt], 1), answers(rng, claimed[prompt], 1)
        drawn.append((prompt, int(a[0]), int(b[0])))
    return pairs_until(drawn)


def test_each_bet_is_fair_whatever_came_before() -> None:
    """Given the past and a pair without its order, the mean of what a bet multiplies by is 1."""
    rng = np.random.default_rng(1)
    for _ in range(200):
        past = [("p", int(a), int(b)) for a, b in rng.integers(0, 4, size=(rng.integers(30), 2))]
        for a, b in itertools.combinations(range(5), 2):
            wealths = []
            for pair in ((a, b), (b, a)):
                test = PairedTest()
                for step in past:
                    test.take(*step)
                before = test.log_e
                test.take("p", *pair)
                wealths.append(math.exp(test.log_e - before))
            assert sum(wealths) / 2 == pytest.approx(1)


def test_answers_that_are_alike_move_nothing() -> None:
    test = PairedTest()
    for _ in range(100):
        test.take("p", "same", "same")
    assert test.log_e == pytest.approx(0)


def test_of_400_honest_audits_about_one_in_a_hundred_at_most_is_found_different() -> None:
    """Of 400 audits at alpha = 0.01, more than 12 are found by chance once in 4,000 runs."""
    assert sum(honest(seed) is not None for seed in range(1000, 1400)) <= 12


def test_another_model_is_found_within_few_pairs() -> None:
    needed = [swapped(seed, 1.0, 120) for seed in range(2000, 2020)]
    assert all(needed)
    assert sorted(each for each in needed if each)[10] <= 30


def test_a_partial_swap_takes_more_pairs_and_is_found() -> None:
    needed = [swapped(seed, 0.3, 1500) for seed in range(3000, 3020)]
    assert sum(each is not None for each in needed) >= 12
