"""Which two contestants meet, and on which side."""

import secrets

import numpy as np

from arena.leaderboards.sampling import Drawable, drawable, pairing

_random = secrets.SystemRandom()


class NoContestants(Exception):
    """Fewer than two contestants can be drawn."""


def check_drawable(*, taking_images: bool) -> Drawable:
    """The contestants that can be drawn, see `arena.leaderboards.sampling.drawable`.

    Raises:
        NoContestants: there are fewer than two.
    """
    contestants = drawable(taking_images=taking_images)
    if len(contestants) < 2:
        raise NoContestants("No two models are available for a battle at the moment.")
    return contestants


def draw_pair(*, taking_images: bool = False) -> tuple[int, int]:
    """The ids of the contestants on sides A and B, of all or only of those that take images.

    `arena.leaderboards.sampling.pairing` has the probability of each pair; each of a pair is
    equally likely to be side A.

    Raises:
        NoContestants: fewer than two contestants can be drawn.
    """
    contestants = check_drawable(taking_images=taking_images)
    chances = np.cumsum(pairing(contestants))  # each pair stands in it both ways round
    cell = np.searchsorted(chances, _random.random() * chances[-1], side="right")
    side_a, side_b = divmod(int(cell), len(contestants))
    return contestants[side_a][0], contestants[side_b][0]
