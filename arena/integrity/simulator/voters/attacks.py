"""Published ways to rig, and some that nobody published."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arena.integrity.simulator.voters.behaviour import Behaviour
from arena.integrity.simulator.voters.crowds import ORDINARY, Crowd
from arena.integrity.simulator.voters.drawing import (
    Opponents,
    any_other,
    stronger,
    top_ten,
    weaker,
)
from arena.integrity.simulator.world import BOTH_BAD, TIE, TIES, A, B, Outcomes
from arena.integrity.statistics.prediction import Indices
from arena.integrity.statistics.voter.preference import NullHypothesis
from arena.integrity.statistics.voter.target_seeking import MAX_HONEST_ODDS_RATIO

CLASSIFIER = 0.95  # how often a rigger recognises a model

Plan = Callable[[Crowd, int, Indices, Indices, Indices], Outcomes]
"""The votes of a crowd at a step, by target, a and b; -1 where it votes honestly."""


@dataclass(frozen=True, slots=True)
class Attack:
    """A way to rig: the votes that it casts, and how it gets the battles it wants.

    Attributes:
        plan: the votes that follow the plan.
        seek: share of the votes for which it abandons battles until one shows the target beside one
            of the `opponents`.
        share: share of the votes that follow the plan; the others are honest.
        evades_at: share of the logarithm of the threshold that the attacker's own e-value never
            exceeds: it then seeks no target, and votes honestly, or a tie if that is too much too.
        evades_pooled_test: keep the e-value for each single target below that as well.
        honest_first: number of honest votes at first.
        behaviour: how it uses the arena; accounts of one rigger (`together`) have one target.
        votes: how many votes each account casts; None if that is up to the caller.
        prefers: factor of the odds of voting on the target's battles among those opened unsought.
        classifier: share of the battles in which it recognises the target.
    """

    plan: Plan
    seek: float = 0.0
    opponents: Opponents = any_other
    share: float = 1.0
    evades_at: float | None = None
    evades_pooled_test: bool = False
    honest_first: int = 0
    behaviour: Behaviour = ORDINARY
    votes: int | None = None
    prefers: float = 1.0
    classifier: float = CLASSIFIER


def _for_target(_: Crowd, step: int, target: Indices, a: Indices, b: Indices) -> Outcomes:
    """Votes for its target where it recognises it, else honestly (-1)."""
    return np.select([a == target, b == target], [A, B], -1).astype(np.int8)


def _against_rival(_: Crowd, step: int, target: Indices, a: Indices, b: Indices) -> Outcomes:
    return np.select([a == target, b == target], [B, A], -1).astype(np.int8)


def _tie_with(opponents: Opponents, outcome: int = TIE) -> Plan:
    """Calls a tie, or both bad, in every battle of its target with one of these."""

    def plan(crowd: Crowd, step: int, target: Indices, a: Indices, b: Indices) -> Outcomes:
        return np.where(_meets(opponents, crowd, target, a, b), outcome, -1).astype(np.int8)

    return plan


def _tie_for_losses(crowd: Crowd, step: int, target: Indices, a: Indices, b: Indices) -> Outcomes:
    """Votes honestly, but calls a tie where its target loses."""
    honest = crowd.honest(a, b)
    lost = ((a == target) & (honest == B)) | ((b == target) & (honest == A))
    return np.where(lost, TIE, honest).astype(np.int8)


def _bad_for_wins(crowd: Crowd, step: int, target: Indices, a: Indices, b: Indices) -> Outcomes:
    """Votes honestly, but says that both are bad where its rival wins."""
    honest = crowd.honest(a, b)
    won = ((a == target) & (honest == A)) | ((b == target) & (honest == B))
    return np.where(won, BOTH_BAD, honest).astype(np.int8)


def _meets(
    opponents: Opponents, crowd: Crowd, target: Indices, a: Indices, b: Indices
) -> NDArray[np.bool_]:
    """Whether the target meets one of these opponents."""
    low, high = opponents(target, crowd.world.models)
    beside_b: NDArray[np.bool_] = (a == target) & (low <= b) & (b < high)
    beside_a: NDArray[np.bool_] = (b == target) & (low <= a) & (a < high)
    return beside_a | beside_b


def _for_target_else_tie(
    crowd: Crowd, step: int, target: Indices, a: Indices, b: Indices
) -> Outcomes:
    """Votes for its target, and calls all others ties in place of leaving them."""
    return np.select([a == target, b == target], [A, B], TIE).astype(np.int8)


def _omnipresent(crowd: Crowd, step: int, target: Indices, a: Indices, b: Indices) -> Outcomes:
    """Whichever outcome lifts its target on the board as it stands."""
    c = crowd.world.prediction.covariance
    return np.where(c[target, a] > c[target, b], A, B).astype(np.int8)


def _at_the_edge(crowd: Crowd, step: int, target: Indices, a: Indices, b: Indices) -> Outcomes:
    """Decides as an honest voter might who likes the target as much as the null allows."""
    decided = np.full(crowd.voters, (1 - TIES) * step)
    low, high = NullHypothesis().bounds(crowd.world.prediction.expected(a, b), decided)
    picks_a = crowd.rng.random(crowd.voters) < np.where(a == target, high, low)
    shows = (a == target) | (b == target)
    return np.where(shows, np.where(picks_a, A, B), -1).astype(np.int8)


def _at_random(crowd: Crowd, step: int, target: Indices, a: Indices, b: Indices) -> Outcomes:
    return crowd.rng.integers(0, 2, crowd.voters).astype(np.int8)


def _always_a(crowd: Crowd, step: int, target: Indices, a: Indices, b: Indices) -> Outcomes:
    return np.zeros(crowd.voters, dtype=np.int8)


def _replay(crowd: Crowd, step: int, target: Indices, a: Indices, b: Indices) -> Outcomes:
    """Plays ten recorded clicks over and over, each voter its own."""
    script = (target[:, None] * 613 + np.arange(crowd.voters)[:, None] * 389) >> np.arange(10) & 1
    return script[:, step % 10].astype(np.int8)


_HASTY = Behaviour(passes=0.8)
"""Opens 3.7 battles a vote, and 6 at most."""

_MACHINE = Behaviour(session=500, hurried=1.0, spread=0.1, awake=False, passes=0.0)
_SCRIPTED = Behaviour(
    session=500,
    hurried=1.0,
    spread=0.1,
    awake=False,
    prompts=5,
    common=1.0,
    repeated=0.0,
    passes=0.0,
)


def _sybils(accounts: int, alike: float = 0.6) -> Behaviour:
    """Accounts of one rigger: most behind three networks, half of the prompts from one list.

    A share `alike` of them has one of the rigger's two browsers; the others have any, as honest
    voters do.
    """
    return Behaviour(
        together=accounts,
        networks=3,
        behind=0.6,
        devices=2,
        alike=alike,
        prompts=6,
        common=0.5,
        popular=0.05,
    )


BY_TIES: dict[str, Attack] = {
    "ties with the top ten": Attack(_tie_with(top_ten), seek=1.0, opponents=top_ten),
    "ties with the top ten, 50% honest": Attack(_tie_with(top_ten), seek=0.5, opponents=top_ten),
    "ties with stronger models": Attack(_tie_with(stronger), seek=1.0, opponents=stronger),
    "ties with stronger models, 50% honest": Attack(
        _tie_with(stronger), seek=0.5, opponents=stronger
    ),
    "ties instead of losses": Attack(_tie_for_losses, seek=1.0),
    "ties instead of losses, 50% honest": Attack(_tie_for_losses, seek=0.5),
    "both bad instead of a rival's wins": Attack(_bad_for_wins, seek=1.0),
    "both bad instead of a rival's wins, 50% honest": Attack(_bad_for_wins, seek=0.5),
    "both bad for a rival and weaker models": Attack(
        _tie_with(weaker, BOTH_BAD), seek=1.0, opponents=weaker
    ),
}
"""Attacks that decide no battle of their target, or as an honest voter would."""

ATTACKS: dict[str, Attack] = {
    "target-only": Attack(_for_target, seek=1.0),
    "target-only, selective in 20%": Attack(_for_target, seek=0.2),
    "target-only, 25% honest": Attack(_for_target, seek=1.0, share=0.75),
    "target-only, 50% honest": Attack(_for_target, seek=1.0, share=0.5),
    "target-only, 75% honest": Attack(_for_target, seek=1.0, share=0.25),
    "target-only, 90% honest": Attack(_for_target, seek=1.0, share=0.1),
    "target-only, non-selective": Attack(_for_target),
    "target-only, low rate": Attack(
        _for_target, seek=0.3, behaviour=Behaviour(session=1, days_between=0.4)
    ),
    "target-only, evades the single-voter test": Attack(_for_target, seek=1.0, evades_at=0.8),
    "target-only, evades all tests": Attack(
        _for_target, seek=1.0, evades_at=0.8, evades_pooled_test=True
    ),
    "target-only, mildly selective, 90% classifier": Attack(
        _for_target, prefers=1e9, classifier=0.9, behaviour=_HASTY
    ),
    "demotion of a rival": Attack(_against_rival, seek=1.0),
    "omnipresent": Attack(_omnipresent),
    "omnipresent, 50% honest": Attack(_omnipresent, share=0.5),
    "omnipresent, 90% honest": Attack(_omnipresent, share=0.1),
    "omnipresent, evades the single-voter test": Attack(_omnipresent, evades_at=0.8),
    "omnipresent after 50 honest votes": Attack(_omnipresent, honest_first=50),
    "preference at the honest limit": Attack(
        _at_the_edge, prefers=MAX_HONEST_ODDS_RATIO, behaviour=_HASTY
    ),
    **BY_TIES,
    "target-only, ties elsewhere": Attack(_for_target_else_tie),
    "random bot": Attack(_at_random, behaviour=_MACHINE),
    "always-A bot": Attack(_always_a, behaviour=_MACHINE),
    "replay bot": Attack(_replay, behaviour=_SCRIPTED),
    "sybils of 1 vote": Attack(_for_target, seek=1.0, votes=1, behaviour=_sybils(200)),
    "sybils of 1 vote, any browser": Attack(
        _for_target, seek=1.0, votes=1, behaviour=_sybils(200, alike=0.0)
    ),
    "sybils of 5 votes": Attack(_for_target, seek=1.0, votes=5, behaviour=_sybils(40)),
    "sybils of 20 votes": Attack(_for_target, seek=1.0, share=0.5, votes=20, behaviour=_sybils(10)),
}
