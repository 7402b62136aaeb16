"""Which battles the arena draws for voters, and which of them they vote on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arena.integrity.core.attack_range.world import draw_pairs
from arena.integrity.core.preference import Floats, Indices

MOST = 6  # battles that one who seeks nothing opens for a vote


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


def seek(first: Drawn, target: Indices, rng: np.random.Generator) -> Drawn:
    """The battles of voters who open one after the other until one shows their target."""
    voters, models = first.shown.shape
    voter = np.arange(voters)
    a, b = first.a, first.b
    shows = (a == target) | (b == target)
    left = np.where(shows, 0, rng.geometric(2 / models, voters))
    on_a = rng.random(voters) < 1 / 2
    a, b = np.where(~shows & on_a, target, a), np.where(~shows & ~on_a, target, b)
    others = np.full((voters, models), 1 / (models - 1))
    others[voter, target] = 0.0
    shown = rng.multinomial(2 * left, others)
    shown[voter, a] += 1
    shown[voter, b] += 1
    return Drawn(a, b, left + 1, shown)
