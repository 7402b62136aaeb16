"""Votes from a known truth, to test the methods with and to plan a pool."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from ratings.engine.tables import Floats, Indices


def spread_strengths(models: int, deviation: float, rng: np.random.Generator) -> Floats:
    """True log-odds strengths with mean 0, normal with this standard deviation; (models,)."""
    strengths = deviation * rng.standard_normal(models)
    centred: Floats = strengths - strengths.mean()
    return centred


def uniform_pairs(models: int, votes: int, rng: np.random.Generator) -> tuple[Indices, Indices]:
    """The two sides of each vote, every ordered pair equally likely; shape (votes,) each."""
    a = rng.integers(0, models, votes)
    b = rng.integers(0, models - 1, votes)
    return a, b + (b >= a)


def draw_outcomes(
    logits: Floats, rng: np.random.Generator, *, ties: float = 0.25
) -> NDArray[np.int8]:
    """Outcomes (codes as in `OUTCOMES`) of votes with these log-odds for side a; (votes,).

    Equals tie with chance `ties` (at most 0.9; a third of the ties are both bad), others less
    often, such that the expected score of a is exactly its Bradley-Terry probability p: a tie
    has the chance 4 ties p (1 - p), or twice that of the less likely side where that is less.
    """
    if not 0 <= ties <= 0.9:
        raise ValueError("The share of ties lies between 0 and 0.9.")
    p = expit(logits)
    tie = np.minimum(4 * ties * p * (1 - p), 2 * np.minimum(p, 1 - p))
    u = rng.random(len(p))
    a_wins = p - tie / 2
    outcome = np.select([u < a_wins, u < 1 - tie, u < 1 - tie / 3], [0, 1, 2], 3)
    return outcome.astype(np.int8)
