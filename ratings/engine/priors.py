"""Preliminary models, which have too few votes, and the prior that shrinks their ratings.

Votes alone fix the ratings if and only if the graph "scored against" is strongly connected (Ford
1957). A model outside its main part is preliminary, and so is one with fewer than
`Conventions.preliminary_votes` votes. The prior says that such a model is about as far from the
average as the models of the board are spread: it adds ties with the average model, as many as have
the information of a normal distribution of that spread. Its tails are heavier than the normal ones,
so that many votes soon outweigh it. For a model that the votes connect, the ties fade as its votes
come in, so that a rating does not jump when it is no longer preliminary.

The spread is that of the board's own models (empirical Bayes, Efron and Morris 1975), with
`Conventions.prior_spread` where they tell little.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.special import expit

from ratings.engine.conventions import Conventions
from ratings.engine.tables import Floats, Indices, PairTable

FEW = "few votes"
DEFAULT_MODELS = 3  # if fewer are fixed by votes, `prior_spread` weighs as much as so many
LEAST_SPREAD = 30.0  # points
UNSEEN = 3  # votes
PAR = 0.25  # p (1 - p) of equals: the information of one vote, and the variance of its score

Marks = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Prior:
    """The ties with an average model that hold preliminary ones.

    Attributes:
        marks: per model, why it is preliminary, if it is: "no votes", "no wins", "no losses",
            "not connected" or "few votes".
        average: weights of the models in the average, shape (models,).
        design: each row is a preliminary model minus the average, shape (rows, models).
        votes: ties of each row, in votes, shape (rows,).
        dispersion: variance of a vote's score over p (1 - p): below 1 where votes tie.
        expected: how far the spread that the model expects stands in for the one observed, from 0
            to 1, shape (models,).
        least: below this the spread of no model with many votes is taken.
        lean: how far a model leans on the prior for few votes, from 0 to 1, shape (models,).
    """

    marks: Marks
    average: Floats
    design: Floats
    votes: Floats
    dispersion: float
    expected: Floats
    least: float
    lean: Floats

    @classmethod
    def none(cls, models: int) -> Self:
        """No model is preliminary."""
        return cls(
            marks=((),) * models,
            average=np.full(models, 1 / max(models, 1)),
            design=np.zeros((0, models)),
            votes=np.zeros(0),
            dispersion=1.0,
            expected=np.zeros(models),
            least=0.0,
            lean=np.zeros(models),
        )

    def gradient(self, strengths: Floats) -> Floats:
        """Of its log-likelihood, shape (models,)."""
        gradient: Floats = self.votes * (0.5 - expit(self.design @ strengths)) @ self.design
        return gradient

    def information(self, strengths: Floats) -> Floats:
        """Minus the second derivatives of its log-likelihood, shape (models, models)."""
        average = expit(self.design @ strengths)
        matrix: Floats = (self.design.T * (self.votes * average * (1 - average))) @ self.design
        return matrix

    def centred(self, strengths: Floats) -> Floats:
        """The strengths above the average."""
        above: Floats = strengths - strengths @ self.average
        return above

    def mixed(self, first: Indices, second: Indices, observed: Floats, expected: Floats) -> Floats:
        """The spread of scores that the sandwich goes by; pairs or votes along the first axis.

        Few votes agree by chance, or all tie: their observed spread says nothing of their error.
        Of any number, what was never seen may still happen to three of as many more (the rule of
        three, Hanley and Lippman-Hand 1983).
        """
        share = np.maximum(self.expected[first], self.expected[second])
        share = share.reshape(share.shape + (1,) * (observed.ndim - 1))
        mixed: Floats = (1 - share) * observed + share * (self.dispersion * expected)
        if self.least:
            whole, seen = (_of_models(self.expected, first, second, x) for x in (expected, mixed))
            least = self.least * (1 - self.expected)
            lacks = np.maximum(least - seen, 0.0) / np.maximum(whole, 1e-99)
            if lacks.any():
                lacking = np.maximum(lacks[first], lacks[second]).reshape(share.shape)
                mixed = mixed + lacking * expected
        return mixed


def _of_models(models: Floats, first: Indices, second: Indices, values: Floats) -> Floats:
    """Sum of the values at each model, shape (models,)."""
    rows = values.sum(axis=tuple(range(1, values.ndim)))
    return summed(first, rows, len(models)) + summed(second, rows, len(models))


def ties_of(spread: float) -> float:
    """Ties with an average model that hold strengths of this standard deviation, in log-odds.

    Their information, a quarter of a tie each, is that of a normal distribution, 1 / spread^2.
    """
    return 1 / (PAR * spread**2)


@dataclass(frozen=True, slots=True)
class Standing:
    """How well votes alone fix each model.

    `weight` is the share of the prior that a model needs, from 0 to 1, shape (models,), and `lean`
    what of it comes from few votes.
    """

    marks: Marks
    weight: Floats
    lean: Floats
    average: Floats

    def design(self) -> Floats:
        return np.eye(len(self.weight))[self.weight > 0] - self.average


def stand(table: PairTable, conventions: Conventions) -> Standing:
    """Tell preliminary models from the others."""
    n = len(table.models)
    main = connected(table)
    played, points, outside = meetings(table), scores(table), ~main
    marks = [
        (_reason(float(points[model]), float(played[model])),) if outside[model] else ()
        for model in range(n)
    ]
    weight = outside.astype(np.float64)
    if conventions.prior == "votes":
        average = _uniform(main if main.any() else outside)
        return Standing(tuple(marks), weight, np.zeros(n), average)
    few = np.clip(1 - played / (unit(table) * conventions.preliminary_votes), 0.0, 1.0)
    weight = np.maximum(weight, few)
    for model in np.flatnonzero((few > 0) & ~outside).tolist():
        marks[model] = (FEW,)
    # A model that is not fixed must not move or widen the others through the centre.
    for candidates in (weight == 0, main, played > 0):
        if candidates.any():
            break
    else:
        candidates = np.ones(n, dtype=bool)
    return Standing(tuple(marks), weight, few, _uniform(candidates))


def _uniform(chosen: NDArray[np.bool_]) -> Floats:
    weights: Floats = chosen / max(int(chosen.sum()), 1)
    return weights


def connected(table: PairTable) -> NDArray[np.bool_]:
    """Which models are in the main part, shape (models,); none where there is not one."""
    n, score, votes = len(table.models), table.score, table.votes
    conceded = votes - score
    sources = np.concatenate([table.first[score > 0], table.second[conceded > 0]])
    targets = np.concatenate([table.second[score > 0], table.first[conceded > 0]])
    graph = coo_array((np.ones(len(sources), dtype=np.int8), (sources, targets)), shape=(n, n))
    parts, part_of = connected_components(graph, directed=True, connection="strong")
    if parts <= 1 and n != 1:
        return np.ones(n, dtype=bool)
    sizes = np.bincount(part_of, minlength=parts)
    inside = part_of[table.first] == part_of[table.second]
    held = summed(part_of[table.first[inside]], votes[inside], parts)
    best = max(zip(sizes, held, strict=True))
    main = np.flatnonzero((sizes == best[0]) & (held == best[1]))
    one_main = len(main) == 1 and best[0] > 1
    inside_main: NDArray[np.bool_] = part_of == main[0] if one_main else np.zeros(n, dtype=bool)
    return inside_main


def _reason(points: float, played: float) -> str:
    if played == 0:
        return "no votes"
    if points == 0:
        return "no wins"
    if points == played:
        return "no losses"
    return "not connected"


def meetings(table: PairTable) -> Floats:
    """Votes of each model, shape (models,)."""
    n, votes = len(table.models), table.votes
    return summed(table.first, votes, n) + summed(table.second, votes, n)


def scores(table: PairTable) -> Floats:
    """Points of each model, shape (models,)."""
    n, score = len(table.models), table.score
    return summed(table.first, score, n) + summed(table.second, table.votes - score, n)


def summed(index: Indices, values: Floats, n: int) -> Floats:
    # Without any index, bincount would give whole numbers.
    return np.bincount(index, values, n).astype(np.float64, copy=False)


def information(table: PairTable, weights: Floats) -> Floats:
    """The Laplacian of the pairs with these weights, shape (models, models)."""
    n = len(table.models)
    matrix = np.zeros((n, n))
    matrix[table.first, table.second] = -weights
    matrix[table.second, table.first] = -weights
    matrix[np.diag_indices(n)] = -matrix.sum(axis=1)
    return matrix


def unit(table: PairTable) -> float:
    """The weight of one vote: 1 but where votes carry weights."""
    if table.squares is None or not table.total:
        return 1.0
    return float(table.squares.sum() / table.total)


def observed_spread(table: PairTable, p: Floats) -> Floats:
    """Sum of the squared residuals of each pair's votes, shape (pairs,)."""
    a, b, ties, both_bad = (table.cells if table.squares is None else table.squares).T
    spread: Floats = a * (1 - p) ** 2 + b * p**2 + (ties + both_bad) * (0.5 - p) ** 2
    return spread


