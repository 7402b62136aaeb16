"""Which battles the arena draws for voters, and which of them they vote on."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arena.integrity.simulator.world import draw_pairs
from arena.integrity.statistics.prediction import Floats, Indices

MOST = 6  # battles opened for a vote without seeking a target, at most


@dataclass(frozen=True, slots=True)
class Drawn:
    """The battles of one vote of each voter: `battles` opened, shape (voters,), of which `shown`
    show each model, shape (voters, models); a and b are the models of the one voted on."""

    a: Indices
    b: Indices
    battles: Indices
    shown: Indices

    def where(self, chosen: NDArray[np.bool_], other: "Drawn") -> "Drawn":
        """Of the chosen voters these battles, of the rest the others."""
        return Drawn(
            np.where(chosen, self.a, other.a),
            np.where(chosen, self.b, other.b),
            np.where(chosen, self.battles, other.battles),
            np.where(chosen[:, None], self.shown, other.shown),
        )


def draw(likes: Floats, passes: float, rng: np.random.Generator) -> Drawn:
    """The battles of voters who pass some over, and of these like some more than others.

    Args:
        likes: logarithm of how much likelier a voter votes on a model's battles, shape (voters,
            models).
        passes: chance of passing a battle over.
    """
    voters, models = likes.shape
    battles = np.minimum(rng.geometric(1 - passes, voters), MOST)
    a, b = (side.reshape(voters, MOST) for side in draw_pairs(models, voters * MOST, rng))
    voter = np.arange(voters)
    opened = np.arange(MOST) < battles[:, None]
    # The greatest of these sums is each one with odds of its own (Gumbel 1954).
    odds = likes[voter[:, None], a] + likes[voter[:, None], b] + rng.gumbel(size=a.shape)
    voted = np.where(opened, odds, -np.inf).argmax(axis=1)
    shown = np.zeros((voters, models), dtype=np.intp)
    row, place = np.nonzero(opened)
    for side in (a, b):
        np.add.at(shown, (row, side[row, place]), 1)
    return Drawn(a[voter, voted], b[voter, voted], battles, shown)


Opponents = Callable[[Indices, int], tuple[Indices, Indices]]
"""The first model of these and the one after the last, by target and number of models; the best
model is the first."""


def any_other(target: Indices, models: int) -> tuple[Indices, Indices]:
    return np.zeros_like(target), np.full_like(target, models)


def stronger(target: Indices, models: int) -> tuple[Indices, Indices]:
    return np.zeros_like(target), target


def top_ten(target: Indices, models: int) -> tuple[Indices, Indices]:
    return np.zeros_like(target), np.minimum(target, 10)


def weaker(target: Indices, models: int) -> tuple[Indices, Indices]:
    return target + 1, np.full_like(target, models)


def seek(
    first: Drawn, target: Indices, opponents: tuple[Indices, Indices], rng: np.random.Generator
) -> Drawn:
    """The battles of voters who open one after the other until one shows what they want: their
    target beside one of the opponents."""
    voters, models = first.shown.shape
    voter = np.arange(voters)
    model = np.arange(models)
    low, high = (bound[:, None] for bound in opponents)
    wanted = (low <= model) & (model < high) & (model != target[:, None])
    many = wanted.sum(axis=1)
    a, b = first.a, first.b
    shows = ((a == target) & wanted[voter, b]) | ((b == target) & wanted[voter, a])
    left = np.where(shows, 0, rng.geometric(2 * many / (models * (models - 1))))
    opponent = np.where(wanted, rng.random(wanted.shape), -1).argmax(axis=1)
    on_a = rng.random(voters) < 1 / 2
    a = np.where(shows, a, np.where(on_a, target, opponent))
    b = np.where(shows, b, np.where(on_a, opponent, target))
    others = models - 1 - wanted.astype(np.float64)
    others[voter, target] -= many
    shown = rng.multinomial(2 * left, others / others.sum(axis=1, keepdims=True))
    shown[voter, a] += 1
    shown[voter, b] += 1
    return Drawn(a, b, left + 1, shown)
