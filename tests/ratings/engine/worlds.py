"""Simulated worlds with a known truth: few votes of some models, ties; voters with tastes.

`python -m tests.ratings.engine.worlds few REPETITIONS SEED` prints the coverage where votes are
few, `... voters REPETITIONS SEED` that where some voters cast many.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from ratings.engine import Clusters, Conventions, PairTable, fit
from ratings.engine.bradley_terry import DEFAULT, points_per_logit, solve
from ratings.engine.priors import stand
from ratings.engine.simulate import draw_outcomes
from ratings.engine.tables import Floats, Indices

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
    """Each repetition draws new strengths of the models.

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


GROUPS = 256
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(41)


@dataclass(frozen=True, slots=True)
class Crowd:
    """Votes of voters of whom some vote a lot, and who have tastes.

    The share of the k-th voter is as k^-0.9 (Zipf). To each voter a model is better or worse than
    to others by `taste` log-odds, normally distributed. Models have unequally many votes. `truth`
    is what the votes of infinitely many such voters would give, in points.
    """

    models: tuple[str, ...]
    voter: Indices
    a: Indices
    b: Indices
    outcome: Indices
    truth: Floats

    @property
    def table(self) -> PairTable:
        return PairTable.from_votes(self.models, self.a, self.b, self.outcome)

    def by_voter(self) -> Clusters:
        table = self.table
        return Clusters.of_votes(
            table,
            *solve(table),
            voter=self.voter,
            a=self.a,
            b=self.b,
            outcome=self.outcome,
        )

    def by_group(self, rng: np.random.Generator) -> Clusters:
        """Each voter is in one of the groups, as on a site."""
        table = self.table
        group = rng.integers(0, GROUPS, self.voter.max() + 1)[self.voter]
        pairs = zip(table.first.tolist(), table.second.tolist(), strict=True)
        row = {pair: number for number, pair in enumerate(pairs)}
        low, high = np.minimum(self.a, self.b), np.maximum(self.a, self.b)
        pair = np.array([row[both] for both in zip(low.tolist(), high.tolist(), strict=True)])
        score = np.array([1, 0, 0.5, 0.5])[self.outcome]
        votes, points = np.zeros((2, len(table.first), GROUPS))
        np.add.at(votes, (pair, group), 1)
        np.add.at(points, (pair, group), np.where(self.a < self.b, score, 1 - score))
        return Clusters.of_groups(table, *solve(table), votes, points)


def crowd(
    rng: np.random.Generator,
    *,
    models: int = 20,
    votes: int = 6000,
    voters: int = 300,
    taste: float = 0.5,
    spread: float = 150,
    ties: float = 0.25,
) -> Crowd:
    strengths = rng.normal(0, spread / POINTS, models)
    tastes = rng.normal(0, taste, (voters, models))
    share = np.arange(1, voters + 1) ** -0.9
    voter = rng.choice(voters, votes, p=share / share.sum())
    rates = np.exp(rng.normal(0, 1, models))
    pairs = np.outer(rates, rates) * (1 - np.eye(models))
    a, b = np.divmod(rng.choice(models**2, votes, p=(pairs / pairs.sum()).ravel()), models)
    lead = strengths[a] - strengths[b] + tastes[voter, a] - tastes[voter, b]
    first, second = np.triu_indices(models, 1)
    apart = (strengths[first] - strengths[second])[:, None] + np.sqrt(2) * taste * NODES
    won = expit(apart) @ WEIGHTS / WEIGHTS.sum()
    met, none = pairs[first, second] * votes, np.zeros(len(first))
    names = tuple(f"m{number:02}" for number in range(models))
    whole = PairTable(names, first, second, met * won, met * (1 - won), none, none)
    outcome = draw_outcomes(lead, rng, ties=ties).astype(np.intp)
    drawn = PairTable.from_votes(names, a, b, outcome)
    average = stand(drawn, DEFAULT).average
    limit, _ = solve(whole, Conventions(prior="votes"))
    return Crowd(names, voter, a, b, outcome, 1000 + POINTS * (limit - average @ limit))


def crowd_coverage(
    kind: str, *, repetitions: int, seed: int, taste: float = 0.5, votes: int = 6000
) -> tuple[NDArray[np.bool_], Floats]:
    """Whether intervals by vote, by voter or by group have the truth, and the models' votes."""
    rng = np.random.default_rng(seed)
    covered, cast = [], []
    for _ in range(repetitions):
        world = crowd(rng, taste=taste, votes=votes)
        clusters = None
        if kind != "vote":
            clusters = world.by_voter() if kind == "voter" else world.by_group(rng)
        board = fit(world.table, DEFAULT, clusters)
        covered.append((board.lower <= world.truth) & (world.truth <= board.upper))
        cast.append(board.votes)
    return np.concatenate(covered), np.concatenate(cast)


def few(repetitions: int, seed: int) -> Iterator[str]:
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


def voters(repetitions: int, seed: int) -> Iterator[str]:
    for taste, votes, kind in product((0.5, 0.0), (6000, 20_000), ("vote", "voter", "group")):
        covered, cast = crowd_coverage(
            kind, repetitions=repetitions, seed=seed, taste=taste, votes=votes
        )
        many = covered[cast > 1000]
        yield (
            f"tastes of {taste}, {votes:,} votes, by {kind:5}: {covered.mean():.1%} of "
            f"{len(covered):,}; of models with over 1,000 votes {many.mean():.1%} of {len(many):,}"
        )


if __name__ == "__main__":
    for line in {"few": few, "voters": voters}[sys.argv[1]](int(sys.argv[2]), int(sys.argv[3])):
        print(line, flush=True)
