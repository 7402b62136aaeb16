"""A vote is counted alike whichever of the two contestants was on side A."""

import pytest

from arena.leaderboards.counting.pairs import lower_id_first
from arena.leaderboards.models import Outcome


@pytest.mark.parametrize(
    ("on_a", "on_b", "place"),
    [
        (Outcome.A, Outcome.B, 0),
        (Outcome.B, Outcome.A, 1),
        (Outcome.TIE, Outcome.TIE, 2),
        (Outcome.BOTH_BAD, Outcome.BOTH_BAD, 3),
    ],
)
def test_a_vote_is_seen_from_the_lower_id(on_a: Outcome, on_b: Outcome, place: int) -> None:
    one, other = lower_id_first(3, 8, on_a), lower_id_first(8, 3, on_b.value)
    assert (one.pair, one.outcome, one.place) == ((3, 8), on_a, place)
    assert (other.pair, other.outcome, other.place) == (one.pair, one.outcome, one.place)
    assert (one.is_swapped, other.is_swapped) == (False, True)