def expected_spread(table: PairTable, p: Floats) -> Floats:
    """The same, as the model expects it of votes that do not tie; shape (pairs,)."""
    votes = table.votes if table.squares is None else table.squares.sum(axis=1)
    expected: Floats = votes * p * (1 - p)
    return expected


def prior_of(
    table: PairTable,
    standing: Standing,
    conventions: Conventions,
    *,
    spread: float,
    strengths: Floats | None = None,
) -> Prior:
    """The prior for models of this spread, in log-odds.

    Args:
        strengths: near the fitted ones, shape (models,); without them no vote is taken to tie.
    """
    weight, design = standing.weight, standing.design()
    if conventions.prior == "votes":
        votes = np.full(len(design), conventions.prior_votes)
        return Prior(
            marks=standing.marks,
            average=standing.average,
            design=design,
            votes=votes,
            dispersion=1.0,
            expected=weight,
            least=0.0,
            lean=standing.lean,
        )
    one = unit(table)
    few = conventions.preliminary_votes * PAR * one**2
    dispersion, seen = 1.0, meetings(table) * PAR * one
    if strengths is not None:
        p = expit(strengths[table.first] - strengths[table.second])
        expected = expected_spread(table, p)
        dispersion = float((observed_spread(table, p).sum() + few) / (expected.sum() + few))
        n = len(table.models)
        seen = summed(table.first, expected, n) + summed(table.second, expected, n)
    outside = np.array([bool(reasons) and reasons[0] != FEW for reasons in standing.marks])
    votes = ties_of(spread) * dispersion * one * weight[weight > 0]
    trust = np.where(outside, 1.0, few / (few + seen)) if len(weight) else np.zeros(0)
    least = UNSEEN * PAR * one**2
    return Prior(
        marks=standing.marks,
        average=standing.average,
        design=design,
        votes=votes,
        dispersion=dispersion,
        expected=trust,
        least=least,
        lean=standing.lean,
    )
