"""A worked example of the evidence about one voter, small enough to follow by hand."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice

import numpy as np
from scipy.special import expit

from arena.integrity.statistics.board import predict
from arena.integrity.statistics.voter.evidence import CombinedEvidence
from arena.integrity.statistics.voter.preference import NullHypothesis
from ratings.engine import PairTable

MODELS = "ABCDEFGHIJ"
TARGET = 6
"""Place of the model that the rigger votes for: G, the seventh of ten."""

VOTES_PER_PAIR = 1000
STEP = 0.2  # difference of neighbours in log-odds
ABANDONED = 4  # battles of other models before each vote of the rigger


@dataclass(frozen=True, slots=True)
class Step:
    """One vote.

    Attributes:
        opponent: the model that the target met.
        predicted: probability of a vote for the target, from the board.
        honest: the highest probability that the null hypothesis allows.
        picks, choice, e_value: e-values after the vote: from the picks, from which battles got a
            vote, and their product.
    """

    opponent: str
    predicted: float
    honest: float
    picks: float
    choice: float
    e_value: float


def steps(votes: int) -> Iterator[Step]:
    """The evidence about a rigger who seeks battles of the target and always votes for it."""
    prediction = predict(_board())
    evidence = CombinedEvidence.empty(len(MODELS))
    others = [place for place in range(len(MODELS)) if place != TARGET]
    abandoned = list(zip(others[::2], others[1::2], strict=False))[:ABANDONED]
    for number, opponent in enumerate(islice(cycle(others), votes)):
        a, b = np.array([TARGET]), np.array([opponent])
        expected = prediction.expected(a, b)
        _, (honest,) = NullHypothesis().bounds(expected, np.array([float(number)]))
        evidence.add_vote(expected, (TARGET, opponent), 1.0, abandoned)
        yield Step(
            opponent=MODELS[opponent],
            predicted=float(expit(expected.difference[0])),
            honest=float(honest),
            picks=float(np.exp(evidence.preference.log_e()[0])),
            choice=float(np.exp(evidence.target_seeking.log_e()[0])),
            e_value=float(np.exp(evidence.log_e())),
        )


def _board() -> PairTable:
    """Ten models at equal distances, and exactly the votes that their strengths predict."""
    first, second = np.triu_indices(len(MODELS), 1)
    wins = VOTES_PER_PAIR * expit(STEP * (second - first))
    none = np.zeros(len(first))
    return PairTable(tuple(MODELS), first, second, wins, VOTES_PER_PAIR - wins, none, none)
