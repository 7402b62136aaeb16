"""Compute detection rates, and how far the board moves, for each attack and defence."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arena.integrity.simulator.voters.attacks import ATTACKS
from arena.integrity.simulator.voters.detectors import (
    e_process,
    fisher,
    likelihood_filter,
    no_defence,
    weighed,
)
from arena.integrity.simulator.voters.mixture import mix
from arena.integrity.simulator.voters.runs import Run, run_attack, run_honest
from arena.integrity.simulator.world import Moved, World, shift
from arena.integrity.statistics.collusion.rings import communities, find_groups
from arena.integrity.statistics.collusion.targets import identified, pooled
from arena.integrity.statistics.prediction import Floats

AT_ONCE = 500  # voters simulated side by side, for the memory's sake
RIGGED_VOTES = 1000
GANG = 10  # accounts that cast them, where an account casts many
BACKGROUND = {"crowd": 600, "style lovers": 200, "careless": 200, "offices": 160, "classes": 200}
BACKGROUND_VOTES = 20
HEAVY = [(kind, 100, 150) for kind in ("crowd", "style lovers", "experts", "one language")]

LOOKS = (20, 100, 500)
"""Numbers of votes of one account after which the detection rate is reported."""

FEW_VOTES = [name for name, attack in ATTACKS.items() if attack.votes]
"""Attacks by many accounts that each cast few votes."""


@dataclass(frozen=True, slots=True)
class HonestFigures:
    """Shares of the honest voters of a kind that are held, and of their votes that are lost."""

    held: float
    held_by_fisher: float
    lost_to_filter: float


@dataclass(frozen=True, slots=True)
class AttackFigures:
    """What becomes of an attack.

    `detected` is the share of the attackers, `after` the median of their votes until then (NaN if
    none is detected), `votes_before_detection` the mean of the votes cast before, the uncaught
    ones' included. `moved` says for each defence how far 1,000 such votes of ten accounts move one
    target. `coordinated` is the share of the ten that are held, alone or by the pooled test among
    honest voters, and `bystanders` the share of those that the pooled test names with them.
    """

    detected: float
    detected_by_fisher: float
    after: float
    votes_before_detection: float
    coordinated: float
    bystanders: float
    moved: dict[str, Moved]


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """Sybils in a crowd: shares held, and right among those held; how far they move a target."""

    recall: float
    precision: float
    found_alone: float
    moved: dict[str, Moved]


def honest_figures(
    world: World, kind: str, voters: int, votes: int, *, alpha: float, seed: int
) -> HonestFigures:
    """Of an honest kind of voters."""
    counted: list[NDArray[np.float64]] = []
    for part, first in enumerate(range(0, voters, AT_ONCE)):
        size = min(AT_ONCE, voters - first)
        run = run_honest(world, kind, size, votes, seed=seed + 1000 * part)
        held = [np.sum(detect(world, run, alpha).detected > 0) for detect in (e_process, fisher)]
        lost = np.sum(~likelihood_filter(world, run, alpha).kept) / votes
        counted.append(np.array([*held, lost]))
    ours, by_fisher, filtered = np.sum(counted, axis=0) / voters
    return HonestFigures(float(ours), float(by_fisher), float(filtered))


def honest_targets(world: World, *, alpha: float, seed: int) -> Floats:
    """Log-e-values of honest voters of several kinds for each target, shape (voters, targets)."""
    runs = [
        run_honest(world, kind, voters, votes, seed=seed + place)
        for place, (kind, voters, votes) in enumerate(
            [*((kind, n, BACKGROUND_VOTES) for kind, n in BACKGROUND.items()), *HEAVY]
        )
    ]
    return np.concatenate([weighed(world, run, alpha)[0] for run in runs])


def attack_figures(
    world: World, name: str, voters: int, votes: int, *, honest: Floats, alpha: float, seed: int
) -> AttackFigures:
    """Of attackers who each vote much, every one with a target of its own.

    `honest`, from `honest_targets`, is what the honest voters in the pool show.
    """
    run = run_attack(world, name, voters, votes, seed=seed)
    detected = e_process(world, run, alpha).detected
    gang = run_attack(
        world, name, GANG, RIGGED_VOTES // GANG, target=world.models * 2 // 5, seed=seed + 1
    )
    log_e, alone = weighed(world, gang, alpha)
    pool = pooled(honest) + pooled(log_e)
    held = (alone > 0) | identified(log_e, pool, alpha).any(axis=1)
    return AttackFigures(
        detected=float(np.mean(detected > 0)),
        detected_by_fisher=float(np.mean(fisher(world, run, alpha).detected > 0)),
        after=float(np.median(detected[detected > 0])) if detected.any() else np.nan,
        votes_before_detection=float(np.where(detected > 0, detected, votes).mean()),
        coordinated=float(held.mean()),
        bystanders=float(identified(honest, pool, alpha).any(axis=1).mean()),
        moved=_moved(world, gang, alpha, np.repeat(~held[:, None], gang.a.shape[1], axis=1)),
    )


def found_within(
    world: World, name: str, voters: int, *, alpha: float, seed: int
) -> tuple[list[float], float]:
    """Shares of single accounts that are found within so many votes (`LOOKS`), and the median of
    the votes until then, NaN if nobody is found."""
    detected = e_process(
        world, run_attack(world, name, voters, LOOKS[-1], seed=seed), alpha
    ).detected
    shares = [float(np.mean((detected > 0) & (detected <= look))) for look in LOOKS]
    return shares, float(np.median(detected[detected > 0])) if detected.any() else np.nan


def group_figures(world: World, name: str, voters: int, *, alpha: float, seed: int) -> GroupFigures:
    """Of sybils among honest voters, offices and classes."""
    honest = [
        run_honest(world, kind, n, BACKGROUND_VOTES, seed=seed + place)
        for place, (kind, n) in enumerate(BACKGROUND.items())
    ]

    def found(riggers: Run) -> NDArray[np.bool_]:
        """Which voters are held, alone or with a group, the riggers last."""
        mixture = mix(honest, [riggers])
        linked = communities(mixture.sightings)
        runs = [*honest, riggers]
        named = np.concatenate([e_process(world, run, alpha).detected > 0 for run in runs])
        for group in find_groups(mixture.votes, linked, lambda _: world.prediction, alpha):
            named[group.involved] = True
        return named

    run = run_attack(world, name, voters, 0, seed=seed + 10)
    named, each = found(run), run.a.shape[1]
    gang = run_attack(
        world, name, RIGGED_VOTES // each, 0, target=world.models * 2 // 5, seed=seed + 11
    )
    free = ~found(gang)[-len(gang.a) :]
    return GroupFigures(
        recall=float(named[-voters:].mean()),
        precision=float(named[-voters:].sum() / max(1, named.sum())),
        found_alone=float(np.mean(e_process(world, run, alpha).detected > 0)),
        moved=_moved(world, gang, alpha, np.repeat(free[:, None], each, axis=1)),
    )


def _moved(
    world: World, gang: Run, alpha: float, kept_by_us: NDArray[np.bool_]
) -> dict[str, Moved]:
    kept = {
        "none": no_defence(world, gang, alpha).kept,
        "Fisher": fisher(world, gang, alpha).kept,
        "filter": likelihood_filter(world, gang, alpha).kept,
        "ours": kept_by_us,
    }
    return {name: _shift(world, gang, mask) for name, mask in kept.items()}


def _shift(world: World, gang: Run, kept: NDArray[np.bool_]) -> Moved:
    target = int(gang.target[0])
    return shift(world, target, gang.a[kept], gang.b[kept], gang.outcome[kept])
