"""Bradley-Terry ratings by Newton's method on pair counts, with sandwich intervals.

P(i beats j) = 1 / (1 + base^((R_j - R_i) / scale)). Bradley and Terry 1952; the sandwich
covariance H^-1 S H^-1 as in Chiang et al. 2024, arXiv 2403.04132, section 4.

Votes alone fix the ratings if and only if the graph "scored against" is strongly connected
(Ford 1957). Where it is not, the models outside its main part are marked, and each of them ties
`Conventions.prior_votes` times with the average of the main part. A model without any vote so
gets the average rating and a very wide interval, and changes no other rating: the average, and
the centre of the scale, is that of the models that are not marked. If there is no one
main part, all models are marked and the average is that of all.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, inv
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.special import expit, logit, ndtri

from ratings.core.conventions import Conventions
from ratings.core.ranks import published_ranks, rank_intervals
from ratings.core.tables import Floats, Indices, PairTable

MAX_STEPS = 100
CLOSE = 1e-8  # Newton's error is squared in each step, so the step after this one is exact
DEFAULT = Conventions()

Marks = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """A fitted board; arrays have shape (models,) in the order of `models`.

    Ratings and bounds are in points. `rank` is 1 + the number of models whose lower bound
    exceeds this one's upper bound; `rank_low` and `rank_high` bound the true rank, for all
    models at once. `marks` says for each model why votes alone do not fix its rating, if so:
    "no votes", "no wins", "no losses" or "not connected". `covariance`, shape (models, models),
    is in square points.
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
                "votes": int(self.votes[i]),
                "marks": list(self.marks[i]),
            }
            for i in self.order()
        ]


