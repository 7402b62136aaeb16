"""Which two contestants meet, and on which side."""

import secrets

import numpy as np

from arena.leaderboards.sampling import Drawable, pairing

_random = secrets.SystemRandom()


class NoContestants(Exception):
    """Fewer than two contestants can be drawn."""


def check_enough(contestants: Drawable) -> None:
    """Check that two of them can be drawn.

    Raises:
        NoContestants: there are fewer.
    """
    if len(contestants) < 2:
        raise NoContestants("No two models are available for a battle at the moment.")


def draw_pair(contestants: Drawable) -> tuple[int, int]:
    """The ids of the contestants on sides A and B, of those that may be drawn.

    `arena.leaderboards.sampling.pairing` has the probability of each pair; each of a pair is
    equally likely to be side A.

    Raises:
        NoContestants: fewer than two contestants can be drawn.
    """
    check_enough(contestants)
    chances = np.cumsum(pairing(contestants))  # each pair stands in it both ways round
    cell = np.searchsorted(chances, _random.random() * chances[-1], side="right")
    side_a, side_b = divmod(int(cell), len(contestants))
    return contestants[side_a][0], contestants[side_b][0]
