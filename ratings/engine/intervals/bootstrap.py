"""Bootstrap intervals, resampled from counts instead of votes.

Resampling N votes with replacement draws the counts of all (pair, outcome) cells from one
multinomial distribution; so the cost depends on the cells, not on the votes.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import coo_array, csr_array
from scipy.special import expit

from ratings.engine.bradley_terry import (
    DEFAULT,
    fit,
    leaderboard,
    points_per_logit,
    solve,
)
from ratings.engine.conventions import Conventions
from ratings.engine.priors import information, meetings
from ratings.engine.tables import Floats, PairTable

BLOCK = 25  # resamples fitted together
CHORD_STEPS = 25
CLOSE = 1e-9  # log-odds


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """Resampled ratings in points, shape (resamples, models), and their percentile intervals.

    The interval of a preliminary model is no narrower than that of `fit`: few votes, resampled,
    are much the same ones.
    """

    models: tuple[str, ...]
    ratings: Floats
    lower: Floats
    upper: Floats


def bootstrap(
    table: PairTable,
    conventions: Conventions = DEFAULT,
    *,
    resamples: int = 1000,
    seed: int = 0,
    progress: Callable[[int], object] = lambda fitted: None,
) -> Bootstrap:
    """Fit resamples of the votes, each to convergence. Equal seeds give equal results.

    Args:
        progress: called with the number of resamples fitted since it was last called.

    Raises:
        ValueError: the votes carry weights, or there are none.
    """
    whole = np.rint(table.cells)
    if table.squares is not None or not np.array_equal(whole, table.cells):
        raise ValueError("The bootstrap draws whole votes; these carry weights.")
    if not whole.any():
        raise ValueError("There are no votes to draw from.")
    sampler = _Resampler(table, conventions)
    sizes = [min(BLOCK, resamples - start) for start in range(0, resamples, BLOCK)]
    seeds = np.random.SeedSequence(seed).spawn(len(sizes))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        blocks = []
        for block in pool.map(sampler.block, sizes, seeds):
            blocks.append(block)
            progress(block.shape[1])
    strengths = np.concatenate(blocks, axis=1)
    centre = leaderboard(
        table.models,
        sampler.strengths,
        np.zeros((len(table.models),) * 2),
        votes=meetings(table),
        marks=sampler.prior.marks,
        conventions=conventions,
    ).ratings
    shift = strengths - sampler.strengths[:, None]
    if conventions.anchor is not None:
        shift -= shift[table.models.index(conventions.anchor)]
    ratings = (centre[:, None] + points_per_logit(conventions) * shift).T
    tail = (1 - conventions.confidence) / 2
    lower, upper = np.quantile(ratings, [tail, 1 - tail], axis=0)
    fitted = fit(table, conventions)
    preliminary = np.array([bool(reasons) for reasons in fitted.marks])
    lower = np.where(preliminary, np.minimum(lower, fitted.lower), lower)
    upper = np.where(preliminary, np.maximum(upper, fitted.upper), upper)
    return Bootstrap(table.models, ratings, lower, upper)


class _Resampler:
    """Draws and fits blocks of resamples of one table."""

    def __init__(self, table: PairTable, conventions: Conventions) -> None:
        self.table, self.conventions = table, conventions
        self.strengths, self.prior = solve(table, conventions)
        self.cells = np.stack([table.first_wins, table.second_wins, table.ties + table.both_bad])
        self.ends = np.cumsum(self.cells)
        n, pairs = len(table.models), len(table.first)
        p = expit(self.strengths[table.first] - self.strengths[table.second])
        hessian = information(table, table.votes * p * (1 - p))
        hessian += self.prior.information(self.strengths)
        hessian += hessian.trace() / n**2
        self.factor = cho_factor(hessian)
        rows = np.concatenate([table.first, table.second])
        columns = np.tile(np.arange(pairs), 2)
        signs = np.repeat([1.0, -1.0], pairs)
        self.incidence: csr_array = coo_array((signs, (rows, columns)), shape=(n, pairs)).tocsr()

    def block(self, size: int, seed: np.random.SeedSequence) -> Floats:
        """Strengths in log-odds of `size` resamples, shape (models, size)."""
        rng = np.random.default_rng(seed)
        pairs = len(self.table.first)
        score, votes = np.empty((pairs, size)), np.empty((pairs, size))
        for column in range(size):
            a, b, ties = self._draw(rng)
            score[:, column] = a + ties / 2
            votes[:, column] = a + b + ties
        strengths, settled = self._chord(score, votes)
        for column in np.flatnonzero(~settled).tolist():
            won, played = score[:, column], votes[:, column]
            none = np.zeros(pairs)
            resample = self.table.with_cells(np.column_stack([won, played - won, none, none]))
            found, _ = solve(resample, self.conventions)
            strengths[:, column] = self.prior.centred(found)
        return strengths

    def _draw(self, rng: np.random.Generator) -> Floats:
        """One multinomial draw of all cells, shape (3, pairs).

        Poisson counts given their sum are multinomial. So: Poisson counts that fall a little
        short of N in sum, then the votes that are missing, one by one. The few draws that
        overshoot are drawn again, which depends on the sum alone.
        """
        total = int(self.ends[-1])
        share = max(0.0, 1 - 2 / np.sqrt(total))
        while True:
            counts: Floats = rng.poisson(self.cells * share).astype(np.float64)
            missing = total - int(counts.sum())
            if missing >= 0:
                break
        picks = np.sort(rng.integers(0, total, missing))
        cells = np.searchsorted(self.ends, picks, side="right")
        counts += np.bincount(cells, minlength=counts.size).reshape(counts.shape)
        return counts

    def _chord(self, score: Floats, votes: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        """Newton with the whole table's Hessian, all resamples at once; and which settled."""
        table, prior = self.table, self.prior
        ties = prior.votes[:, None]
        strengths = np.repeat(self.strengths[:, None], score.shape[1], axis=1)
        settled = np.zeros(score.shape[1], dtype=bool)
        points = self.incidence @ score
        for _ in range(CHORD_STEPS):
            expected = expit(strengths[table.first] - strengths[table.second])
            expected *= votes
            gradient = points - self.incidence @ expected
            gradient += prior.design.T @ (ties * (0.5 - expit(prior.design @ strengths)))
            step = cho_solve(self.factor, gradient)
            step -= prior.average @ step
            strengths += step
            settled = np.ptp(step, axis=0) < CLOSE
            if settled.all():
                break
        return strengths, settled