def fit(table: PairTable, conventions: Conventions = DEFAULT) -> Leaderboard:
    """Fit a board. Always finite.

    Raises:
        ValueError: the anchor is not among the models.
    """
    strengths, design, marks = solve(table, conventions)
    covariance = sandwich(table, strengths, design, marks, conventions)
    return leaderboard(
        table.models,
        strengths,
        covariance,
        votes=played(table),
        marks=marks,
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
    return Leaderboard(
        models=models,
        ratings=ratings,
        lower=lower,
        upper=upper,
        rank=published_ranks(lower, upper),
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


def played(table: PairTable) -> Floats:
    """Votes of each model, shape (models,)."""
    n, votes = len(table.models), table.votes
    return _summed(table.first, votes, n) + _summed(table.second, votes, n)


def _points(table: PairTable) -> Floats:
    n, score = len(table.models), table.score
    return _summed(table.first, score, n) + _summed(table.second, table.votes - score, n)


def _summed(index: Indices, values: Floats, n: int) -> Floats:
    # Without any index, bincount would give whole numbers.
    return np.bincount(index, values, n).astype(np.float64, copy=False)


def solve(
    table: PairTable, conventions: Conventions = DEFAULT, *, start: Floats | None = None
) -> tuple[Floats, Floats, Marks]:
    """Strengths in log-odds, centred, shape (models,); the prior's design; the marks.

    The design has shape (marked, models): each row is a marked model against the average.
    To start near the end, from strengths of almost the same votes, takes fewer steps.

    Newton's step is damped by log(1 + r) / r with r the largest change of a difference, which
    makes it converge from anywhere (Sun and Tran-Dinh 2019, generalized self-concordance).
    """
    n = len(table.models)
    marks, design = mark(table)
    if n < 2:
        return np.zeros(n), design, marks
    score, votes, prior = table.score, table.votes, conventions.prior_votes
    # Log-odds of the points that each model won: near the end where the pairs are even.
    strengths = logit((_points(table) + 1) / (played(table) + 2)) if start is None else start.copy()
    for _ in range(MAX_STEPS):
        p = expit(strengths[table.first] - strengths[table.second])
        residual = score - votes * p
        gradient = _summed(table.first, residual, n) - _summed(table.second, residual, n)
        gradient += prior * (0.5 - expit(design @ strengths)) @ design
        hessian = information(table, votes * p * (1 - p), design, strengths, prior)
        # The likelihood knows differences only: this fixes the mean and changes no difference.
        hessian += hessian.trace() / n**2
        step = cho_solve(cho_factor(hessian, overwrite_a=True, check_finite=False), gradient)
        step -= step.mean()
        reach = float(np.ptp(step))
        strengths += step * (math.log1p(reach) / reach if reach > CLOSE else 1.0)
        if reach <= CLOSE:
            break
    return strengths - strengths @ centring(marks), design, marks


def centring(marks: Marks) -> Floats:
    """Weights of the models in the average, shape (models,): of all that are not marked, if any.

    A contestant without votes must not move or widen the others through the centre.
    """
    main = np.array([not reasons for reasons in marks])
    if not main.any():
        main[:] = True
    weights: Floats = main.astype(np.float64)
    weights /= weights.sum()
    return weights


def information(
    table: PairTable, weights: Floats, design: Floats, strengths: Floats, prior: float
) -> Floats:
    """The Laplacian of the pairs with these weights, and the prior's part; (models, models)."""
    n = len(table.models)
    matrix = np.zeros((n, n))
    matrix[table.first, table.second] = -weights
    matrix[table.second, table.first] = -weights
    matrix[np.diag_indices(n)] = -matrix.sum(axis=1)
    if len(design):
        average = expit(design @ strengths)
        matrix += (design.T * (prior * average * (1 - average))) @ design
    return matrix


def hessian(
    table: PairTable,
    votes: Floats,
    strengths: Floats,
    design: Floats,
    conventions: Conventions = DEFAULT,
) -> Floats:
    """H + ridge of so many votes of the table's pairs, positive definite; shape (models, models).

    H knows differences only: what is added to all its elements sets no rating.
    """
    n = len(table.models)
    p = expit(strengths[table.first] - strengths[table.second])
    found = information(table, votes * p * (1 - p), design, strengths, conventions.prior_votes)
    found += found.trace() / n**2
    found[np.diag_indices(n)] += conventions.hessian_ridge * votes.sum()
    return found


def inverse_hessian(
    table: PairTable, strengths: Floats, design: Floats, conventions: Conventions = DEFAULT
) -> Floats:
    """Covariance of differences if the model holds: (H + ridge)^-1, shape (models, models).

    In square log-odds, up to a number added to all elements.
    """
    regular = hessian(table, table.votes, strengths, design, conventions)
    inverse: Floats = inv(regular, assume_a="pos", check_finite=False)
    return inverse


def sandwich(
    table: PairTable, strengths: Floats, design: Floats, marks: Marks, conventions: Conventions
) -> Floats:
    """Covariance of the strengths, shape (models, models), in square log-odds.

    The votes of a marked model all agree, or almost, so their observed spread says nothing of
    their error: there the spread that the model expects stands in for it.
    """
    if len(strengths) < 2:
        return np.zeros((len(strengths),) * 2)
    p = expit(strengths[table.first] - strengths[table.second])
    a, b, ties, both_bad = (table.cells if table.squares is None else table.squares).T
    spread = a * (1 - p) ** 2 + b * p**2 + (ties + both_bad) * (0.5 - p) ** 2
    expected = (a + b + ties + both_bad) * p * (1 - p)
    spread = np.where(of_marked(marks, table.first, table.second), expected, spread)
    meat = information(table, spread, design, strengths, conventions.prior_votes)
    bread = inverse_hessian(table, strengths, design, conventions)
    centred = bread - centring(marks) @ bread
    covariance: Floats = centred @ meat @ centred.T
    return covariance


def of_marked(marks: Marks, first: Indices, second: Indices) -> NDArray[np.bool_]:
    """Whether a marked model is in a pair or vote, shape (pairs or votes,)."""
    marked = np.array([bool(reasons) for reasons in marks], dtype=bool)
    either: NDArray[np.bool_] = marked[first] | marked[second]
    return either


def mark(table: PairTable) -> tuple[Marks, Floats]:
    """Why votes alone do not fix a model's rating, and the prior's design for those models."""
    n, score, votes = len(table.models), table.score, table.votes
    conceded = votes - score
    sources = np.concatenate([table.first[score > 0], table.second[conceded > 0]])
    targets = np.concatenate([table.second[score > 0], table.first[conceded > 0]])
    graph = coo_array((np.ones(len(sources), dtype=np.int8), (sources, targets)), shape=(n, n))
    parts, part_of = connected_components(graph, directed=True, connection="strong")
    if parts <= 1 and n != 1:
        return ((),) * n, np.zeros((0, n))
    sizes = np.bincount(part_of, minlength=parts)
    inside = part_of[table.first] == part_of[table.second]
    held = _summed(part_of[table.first[inside]], votes[inside], parts)
    best = max(zip(sizes, held, strict=True))
    main = np.flatnonzero((sizes == best[0]) & (held == best[1]))
    one_main = len(main) == 1 and best[0] > 1
    outside = part_of != main[0] if one_main else np.ones(n, dtype=bool)
    average = ~outside if one_main else np.ones(n, dtype=bool)
    points, meetings = _points(table), played(table)
    marks = tuple(
        (_reason(float(points[model]), float(meetings[model])),) if outside[model] else ()
        for model in range(n)
    )
    uniform = average.astype(np.float64)
    design: Floats = np.eye(n)[outside] - uniform / uniform.sum()
    return marks, design


def _reason(points: float, meetings: float) -> str:
    if meetings == 0:
        return "no votes"
    if points == 0:
        return "no wins"
    if points == meetings:
        return "no losses"
    return "not connected"
