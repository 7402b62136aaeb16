"""Detectors in the attack simulator: ours, and the published ones that it is measured against.

Each takes a world and a run and says which votes would still count, shape (voters, votes), and
after how many votes each voter was detected (0 for never), shape (voters,).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri, expit

from arena.integrity.simulator.voters.drawing import Drawn
from arena.integrity.simulator.voters.runs import Run
from arena.integrity.simulator.voters.weighing import Weighing
from arena.integrity.simulator.world import TIE, A, B, World
from arena.integrity.statistics.prediction import Floats, Indices


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which votes still count, and after how many votes each voter was detected (0: never)."""

    kept: NDArray[np.bool_]
    detected: Indices


Detector = Callable[[World, Run, float], Verdict]


def no_defence(world: World, run: Run, alpha: float) -> Verdict:
    return Verdict(np.ones(run.a.shape, dtype=bool), np.zeros(len(run.a), dtype=np.intp))


def e_process(world: World, run: Run, alpha: float) -> Verdict:
    """Holds all votes of a voter whose e-value ever reaches 1/alpha."""
    return _held(run, weighed(world, run, alpha)[1])


def weighed(world: World, run: Run, alpha: float) -> tuple[Floats, Indices]:
    """What the voters show for each target after all votes, shape (voters, targets); after how
    many each one's e-value reached 1/alpha (0: never)."""
    voters, votes = run.a.shape
    weighing = Weighing.empty(world, voters)
    detected = np.zeros(voters, dtype=np.intp)
    for step in range(votes):
        battles, shown = run.battles[:, step], run.shown[:, step]
        drawn = Drawn(
            run.a[:, step], run.b[:, step], battles.astype(np.intp), shown.astype(np.intp)
        )
        weighing.choose(drawn)
        weighing.judge(drawn, run.outcome[:, step])
        detected[weighing.reached(-np.log(alpha)) & (detected == 0)] = step + 1
    return weighing.of_targets(), detected


def fisher(world: World, run: Run, alpha: float, *, seed: int = 0) -> Verdict:
    """The anomaly test of Chiang et al. 2024, arXiv 2403.04132, section on anomalous users.

    The p-value of a vote is the share of the pair's past votes that were at least as good for the
    first model; Fisher's sum of their logarithms is compared with chi-square at five random looks
    among the first hundred votes, each at alpha / 5.
    """
    voters, votes = run.a.shape
    p = _p_values(world, run)
    statistic = -2 * np.cumsum(np.log(p), axis=1)
    rng = np.random.default_rng(seed)
    looks = np.sort(rng.integers(1, min(100, votes) + 1, (voters, 5)), axis=1)
    value = np.take_along_axis(statistic, looks - 1, axis=1)
    beyond = value >= chdtri(2 * looks, alpha / 5)
    first = looks[np.arange(voters), beyond.argmax(axis=1)]
    return _held(run, np.where(beyond.any(axis=1), first, 0))


def likelihood_filter(world: World, run: Run, alpha: float, *, threshold: float = 0.7) -> Verdict:
    """The vote filter of Min et al. 2025, arXiv 2501.17858, algorithm 1.

    A vote against a model that the board expects to win with more than the threshold is dropped.
    It catches no voters, and drops such votes of honest voters too; `alpha` plays no part.
    """
    strengths = world.prediction.strengths
    p = expit(strengths[run.a] - strengths[run.b])
    against = np.select([run.outcome == A, run.outcome == B], [1 - p, p], 0.0)
    return Verdict(against <= threshold, np.zeros(len(run.a), dtype=np.intp))


DETECTORS: dict[str, Detector] = {
    "none": no_defence,
    "Fisher (Chiang 2024)": fisher,
    "filter (Min 2025)": likelihood_filter,
    "e-process": e_process,
}


def _held(run: Run, detected: Indices) -> Verdict:
    kept = np.broadcast_to((detected == 0)[:, None], run.a.shape)
    return Verdict(kept, detected)


def _p_values(world: World, run: Run) -> NDArray[np.float64]:
    """(1 + past votes of the pair at least as good for a) / (1 + past votes of the pair)."""
    n, table = world.models, world.table
    wins, ties = np.zeros((n, n)), np.zeros((n, n))
    wins[table.first, table.second] = table.first_wins
    wins[table.second, table.first] = table.second_wins
    tied = table.ties + table.both_bad
    ties[table.first, table.second] = ties[table.second, table.first] = tied
    won, drawn = wins[run.a, run.b], ties[run.a, run.b]
    all_votes = won + drawn + wins[run.b, run.a]
    as_good = np.select([run.outcome == A, run.outcome >= TIE], [won, won + drawn], all_votes)
    p: NDArray[np.float64] = (1 + as_good) / (1 + all_votes)
    return p
