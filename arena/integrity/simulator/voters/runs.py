"""What crowds do: the battles they open, and their votes.

All voters of one kind vote in lock-step, one vote each a step, so that ten thousand voters take
seconds.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arena.integrity.simulator.voters.attacks import ATTACKS, Attack
from arena.integrity.simulator.voters.behaviour import Behaviour, Trail, leave_trail
from arena.integrity.simulator.voters.crowds import HONEST, Crowd
from arena.integrity.simulator.voters.drawing import Drawn, draw, seek
from arena.integrity.simulator.voters.weighing import Weighing
from arena.integrity.simulator.world import TIE, Outcomes, World
from arena.integrity.statistics.prediction import Indices

DULL = 0.35  # how far honest voters are likelier to leave the battles of some models, in log-odds
KNOWN_ALPHA = 0.01  # the published threshold, which an adaptive rigger keeps under


@dataclass(frozen=True, slots=True)
class Run:
    """What a crowd did: models and outcome of each vote, shape (voters, votes), in order.

    `battles`, of the same shape, says how many were opened for each vote, and `shown`, shape
    (voters, votes, models), how many of them show each model, as in `TargetSeeking.update`.

    `target`, shape (voters,), is what each rigger wants moved; honest voters have one too, which
    means nothing.
    """

    target: Indices
    a: Indices
    b: Indices
    outcome: Outcomes
    battles: NDArray[np.int16]
    shown: NDArray[np.uint8]
    trail: Trail


def run_honest(world: World, kind: str, voters: int, votes: int, *, seed: int = 0) -> Run:
    """Voters of an honest kind, on pairs drawn uniformly."""
    crowd = Crowd(world, voters, np.random.default_rng(seed))
    HONEST[kind].views(crowd)
    behaviour = HONEST[kind].behaviour
    dull = crowd.rng.uniform(-DULL, DULL, (voters, world.models))

    def cast(step: int, target: Indices) -> tuple[Drawn, Outcomes]:
        drawn = draw(dull, behaviour.passes, crowd.rng)
        return drawn, crowd.honest(drawn.a, drawn.b)

    return _run(crowd, votes, cast, behaviour=behaviour)


def run_attack(
    world: World,
    attack: Attack | str,
    voters: int,
    votes: int,
    *,
    target: int | None = None,
    seed: int = 0,
) -> Run:
    """Attackers with one target, or each with its own from the middle half of the board.

    Accounts that cast few votes each cast those only, whatever `votes` is.

    Args:
        attack: one of `ATTACKS` by its name, or any.
    """
    if isinstance(attack, str):
        attack = ATTACKS[attack]
    crowd = Crowd(world, voters, np.random.default_rng(seed))
    weighing = Weighing.empty(world, voters)
    evenly = np.zeros((voters, world.models))

    def cast(step: int, target: Indices) -> tuple[Drawn, Outcomes]:
        likes = evenly
        if attack.prefers != 1 and step >= attack.honest_first:
            likes = np.log(attack.prefers) * (np.arange(world.models) == target[:, None])
        drawn = draw(likes, attack.behaviour.passes, crowd.rng)
        seeks = crowd.rng.random(voters) < attack.seek
        sought = seek(drawn, target, attack.opponents(target, world.models), crowd.rng)
        if attack.evades_at is not None:
            foreseen = deepcopy(weighing)
            foreseen.choose(sought)
            seeks &= ~_over(attack, foreseen)
        drawn = sought.where(seeks, drawn)
        return drawn, vote(step, target, drawn)

    def vote(step: int, target: Indices, drawn: Drawn) -> Outcomes:
        honest = crowd.honest(drawn.a, drawn.b)
        planned = attack.plan(crowd, step, target, drawn.a, drawn.b)
        follows = crowd.rng.random(voters) < attack.share * attack.classifier
        follows &= step >= attack.honest_first
        outcome = np.where(follows & (planned >= 0), planned, honest)
        if attack.evades_at is None:
            return outcome
        weighing.choose(drawn)

        def dangerous(outcome: Outcomes) -> NDArray[np.bool_]:
            foreseen = deepcopy(weighing)
            foreseen.judge(drawn, outcome)
            return _over(attack, foreseen)

        outcome = np.where(dangerous(outcome), honest, outcome)
        outcome = np.where(dangerous(outcome), TIE, outcome).astype(np.int8)
        weighing.judge(drawn, outcome)
        return outcome

    return _run(crowd, attack.votes or votes, cast, behaviour=attack.behaviour, chosen=target)


def _over(attack: Attack, weighing: Weighing) -> NDArray[np.bool_]:
    """Which careful attackers have more evidence against them than they dare, shape (voters,)."""
    log_e = weighing.log_e()
    if attack.evades_pooled_test:
        log_e = np.maximum(log_e, weighing.of_targets().max(axis=1))
    over: NDArray[np.bool_] = log_e > -(attack.evades_at or 0.0) * np.log(KNOWN_ALPHA)
    return over


def _run(
    crowd: Crowd,
    votes: int,
    cast: Callable[[int, Indices], tuple[Drawn, Outcomes]],
    *,
    behaviour: Behaviour,
    chosen: int | None = None,
) -> Run:
    n, rng = crowd.world.models, crowd.rng
    low, high = (n // 4, n - n // 4) if chosen is None else (chosen, chosen + 1)
    target = np.repeat(rng.integers(low, high, crowd.voters), behaviour.together)[: crowd.voters]
    steps = [cast(step, target) for step in range(votes)]
    a, b, battles = (
        np.stack([getattr(drawn, name) for drawn, _ in steps], axis=1)
        for name in ("a", "b", "battles")
    )
    shown = np.stack([np.minimum(drawn.shown, 255).astype(np.uint8) for drawn, _ in steps], axis=1)
    return Run(
        target,
        a,
        b,
        np.stack([outcome for _, outcome in steps], axis=1),
        battles.astype(np.int16),
        shown,
        leave_trail(behaviour, crowd.voters, votes, rng),
    )
