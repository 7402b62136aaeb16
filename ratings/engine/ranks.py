"""Ranks with their uncertainty, from ratings and their joint covariance."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from ratings.engine.tables import Floats

Ranks = NDArray[np.int64]

SAME = 1e-6  # points


def published_ranks(lower: Floats, upper: Floats) -> Ranks:
    """1 + the number of models whose lower bound exceeds this one's upper bound; (models,).

    The rule of Chatbot Arena (Chiang et al. 2024, arXiv 2403.04132, section 5).
    """
    ordered = np.sort(lower)
    above: Ranks = len(lower) - np.searchsorted(ordered, upper, side="right").astype(np.int64)
    return 1 + above


def rank_intervals(ratings: Floats, covariance: Floats, confidence: float) -> tuple[Ranks, Ranks]:
    """Best and worst rank of every model, all right at once with this confidence.

    Two models differ if their difference exceeds Šidák's bound over all pairs, which
    holds for any joint normal distribution (Šidák 1967), takes the covariance of each pair into
    account, and needs no random numbers, so that anyone gets the same ranks. A model's rank is
    then at least 1 + the models surely above it, and at most all but those surely below it
    (Mogstad et al. 2024, Inference for Ranks, section 3).
    """
    n = len(ratings)
    pairs = max(1, n * (n - 1) // 2)
    z = -float(ndtri(-np.expm1(np.log(confidence) / pairs) / 2))
    spread = z * np.sqrt(np.maximum(difference_variance(covariance), 0.0))
    ahead = ratings[:, None] - ratings[None, :] > spread
    np.fill_diagonal(ahead, False)
    return 1 + ahead.sum(axis=0), n - ahead.sum(axis=1)


def difference_variance(covariance: Floats) -> Floats:
    """Variance of the difference of every two models, shape (models, models)."""
    variance = np.diag(covariance)
    difference: Floats = variance[:, None] + variance[None, :] - 2 * covariance
    return difference


def probability_best(
    ratings: Floats, covariance: Floats, *, draws: int = 20_000, seed: int = 0
) -> Floats:
    """The chance of each model to be truly first, shape (models,), given the joint covariance.

    From `draws` joint normal draws around the ratings (a flat prior): the standard error of a
    probability p is sqrt(p (1 - p) / draws), at most 0.0036 by default.
    """
    if not len(ratings):
        return np.zeros(0)
    values, vectors = np.linalg.eigh(covariance)
    # The symmetric root is the only one that does not depend on the choice of eigenvectors.
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    noise = np.random.default_rng(seed).standard_normal((draws, len(ratings)))
    winners = np.argmax(ratings + noise @ root, axis=1)
    return np.bincount(winners, minlength=len(ratings)) / draws


def shared_alike(chances: Floats, ratings: Floats, covariance: Floats) -> Floats:
    """The chances to be first, with those of models of equal records made equal; (models,).

    Their records are equal if rating and error are, to a millionth of a point. Draws would give
    the one a little more than the other, and all to the one where nothing is uncertain.
    """
    alike = _level(ratings) * len(ratings) + _level(np.sqrt(np.maximum(np.diag(covariance), 0.0)))
    _, group, size = np.unique(alike, return_inverse=True, return_counts=True)
    shares: Floats = (np.bincount(group, chances) / size)[group]
    return shares


def _level(values: Floats) -> Ranks:
    """Number of the value among the different ones; near ones are the same."""
    order = np.argsort(values, kind="stable")
    level = np.empty(len(values), dtype=np.int64)
    level[order] = np.concatenate([[0], np.cumsum(np.diff(values[order]) > SAME)])[: len(values)]
    return level
