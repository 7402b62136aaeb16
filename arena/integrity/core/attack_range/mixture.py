"""Riggers among honest voters: the votes of several runs in the order of time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arena.integrity.core.attack_range.crowds import Run
from arena.integrity.core.attack_range.habits import POPULAR
from arena.integrity.core.attack_range.world import Outcomes, picked_a
from arena.integrity.core.coordination import Sightings, Votes
from arena.integrity.core.preference import Indices

_APART = 10**10  # between the numbers of what only one run has


@dataclass(frozen=True, slots=True)
class Mixture:
    """Voters of several runs together, numbered through.

    `outcome` has shape (votes,), in the order of `votes`; `rigs`, shape (voters,), is the truth.
    """

    votes: Votes
    outcome: Outcomes
    sightings: Sightings
    rigs: NDArray[np.bool_]


def mix(honest: Sequence[Run], riggers: Sequence[Run]) -> Mixture:
    """All voters of these runs together."""
    runs = [*honest, *riggers]
    firsts = np.cumsum([0, *(len(run.a) for run in runs)])
    voter = np.concatenate(
        [
            np.repeat(np.arange(len(run.a)), run.a.shape[1]) + first
            for run, first in zip(runs, firsts[:-1], strict=True)
        ]
    )
    a, b, outcome = (
        np.concatenate([getattr(run, name).ravel() for run in runs])
        for name in ("a", "b", "outcome")
    )
    at = np.concatenate([run.trail.at.ravel() for run in runs])
    prompt = np.concatenate([_numbered(run.trail.prompt, k) for k, run in enumerate(runs)])
    network = np.concatenate([_numbered(run.trail.network, k) for k, run in enumerate(runs)])
    order = np.argsort(at, kind="stable")
    return Mixture(
        votes=Votes(voter[order], a[order], b[order], picked_a(outcome[order])),
        outcome=outcome[order],
        sightings=Sightings(np.tile(voter, 2), np.concatenate([prompt, -network]), np.tile(at, 2)),
        rigs=np.arange(firsts[-1]) >= firsts[len(honest)],
    )


def _numbered(ids: Indices, run: int) -> Indices:
    """Numbers that no other run has, but for popular prompts."""
    flat = ids.ravel()
    return np.where(flat <= POPULAR, flat, flat + run * _APART)
