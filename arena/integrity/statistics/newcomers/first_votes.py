"""Find newcomers' votes, and which models their voters had before."""

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from arena.integrity.statistics.prediction import Floats, Indices

FIRST = 5
"""The first so many votes of each voter are a newcomer's."""


class Part(IntEnum):
    """Parts of the newcomers' votes on a model."""

    FIRST_VOTE = 0
    AGAIN = 1
    OTHER = 2


@dataclass(frozen=True, slots=True)
class Firsts:
    """Newcomers' votes in their order, shape (votes,) each.

    Attributes:
        vote: its number; they ascend.
        day: place of its day.
        a, b: models.
        score: 1 where a won, 0 where b won, 1/2 for a tie and for both bad.
        part_a, part_b: the part that it is in, of the votes on each of its models.
    """

    vote: Indices
    day: Indices
    a: Indices
    b: Indices
    score: Floats
    part_a: NDArray[np.int8]
    part_b: NDArray[np.int8]


class Cast(NamedTuple):
    """Counted votes in the order of time, shape (votes,) each; `day` is -1 for days unknown."""

    vote: Indices
    voter: Indices
    day: Indices
    a: Indices
    b: Indices
    score: Floats


def firsts(cast: Cast, earlier: Floats) -> Firsts:
    """The newcomers' votes among these.

    Args:
        earlier: counted votes of each voter before these, shape (voters,).
    """
    number = running(cast.voter) + earlier[cast.voter].astype(np.intp)
    new = np.flatnonzero((number < FIRST) & (cast.day >= 0))
    models = int(max(cast.a.max(initial=0), cast.b.max(initial=0))) + 1
    met = running((cast.voter[:, None] * models + np.stack([cast.a, cast.b], axis=1)).ravel())
    part_a, part_b = (
        np.where(number == 0, Part.FIRST_VOTE, np.where(seen > 0, Part.AGAIN, Part.OTHER))
        for seen in met.reshape(-1, 2).T
    )
    return Firsts(
        vote=cast.vote[new],
        day=cast.day[new],
        a=cast.a[new],
        b=cast.b[new],
        score=cast.score[new],
        part_a=part_a[new].astype(np.int8),
        part_b=part_b[new].astype(np.int8),
    )


def running(keys: Indices) -> Indices:
    """How often the key of each element came before it, in their shape."""
    if not len(keys):
        return keys
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    begins = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    found = np.empty(len(keys), dtype=np.intp)
    found[order] = np.arange(len(keys)) - np.repeat(begins, np.diff(np.r_[begins, len(keys)]))
    return found
