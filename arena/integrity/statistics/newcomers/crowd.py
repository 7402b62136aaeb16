"""How far an honest crowd of newcomers may differ from established voters."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from scipy.special import expit

from arena.integrity.statistics.prediction import Floats, Prediction


class Sort(IntEnum):
    """What newcomers do to a model."""

    LIFTED = 0
    LOWERED = 1
    TIED = 2


@dataclass(frozen=True, slots=True)
class Crowd:
    """The null: how far honest newcomers may differ from established voters."""

    taste: float = 0.6
    contrasts: tuple[float, ...] = (0.4, 0.7, 1.0, 1.3)
    lapse: float = 0.2
    errors: float = 2.5
    ties: float = 3.0
    picks: float = 2.0

    def most(self, difference: Floats, error: Floats, ties: Floats) -> Floats:
        """The highest honest scores of models, this much stronger than the other.

        Args:
            ties: the parameter of Davidson's model; all arguments have the same shape.

        Returns:
            Shape (contrasts, sorts, ...).
        """
        margin = self.taste + self.errors * error
        found = []
        for contrast in self.contrasts:
            seen = contrast * difference
            h = expit(np.stack([seen, -seen]) + margin)
            scores = (1 - self.lapse) * h + self.lapse * np.maximum(h, 0.5)
            odds = self.ties * ties * evenness(seen)
            found.append(np.concatenate([scores, (odds / (1 + odds))[None]]))
        return np.stack(found)


def evenness(difference: Floats) -> Floats:
    """The square root of p (1 - p): what the odds of a tie are proportional to."""
    found: Floats = np.sqrt(expit(difference) * expit(-difference))
    return found


def ties_of(difference: Floats, votes: Floats, tied: Floats) -> float:
    """The parameter of Davidson's model that gives as many ties as there were.

    Args:
        difference, votes, tied: of pairs, shape (pairs,).
    """
    even, parameter = evenness(difference), 1.0
    for _ in range(50):
        expected = (votes * parameter * even / (1 + parameter * even)).sum()
        if not expected:
            break
        parameter *= max(tied.sum(), 1.0) / expected
    return float(parameter)


@dataclass(frozen=True, slots=True)
class Day:
    """What newcomers' votes of a day are compared with.

    Attributes:
        board: of established voters' votes before the day.
        ties: how readily they call ties, as `ties_of`.
        number: of the day among all of the site, from 1.
        drawn: how often each pair was drawn on the day, symmetric, shape (models, models).
    """

    board: Prediction
    ties: float
    number: int
    drawn: Floats
