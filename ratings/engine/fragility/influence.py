"""How many points each voter, or a set of votes, gives to models."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from ratings.engine.bradley_terry import DEFAULT, inverse_hessian, points_per_logit, solve
from ratings.engine.conventions import Conventions
from ratings.engine.fragility.counts import SCORES
from ratings.engine.tables import Floats, Indices, PairTable


def voter_influence(
    table: PairTable,
    voter: Indices,
    first: Indices,
    second: Indices,
    outcome: NDArray[np.integer],
    *,
    top: int = 5,
    conventions: Conventions = DEFAULT,
) -> tuple[Indices, Floats]:
    """How many points each voter gave to the top ranks, by one Newton step.

    Args:
        table: the counts, with these votes in them.
        voter: number of the voter of each vote, from 0; shape (votes,).
        first, second, outcome: the votes, as in `PairTable.from_votes`.

    Returns:
        The top models with votes, best first, shape (top,), and the points that each voter's
        votes add to (or take from) each of them, shape (voters, top). `exact_influence` confirms
        one.
    """
    strengths, prior = solve(table, conventions)
    rated = np.flatnonzero(["no votes" not in reasons for reasons in prior.marks])
    leaders = rated[np.argsort(-strengths[rated], kind="stable")[:top]]
    bread = points_per_logit(conventions) * inverse_hessian(table, strengths, prior, conventions)
    bread -= prior.average @ bread
    residual = SCORES[outcome] - expit(strengths[first] - strengths[second])
    influence: Floats = np.column_stack(
        [np.bincount(voter, (bread[i, first] - bread[i, second]) * residual) for i in leaders]
    ).astype(np.float64, copy=False)
    return leaders, influence


def exact_influence(
    table: PairTable, votes: PairTable, conventions: Conventions = DEFAULT
) -> Floats:
    """Points that these votes, which are part of the table, give each model; shape (models,).

    The ratings with them minus the ratings without them, both fitted.

    Raises:
        ValueError: the votes are not part of the table.
    """
    if votes.models != table.models:
        raise ValueError("The two tables list different models.")
    row = {
        pair: number
        for number, pair in enumerate(zip(table.first.tolist(), table.second.tolist(), strict=True))
    }
    rest = table.cells
    pairs = zip(votes.first.tolist(), votes.second.tolist(), strict=True)
    for (i, j), cells in zip(pairs, votes.cells, strict=True):
        if (i, j) in row:
            rest[row[i, j]] -= cells
        elif (j, i) in row:
            rest[row[j, i]] -= cells[[1, 0, 2, 3]]
        else:
            raise ValueError("These votes are not part of the table.")
    if (rest < -1e-9).any():
        raise ValueError("These votes are not part of the table.")
    with_them, _ = solve(table, conventions)
    without, _ = solve(table.with_cells(np.maximum(rest, 0.0)), conventions)
    return points_per_logit(conventions) * (with_them - without)
