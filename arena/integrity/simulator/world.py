"""A pool of models with a true order, what honest voters make of it, and what votes change."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from arena.integrity.statistics.board import predict
from arena.integrity.statistics.prediction import Floats, Indices, Prediction
from ratings.engine import PairTable, fit

A, B, TIE, BOTH_BAD = range(4)
TIES = 0.25  # share of ties between equals

Outcomes = NDArray[np.int8]
Moved = tuple[int, float]
"""Ranks and rating points."""


@dataclass(frozen=True, slots=True)
class World:
    """A pool with a true order, and a board fitted from honest votes on it."""

    truth: Floats
    table: PairTable
    prediction: Prediction
    styles: Floats

    @property
    def models(self) -> int:
        return len(self.truth)


def make_world(
    models: int = 100, *, votes: int = 200_000, deviation: float = 1.0, seed: int = 0
) -> World:
    """A pool with normal log-odds strengths of this standard deviation, best model first."""
    rng = np.random.default_rng(seed)
    truth = np.sort(deviation * rng.standard_normal(models))[::-1]
    truth = truth - truth.mean()
    styles = rng.standard_normal(models)
    a, b = draw_pairs(models, votes, rng)
    outcome = draw_outcomes(truth[a] - truth[b], rng)
    table = PairTable.from_votes([f"model-{m:03}" for m in range(models)], a, b, outcome)
    return World(truth, table, predict(table), styles)


def make_young_world(seed: int = 0) -> World:
    """A hundred models close together with 400 votes each: a thousand votes move it most."""
    return make_world(votes=20_000, deviation=0.3, seed=seed)


def draw_pairs(models: int, votes: int, rng: np.random.Generator) -> tuple[Indices, Indices]:
    a = rng.integers(0, models, votes)
    return a, (a + rng.integers(1, models, votes)) % models


def draw_outcomes(
    difference: Floats, rng: np.random.Generator, tie: Floats | None = None
) -> Outcomes:
    """Honest outcomes for differences in log-odds.

    Args:
        tie: the probability of a tie; by default it is greatest between equals, and taken from
            the wins of both models alike.
    """
    p, u = expit(difference), rng.random(len(difference))
    if tie is not None:
        return np.select([u < (1 - tie) * p, u < 1 - tie], [A, B], TIE).astype(np.int8)
    tie = 4 * TIES * p * (1 - p)
    return np.select([u < p - tie / 2, u < 1 - tie], [A, B], TIE).astype(np.int8)


def picked_a(outcome: Outcomes) -> Floats:
    """1 where side a was picked, 0 for b, NaN for a tie or both bad; see `PreferenceEvidence`."""
    return np.where(outcome >= TIE, np.nan, (outcome == A).astype(np.float64))


def shift(world: World, target: int, a: Indices, b: Indices, outcome: Outcomes) -> Moved:
    """Ranks and rating points that these votes lift the target by."""
    cells = PairTable.from_votes(world.table.models, a, b, outcome)
    before, after = fit(world.table), fit(added(world.table, cells))
    ranks = [int((board.ratings > board.ratings[target]).sum()) for board in (before, after)]
    return ranks[0] - ranks[1], float(after.ratings[target] - before.ratings[target])


def added(table: PairTable, more: PairTable) -> PairTable:
    """The counts of two tables of the same models together."""
    rows = [*table.as_counts(), *more.as_counts()]
    summed: dict[tuple[str, str], Floats] = {}
    for first, second, *counts in rows:
        key = (str(first), str(second))
        summed[key] = summed.get(key, np.zeros(4)) + np.array(counts, dtype=np.float64)
    return PairTable.from_counts(table.models, [[*key, *cells] for key, cells in summed.items()])
