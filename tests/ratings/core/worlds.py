"""Worlds of which the truth is known: models of a spread, few votes of some, ties.

`python -m tests.ratings.core.worlds REPETITIONS SEED` prints the coverage of each.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from ratings.core import Conventions, PairTable, fit
from ratings.core.bradley_terry import DEFAULT, points_per_logit
from ratings.core.priors import stand
from ratings.core.simulate import draw_outcomes
from ratings.core.tables import Indices

POINTS = points_per_logit(DEFAULT)
SPREADS, TIES = (50, 150, 300), (0.0, 0.3, 0.6)
FEW = 10  # votes of a model at most


def newcomers(rng: np.random.Generator) -> tuple[int, Indices, Indices]:
    """4 newcomers of 1 to 10 votes among 12 models of about 400."""
    a = rng.integers(0, 12, 2400)
    b = (a + rng.integers(1, 12, 2400)) % 12
    new = np.repeat(np.arange(12, 16), rng.integers(1, FEW + 1, 4))
    return 16, np.append(a, new), np.append(b, rng.integers(0, 12, len(new)))


def young_board(rng: np.random.Generator) -> tuple[int, Indices, Indices]:
    """3 to 24 models, each of about 1 to 10 votes."""
    models = int(rng.integers(3, 25))
    votes = max(1, models * int(rng.integers(1, FEW + 1)) // 2)
    a = rng.integers(0, models, votes)
    return models, a, (a + rng.integers(1, models, votes)) % models


def two_models(rng: np.random.Generator) -> tuple[int, Indices, Indices]:
    """Two models and 1 to 10 votes."""
    a = rng.integers(0, 2, int(rng.integers(1, FEW + 1)))
    return 2, a, 1 - a


KINDS = {"newcomers": newcomers, "young board": young_board, "two models": two_models}


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of models with 1 to 10 votes: whether the interval has the truth, and how wide it is."""

    covered: NDArray[np.bool_]
    votes: NDArray[np.float64]
    width: NDArray[np.float64]


def coverage(
    kind: str,
    spread: float,
    ties: float,
    *,
    repetitions: int,
    seed: int,
    conventions: Conventions = DEFAULT,
) -> Coverage:
    """Each repetition draws the strengths of the models anew.

    The truth of a rating is above the average of the models that are not preliminary, if any, as
    the rating is.
    """
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(repetitions):
        models, a, b = KINDS[kind](rng)
        strengths = rng.normal(0, spread / POINTS, models)
        outcome = draw_outcomes(strengths[a] - strengths[b], rng, ties=ties)
        table = PairTable.from_votes([f"m{m:02}" for m in range(models)], a, b, outcome)
        board = fit(table, conventions)
        average = stand(table, conventions).average
        truth = conventions.centre + POINTS * (strengths - average @ strengths)
        few = (board.votes > 0) & (board.votes <= FEW)
        covered = (board.lower <= truth) & (truth <= board.upper)
        found.append(np.stack([covered, board.votes, board.upper - board.lower])[:, few])
    covered, votes, width = np.concatenate(found, axis=1)
    return Coverage(covered.astype(bool), votes, width)


def main(repetitions: int, seed: int) -> Iterator[str]:
    for kind, spread, ties in product(KINDS, SPREADS, TIES):
        found = coverage(kind, spread, ties, repetitions=repetitions, seed=seed)
        groups = [
            f"{found.covered[(found.votes >= low) & (found.votes <= high)].mean():.1%}"
            for low, high in ((1, 2), (3, 5), (6, 10))
        ]
        yield (
            f"{kind:12} spread {spread:3}, ties {ties:.0%}: {found.covered.mean():.1%} of "
            f"{len(found.covered):,}; of 1-2, 3-5, 6-10 votes {', '.join(groups)}; "
            f"{found.width.mean():.0f} points wide"
        )


if __name__ == "__main__":
    for line in main(int(sys.argv[1]), int(sys.argv[2])):
        print(line, flush=True)
