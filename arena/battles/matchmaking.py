"""Which two contestants meet, and on which side."""

import secrets

from arena.contestants.selectors import drawable_contestants

_random = secrets.SystemRandom()


class NoContestants(Exception):
    """Fewer than two contestants can be drawn."""


def draw_pair() -> tuple[int, int]:
    """The ids of the contestants on sides A and B: every ordered pair is equally likely.

    Raises:
        NoContestants: fewer than two contestants can be drawn.
    """
    drawable = list(drawable_contestants().order_by("id").values_list("id", flat=True))
    if len(drawable) < 2:
        raise NoContestants("No two models are available for a battle at the moment.")
    side_a, side_b = _random.sample(drawable, 2)
    return side_a, side_b
