"""Bradley-Terry ratings by Newton's method on pair counts, with sandwich intervals.

P(i beats j) = 1 / (1 + base^((R_j - R_i) / scale)). Bradley and Terry 1952; the sandwich
covariance H^-1 S H^-1 as in Chiang et al. 2024, arXiv 2403.04132, section 4.

Models with too few votes are preliminary, and a prior shrinks their ratings; see
`ratings.engine.priors`. A model without any vote so gets the average rating and the interval of the
prior, and changes no other rating: the average, and the centre of the scale, is that of the models
that are not preliminary, if any.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, inv
from scipy.special import expit, logit, ndtri, stdtrit

from ratings.engine.conventions import Conventions
from ratings.engine.intervals.clusters import FEW_VOTERS, Clusters, Excess, excess
from ratings.engine.priors import (
    DEFAULT_MODELS,
    LEAST_SPREAD,
    Marks,
    Prior,
    expected_spread,
    information,
    meetings,
    observed_spread,
    prior_of,
    scores,
    stand,
    summed,
)
from ratings.engine.ranks import SAME, published_ranks, rank_intervals
from ratings.engine.tables import Floats, PairTable, whole_votes

MAX_STEPS = 100
CLOSE = 1e-8  # Newton's error is squared in each step, so the step after this one is exact
DEFAULT = Conventions()


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """A fitted board; arrays have shape (models,) in the order of `models`.

    Ratings and bounds are in points. `rank` is 1 + the number of models whose lower bound
    exceeds this one's upper bound; a preliminary model ranks by its lower bound, below the others
    that are rated above that. `rank_low` and `rank_high` bound the true rank, for all
    models at once. `marks` says for each model why it is preliminary, if it is: "no votes",
    "no wins", "no losses", "not connected", "few votes" or "few voters". `covariance`, shape
    (models, models), is in square points.
    """

    models: tuple[str, ...]
    ratings: Floats
    lower: Floats
    upper: Floats
    rank: NDArray[np.int64]
    rank_low: NDArray[np.int64]
    rank_high: NDArray[np.int64]
    votes: Floats
    marks: Marks
    covariance: Floats
    conventions: Conventions

    def order(self) -> list[int]:
        """Indices of the models, best first: by rank, rating, then name."""
        return sorted(
            range(len(self.models)),
            key=lambda i: (self.rank[i], -round(float(self.ratings[i]), 2), self.models[i]),
        )

    def as_rows(self) -> list[dict[str, Any]]:
        """The board as it is published, best first; ratings to 2 decimals."""
        return [
            {
                "slug": self.models[i],
                "rating": round(float(self.ratings[i]), 2),
                "lower": round(float(self.lower[i]), 2),
                "upper": round(float(self.upper[i]), 2),
                "rank": int(self.rank[i]),
                "rank_low": int(self.rank_low[i]),
                "rank_high": int(self.rank_high[i]),
                "votes": whole_votes(float(self.votes[i])),
                "preliminary": bool(self.marks[i]),
                "marks": list(self.marks[i]),
            }
            for i in self.order()
        ]


def fit(
    table: PairTable, conventions: Conventions = DEFAULT, clusters: Clusters | None = None
) -> Leaderboard:
    """Fit a board. Always finite.

    Args:
        clusters: of the votes; with them intervals are clustered, without each vote is taken to be
            of another voter.

    Raises:
        ValueError: the anchor is not among the models, or a model of the clusters is not.
    """
    strengths, prior = solve(table, conventions)
    more = excess(table, strengths, clusters, confidence=conventions.confidence)
    return leaderboard(
        table.models,
        strengths,
        sandwich(table, strengths, prior, conventions, more),
        votes=meetings(table),
        marks=with_voters(prior.marks, more),
        conventions=conventions,
    )


def leaderboard(
    models: tuple[str, ...],
    strengths: Floats,
    covariance: Floats,
    *,
    votes: Floats,
    marks: Marks,
    conventions: Conventions,
) -> Leaderboard:
    """Put log-odds strengths and their covariance on the scale of the conventions."""
    points = points_per_logit(conventions)
    covariance = points**2 * covariance
    error = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    z = float(ndtri(0.5 + conventions.confidence / 2))
    ratings = conventions.centre + points * (strengths - _level(models, strengths, conventions))
    lower, upper = ratings - z * error, ratings + z * error
    rank_low, rank_high = rank_intervals(ratings, covariance, conventions.confidence)
    rank = published_ranks(lower, upper)
    if conventions.prior == "spread":
        preliminary = np.array([bool(reasons) for reasons in marks], dtype=bool)
        better = (ratings[:, None] > lower + SAME) & ~preliminary[:, None]
        by_bound = np.minimum(1 + better.sum(axis=0), rank_high)
        rank = np.where(preliminary, np.maximum(rank, by_bound), rank)
    return Leaderboard(
        models=models,
        ratings=ratings,
        lower=lower,
        upper=upper,
        rank=rank,
        rank_low=rank_low,
        rank_high=rank_high,
        votes=votes,
        marks=marks,
        covariance=covariance,
        conventions=conventions,
    )


def points_per_logit(conventions: Conventions) -> float:
    """Rating points for one unit of log-odds: 173.7 on the usual scale."""
    return conventions.scale / math.log(conventions.base)


def _level(models: tuple[str, ...], strengths: Floats, conventions: Conventions) -> float:
    if conventions.anchor is None:
        return 0.0
    if conventions.anchor not in models:
        raise ValueError(f"The anchor {conventions.anchor!r} is not among the models.")
    return float(strengths[models.index(conventions.anchor)])


def solve(
    table: PairTable, conventions: Conventions = DEFAULT, *, start: Floats | None = None
) -> tuple[Floats, Prior]:
    """Strengths in log-odds above the average, shape (models,), and the prior that holds some.

    To start near the end, from strengths of almost the same votes, takes fewer steps.
    """
    standing = stand(table, conventions)
    # Log-odds of the points that each model won: near the end where the pairs are even.
    if start is None:
        start = logit((scores(table) + 1) / (meetings(table) + 2))
    spread = conventions.prior_spread / points_per_logit(conventions)
    prior = prior_of(table, standing, conventions, spread=spread)
    strengths = _newton(table, prior, start)
    if conventions.prior == "spread":
        prior = prior_of(table, standing, conventions, spread=spread, strengths=strengths)
        if len(prior.design) and len(table.models) > 1:
            spread = _spread(table, strengths, prior, conventions, default=spread)
            prior = prior_of(table, standing, conventions, spread=spread, strengths=strengths)
            strengths = _newton(table, prior, strengths)
    return prior.centred(strengths), prior


def _spread(
    table: PairTable, strengths: Floats, prior: Prior, conventions: Conventions, *, default: float
) -> float:
    """How far a preliminary model of a board may be from the average, in log-odds.

    A standard deviation such that 1.96 of it are the half width of the interval in which the next
    model of the board's is to be expected: Student's, since the spread of few models says little
    of that of all. Where hardly any model is fixed by votes, all are taken, each as expected given
    its votes; with `default`, as if some models had been seen to have it.
    """
    fixed = np.array([not reasons for reasons in prior.marks], dtype=bool)
    apart = prior.centred(strengths)
    if (known := int(fixed.sum())) >= DEFAULT_MODELS:
        found = float(np.std(apart[fixed], ddof=1)) * math.sqrt(1 + 1 / known)
        widened = found * float(stdtrit(known - 1, 0.975) / ndtri(0.975))
        return max(widened, LEAST_SPREAD / points_per_logit(conventions))
    voted = meetings(table) > 0
    bread = inverse_hessian(table, strengths, prior, conventions)
    bread -= prior.average @ bread
    bread -= (bread @ prior.average)[:, None]
    uncertain = prior.dispersion * np.diag(bread)
    squares = (apart**2 + uncertain)[voted]
    held = DEFAULT_MODELS * default**2 + float(squares.sum())
    return math.sqrt(held / (DEFAULT_MODELS + max(int(voted.sum()) - 1, 0)))


def _newton(table: PairTable, prior: Prior, start: Floats) -> Floats:
    """The strengths of the highest likelihood, with mean 0.

    Each step is damped by log(1 + r) / r with r the largest change of a difference, which makes
    it converge from anywhere (Sun and Tran-Dinh 2019, generalized self-concordance).
    """
    n = len(table.models)
    if n < 2:
        return np.zeros(n)
    score, votes, strengths = table.score, table.votes, start.copy()
    for _ in range(MAX_STEPS):
        p = expit(strengths[table.first] - strengths[table.second])
        residual = score - votes * p
        gradient = summed(table.first, residual, n) - summed(table.second, residual, n)
        gradient += prior.gradient(strengths)
        hessian = information(table, votes * p * (1 - p)) + prior.information(strengths)
        # The likelihood knows differences only: this fixes the mean and changes no difference.
        hessian += hessian.trace() / n**2
        step = cho_solve(cho_factor(hessian, overwrite_a=True, check_finite=False), gradient)
        step -= step.mean()
        reach = float(np.ptp(step))
        strengths += step * (math.log1p(reach) / reach if reach > CLOSE else 1.0)
        if reach <= CLOSE:
            break
    return strengths


def hessian(
    table: PairTable,
    votes: Floats,
    strengths: Floats,
    prior: Prior,
    conventions: Conventions = DEFAULT,
) -> Floats:
    """H + ridge of so many votes of the table's pairs, positive definite; shape (models, models).

    H knows differences only: what is added to all its elements sets no rating.
    """
    n = len(table.models)
    p = expit(strengths[table.first] - strengths[table.second])
    found = information(table, votes * p * (1 - p)) + prior.information(strengths)
    found += found.trace() / n**2
    found[np.diag_indices(n)] += conventions.hessian_ridge * votes.sum()
    return found


def inverse_hessian(
    table: PairTable, strengths: Floats, prior: Prior, conventions: Conventions = DEFAULT
) -> Floats:
    """Covariance of differences if the model holds: (H + ridge)^-1, shape (models, models).

    In square log-odds, up to a number added to all elements.
    """
    regular = hessian(table, table.votes, strengths, prior, conventions)
    inverse: Floats = inv(regular, assume_a="pos", check_finite=False)
    return inverse


def sandwich(
    table: PairTable,
    strengths: Floats,
    prior: Prior,
    conventions: Conventions,
    more: Excess | None = None,
) -> Floats:
    """Covariance of the strengths, shape (models, models), in square log-odds.

    With the prior's part it is that of the error, given votes and prior: where votes are few, it
    is the posterior's, so that no interval is narrower than the prior gives.
    """
    if len(strengths) < 2:
        return np.zeros((len(strengths),) * 2)
    p = expit(strengths[table.first] - strengths[table.second])
    spread = prior.mixed(
        table.first, table.second, observed_spread(table, p), expected_spread(table, p)
    )
    meat = information(table, spread) + prior.dispersion * prior.information(strengths)
    bread = inverse_hessian(table, strengths, prior, conventions)
    centred = bread - prior.average @ bread
    covariance: Floats = centred @ meat @ centred.T
    if more is None:
        return covariance
    return clustered(covariance, covariance + centred @ more.matrix @ centred.T, prior, more)


def clustered(by_vote: Floats, by_voter: Floats, prior: Prior, more: Excess) -> Floats:
    """The covariance by voter, such that a normal interval is as wide as Student's.

    That of a preliminary model is no narrower than by vote; and where the prior holds it, the
    prior knows how uncertain it is.
    """
    own, shared = np.maximum(np.diag(by_vote), 0.0), np.maximum(np.diag(by_voter), 1e-300)
    scale = np.where(prior.lean > 0, 1.0, more.scale)
    preliminary = more.few | (prior.expected == 1) | (prior.lean > 0)
    scale = np.where(preliminary, np.maximum(scale, np.sqrt(own / shared)), scale)
    covariance: Floats = by_voter * np.outer(scale, scale)
    return covariance


def with_voters(marks: Marks, more: Excess | None) -> Marks:
    """The marks, and those of models that too few voters voted on."""
    if more is None:
        return marks
    few = more.few.tolist()
    return tuple(
        reasons or ((FEW_VOTERS,) if lacks else ())
        for reasons, lacks in zip(marks, few, strict=True)
    )
