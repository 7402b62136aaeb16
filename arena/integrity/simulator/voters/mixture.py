"""Riggers among honest voters: the votes of several runs in the order of time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arena.integrity.simulator.voters.behaviour import DAY, POPULAR
from arena.integrity.simulator.voters.runs import Run
from arena.integrity.simulator.world import Outcomes, picked_a
from arena.integrity.statistics.collusion.rings import Sightings, Votes
from arena.integrity.statistics.prediction import Floats, Indices

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
    order = np.argsort(at, kind="stable")
    return Mixture(
        votes=Votes(voter[order], a[order], b[order], picked_a(outcome[order])),
        outcome=outcome[order],
        sightings=_sightings(runs, voter, at),
        rigs=np.arange(firsts[-1]) >= firsts[len(honest)],
    )


def _sightings(runs: Sequence[Run], voter: Indices, at: Floats) -> Sightings:
    """Who was seen when with which prompt, network and device: the last two by names of the day."""
    prompt = np.concatenate([_of_run(run.trail.prompt, k) for k, run in enumerate(runs)])
    network = np.concatenate([_of_run(run.trail.network, k) for k, run in enumerate(runs)])
    device = np.concatenate([run.trail.device.ravel() for run in runs])
    day = (at // DAY).astype(np.intp)
    kind = np.repeat([0, 1, 2], len(at))
    thing = np.concatenate([prompt, network, device])
    named_on = np.concatenate([np.zeros_like(day), day, day])
    _, key = np.unique(np.stack([kind, thing, named_on]), axis=1, return_inverse=True)
    return Sightings(np.tile(voter, 3), key, np.tile(at, 3), kind == 2)


def _of_run(ids: Indices, run: int) -> Indices:
    """Numbers that no other run has, but for popular prompts."""
    flat = ids.ravel()
    return np.where(flat <= POPULAR, flat, flat + run * _APART)
