"""The attack range: honest voters of many kinds and published attacks, simulated side by side.

All voters of one kind vote in lock-step, one vote each a step, so that ten thousand voters take
seconds. The detectors see what the site sees: models, sides, outcomes; never the truth.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from arena.integrity.core.board import predict
from arena.integrity.core.preference import Floats, Indices, Prediction
from ratings.core import PairTable, fit

A, B, TIE = 0, 1, 2
TIES = 0.25  # share of ties between equals
CLASSIFIER = 0.95  # how often a rigger recognises a model


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


def draw_pairs(models: int, votes: int, rng: np.random.Generator) -> tuple[Indices, Indices]:
    a = rng.integers(0, models, votes)
    return a, (a + rng.integers(1, models, votes)) % models


def draw_outcomes(difference: Floats, rng: np.random.Generator) -> NDArray[np.int8]:
    """Honest outcomes for differences in log-odds; a tie is likelier between equals."""
    p = expit(difference)
    tie = 4 * TIES * p * (1 - p)
    u = rng.random(len(p))
    return np.select([u < p - tie / 2, u < 1 - tie / 2], [A, B], TIE).astype(np.int8)


@dataclass(slots=True)
class Crowd:
    """Voters of one kind, and how each of them sees the models.

    An honest vote has log-odds `contrast` times the true difference plus the difference of
    `taste`, shape (voters, models); a share `lapse` of the votes is cast without looking.
    """

    world: World
    voters: int
    rng: np.random.Generator
    taste: Floats = field(init=False)
    contrast: Floats = field(init=False)
    lapse: float = 0.0

    def __post_init__(self) -> None:
        self.taste = np.zeros((self.voters, self.world.models))
        self.contrast = np.ones(self.voters)

    def honest(self, a: Indices, b: Indices) -> NDArray[np.int8]:
        voter = np.arange(self.voters)
        difference = self.contrast * (self.world.truth[a] - self.world.truth[b])
        outcome = draw_outcomes(difference + self.taste[voter, a] - self.taste[voter, b], self.rng)
        blind = self.rng.integers(0, 3, self.voters).astype(np.int8)
        return np.where(self.rng.random(self.voters) < self.lapse, blind, outcome)


Vote = Callable[[Crowd, Indices, Indices], NDArray[np.int8]]


def _crowd(crowd: Crowd) -> None:
    """Sees what everybody sees."""


def _style_lovers(crowd: Crowd) -> None:
    """Two clusters: one likes a style that some models have, the other dislikes it."""
    side = crowd.rng.choice([-1.0, 1.0], (crowd.voters, 1))
    crowd.taste = 0.6 * side * crowd.world.styles


def _noisy(crowd: Crowd) -> None:
    """Sees differences fainter, and lapses now and then."""
    crowd.contrast[:] = 0.7
    crowd.lapse = 0.1


def _careless(crowd: Crowd) -> None:
    """A third of the votes is cast without looking."""
    crowd.lapse = 1 / 3


def _experts(crowd: Crowd) -> None:
    """See differences sharper than the crowd."""
    crowd.contrast[:] = 1.5


def _one_language(crowd: Crowd) -> None:
    """Ask in a language in which the models' strengths differ from the board's."""
    shift = 0.5 * crowd.rng.standard_normal((crowd.voters, crowd.world.models))
    crowd.taste = shift


HONEST: dict[str, Callable[[Crowd], None]] = {
    "crowd": _crowd,
    "style lovers": _style_lovers,
    "noisy": _noisy,
    "careless": _careless,
    "experts": _experts,
    "one language": _one_language,
}


@dataclass(frozen=True, slots=True)
class Attack:
    """A way to rig: the votes it casts, and how often it gets the battles it wants.

    `seek` is the share of its battles that show its target (an attacker who knows the models may
    skip the others); `share` is the share of its votes that follow the plan.
    """

    plan: Callable[[Crowd, Indices, Indices, Indices], NDArray[np.int8]]
    seek: float = 0.0
    share: float = 1.0


def _for_target(_: Crowd, target: Indices, a: Indices, b: Indices) -> NDArray[np.int8]:
    """Votes for its target where it recognises it, else honestly (-1)."""
    return np.select([a == target, b == target], [A, B], -1).astype(np.int8)


def _against_rival(_: Crowd, target: Indices, a: Indices, b: Indices) -> NDArray[np.int8]:
    return np.select([a == target, b == target], [B, A], -1).astype(np.int8)


def _omnipresent(crowd: Crowd, target: Indices, a: Indices, b: Indices) -> NDArray[np.int8]:
    """Whichever outcome lifts its target on the board as it stands."""
    c = crowd.world.prediction.covariance
    return np.where(c[target, a] > c[target, b], A, B).astype(np.int8)


def _random_bot(crowd: Crowd, target: Indices, a: Indices, b: Indices) -> NDArray[np.int8]:
    return crowd.rng.integers(0, 2, crowd.voters).astype(np.int8)


def _always_a(crowd: Crowd, target: Indices, a: Indices, b: Indices) -> NDArray[np.int8]:
    return np.zeros(crowd.voters, dtype=np.int8)


ATTACKS: dict[str, Attack] = {
    "target-only": Attack(_for_target, seek=1.0),
    "target-only, 1 battle in 5": Attack(_for_target, seek=0.2),
    "demotion of a rival": Attack(_against_rival, seek=1.0),
    "omnipresent": Attack(_omnipresent),
    "omnipresent, half honest": Attack(_omnipresent, share=0.5),
    "omnipresent, a tenth": Attack(_omnipresent, share=0.1),
    "target-only, half honest": Attack(_for_target, seek=1.0, share=0.5),
    "random bot": Attack(_random_bot),
    "always-A bot": Attack(_always_a),
}


@dataclass(frozen=True, slots=True)
class Run:
    """What a crowd did: models and outcome of each vote, shape (voters, votes), in order."""

    target: Indices
    a: Indices
    b: Indices
    outcome: NDArray[np.int8]


def run_honest(world: World, kind: str, voters: int, votes: int, *, seed: int = 0) -> Run:
    """Voters of an honest kind, on pairs drawn uniformly."""
    crowd = Crowd(world, voters, np.random.default_rng(seed))
    HONEST[kind](crowd)
    return _run(crowd, votes, lambda target, a, b: crowd.honest(a, b))


def run_attack(
    world: World, name: str, voters: int, votes: int, *, target: int | None = None, seed: int = 0
) -> Run:
    """Attackers with one target, or each with its own from the middle half of the board."""
    attack = ATTACKS[name]
    crowd = Crowd(world, voters, np.random.default_rng(seed))

    def vote(target: Indices, a: Indices, b: Indices) -> NDArray[np.int8]:
        honest = crowd.honest(a, b)
        planned = attack.plan(crowd, target, a, b)
        follows = crowd.rng.random(voters) < attack.share * CLASSIFIER
        return np.where(follows & (planned >= 0), planned, honest)

    return _run(crowd, votes, vote, attack.seek, target)


def _run(
    crowd: Crowd,
    votes: int,
    vote: Callable[[Indices, Indices, Indices], NDArray[np.int8]],
    seek: float = 0.0,
    chosen: int | None = None,
) -> Run:
    n, rng = crowd.world.models, crowd.rng
    low, high = (n // 4, n - n // 4) if chosen is None else (chosen, chosen + 1)
    target = rng.integers(low, high, crowd.voters)
    steps = []
    for _ in range(votes):
        a, b = draw_pairs(n, crowd.voters, rng)
        sought = (rng.random(crowd.voters) < seek) & (a != target) & (b != target)
        on_a = rng.random(crowd.voters) < 1 / 2
        a, b = np.where(sought & on_a, target, a), np.where(sought & ~on_a, target, b)
        steps.append((a, b, vote(target, a, b)))
    a, b, outcome = (np.stack(column, axis=1) for column in zip(*steps, strict=True))
    return Run(target, a, b, outcome)


def shift(world: World, run: Run, kept: NDArray[np.bool_]) -> tuple[int, float]:
    """Ranks and rating points that the kept votes lift the runs' one target by.

    Args:
        kept: which votes count, shape (voters, votes).
    """
    (target,) = np.unique(run.target)
    cells = PairTable.from_votes(world.table.models, run.a[kept], run.b[kept], run.outcome[kept])
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
