"""Online Elo: a live rating beside the leaderboard, not a ranking.

Elo's ratings depend on the order of the votes and never settle (Boubdir et al. 2023, arXiv
2311.17295), which is why Bradley-Terry is the headline. Nothing here is published as a rank.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from ratings.engine.bradley_terry import DEFAULT
from ratings.engine.conventions import Conventions

SCORES = (1.0, 0.0, 0.5, 0.5)
"""Points of side a for the outcomes a, b, tie, both_bad."""


@dataclass(slots=True)
class Elo:
    """Ratings in points that move with every vote; a newcomer starts at the centre."""

    k: float = 4.0
    """Points that a vote moves at most."""
    conventions: Conventions = DEFAULT
    ratings: dict[str, float] = field(default_factory=dict)

    def vote(self, a: str, b: str, outcome: int, weight: float = 1.0) -> float:
        """Count one vote (outcome: a code as in `OUTCOMES`); gives the points that a gains."""
        start = self.conventions.centre
        rating_a, rating_b = self.ratings.get(a, start), self.ratings.get(b, start)
        odds: float = self.conventions.base ** ((rating_b - rating_a) / self.conventions.scale)
        gain = self.k * weight * (SCORES[outcome] - 1 / (1 + odds))
        self.ratings[a], self.ratings[b] = rating_a + gain, rating_b - gain
        return gain

    def votes(self, votes: Iterable[tuple[str, str, int]]) -> None:
        """Count votes in their order."""
        for a, b, outcome in votes:
            self.vote(a, b, outcome)
