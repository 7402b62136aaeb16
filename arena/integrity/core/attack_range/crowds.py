"""Honest voters of many kinds, and published ways to rig, simulated side by side.

All voters of one kind vote in lock-step, one vote each a step, so that ten thousand voters take
seconds.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from arena.integrity.core.attack_range.drawing import Drawn, draw, seek
from arena.integrity.core.attack_range.habits import Habits, Trail, leave_trail
from arena.integrity.core.attack_range.world import (
    TIE,
    TIES,
    A,
    B,
    Outcomes,
    World,
    draw_outcomes,
    picked_a,
)
from arena.integrity.core.combined import of_targets
from arena.integrity.core.preference import Evidence, Floats, Honesty, Indices
from arena.integrity.core.seeking import FREELY, Seeking

CLASSIFIER = 0.95  # how often a rigger recognises a model
DULL = 0.35  # how far honest voters are likelier to leave the battles of some models, in log-odds
KNOWN_ALPHA = 0.01  # the published threshold, which an adaptive rigger keeps under
ORDINARY = Habits()


@dataclass(slots=True)
class Crowd:
    """Voters of one kind, and how each of them sees the models.

    An honest vote has log-odds `contrast` times the true difference plus the difference of
    `taste`, shape (voters, models); a share `lapse` of the votes is cast without looking.
    """

    world: World
    voters: int
    rng: np.random.Generator
    taste: Floats = field(init=False)
    contrast: Floats = field(init=False)
    lapse: float = 0.0

    def __post_init__(self) -> None:
        self.taste = np.zeros((self.voters, self.world.models))
        self.contrast = np.ones(self.voters)

    def honest(self, a: Indices, b: Indices) -> Outcomes:
        voter = np.arange(self.voters)
        difference = self.contrast * (self.world.truth[a] - self.world.truth[b])
        outcome = draw_outcomes(difference + self.taste[voter, a] - self.taste[voter, b], self.rng)
        blind = self.rng.integers(0, 3, self.voters).astype(np.int8)
        return np.where(self.rng.random(self.voters) < self.lapse, blind, outcome)


def _see_as_all(crowd: Crowd) -> None:
    """Sees what everybody sees."""


def _love_styles(crowd: Crowd) -> None:
    """Two clusters: one likes a style that some models have, the other dislikes it."""
    side = crowd.rng.choice([-1.0, 1.0], (crowd.voters, 1))
    crowd.taste = 0.6 * side * crowd.world.styles


def _see_faintly(crowd: Crowd) -> None:
    """Sees differences fainter, and lapses now and then."""
    crowd.contrast[:] = 0.7
    crowd.lapse = 0.1


def _hurry(crowd: Crowd) -> None:
    """A third of the votes is cast without looking."""
    crowd.lapse = 1 / 3


def _see_sharply(crowd: Crowd) -> None:
    """See differences sharper than the crowd."""
    crowd.contrast[:] = 1.5


def _speak_another_language(crowd: Crowd) -> None:
    """Ask in a language in which the models' strengths differ from the board's."""
    crowd.taste = 0.5 * crowd.rng.standard_normal((crowd.voters, crowd.world.models))


@dataclass(frozen=True, slots=True)
class Honest:
    """An honest kind: how it sees the models, and how it uses the arena."""

    views: Callable[[Crowd], None]
    habits: Habits = ORDINARY


HONEST: dict[str, Honest] = {
    "crowd": Honest(_see_as_all),
    "style lovers": Honest(_love_styles),
    "noisy": Honest(_see_faintly),
    "careless": Honest(_hurry, Habits(hurried=1 / 3)),
    "experts": Honest(_see_sharply),
    "one language": Honest(_speak_another_language),
    "heavy, in bursts": Honest(_see_as_all, Habits(session=60, days_between=0.3, repeated=0.3)),
    "choosy": Honest(_see_as_all, Habits(passes=0.7)),
    "offices": Honest(_see_as_all, Habits(together=8, behind=0.9, devices=2, alike=0.7)),
    "classes": Honest(
        _see_faintly,
        Habits(
            together=25,
            behind=0.8,
            devices=2,
            alike=0.8,
            prompts=10,
            common=0.8,
            session=12,
            hurried=0.2,
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Attack:
    """A way to rig: the votes it casts, and how often it gets the battles it wants.

    `seek` is the share of its votes for which it opens battles until one shows its target and
    passes the others over; `share` is the share of its votes that follow the plan. Of the battles
    that it opens without seeking it votes on one of its target's with `prefers` times the odds of
    others. It recognises its target in a share `classifier` of the battles. `careful`, if
    given, is the share of the threshold (of its logarithm) that no vote may take the attacker's own
    e-value over: it then seeks no target, and votes honestly, or a tie if that is too much too;
    with `wary` no vote may take the e-value of any one target over it either. The first `asleep`
    votes are honest. Accounts of one rigger, `habits.together`, have one target; `votes` is how
    many each account casts, if that is all it casts.
    """

    plan: Callable[[Crowd, int, Indices, Indices, Indices], Outcomes]
    seek: float = 0.0
    share: float = 1.0
    careful: float | None = None
    wary: bool = False
    asleep: int = 0
    habits: Habits = ORDINARY
    votes: int | None = None
    prefers: float = 1.0
    classifier: float = CLASSIFIER


def _for_target(_: Crowd, step: int, target: Indices, a: Indices, b: Indices) -> Outcomes:
    """Votes for its target where it recognises it, else honestly (-1)."""
    return np.select([a == target, b == target], [A, B], -1).astype(np.int8)


def _against_rival(_: Crowd, step: int, target: Indices, a: Indices, b: Indices) -> Outcomes:
    return np.select([a == target, b == target], [B, A], -1).astype(np.int8)


def _omnipresent(crowd: Crowd, step: int, target: Indices, a: Indices, b: Indices) -> Outcomes:
    """Whichever outcome lifts its target on the board as it stands."""
    c = crowd.world.prediction.covariance
    return np.where(c[target, a] > c[target, b], A, B).astype(np.int8)


def _at_the_edge(crowd: Crowd, step: int, target: Indices, a: Indices, b: Indices) -> Outcomes:
    """Decides as an honest voter might who likes the target as much as the null allows."""
    decided = np.full(crowd.voters, (1 - TIES) * step)
    low, high = Honesty().bounds(crowd.world.prediction.expected(a, b), decided)
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


_HASTY = Habits(passes=0.8)
"""Opens 3.7 battles a vote, and 6 at most."""

_MACHINE = Habits(session=500, hurried=1.0, spread=0.1, awake=False, passes=0.0)
_SCRIPTED = Habits(
    session=500,
    hurried=1.0,
    spread=0.1,
    awake=False,
    prompts=5,
    common=1.0,
    repeated=0.0,
    passes=0.0,
)


def _sybils(accounts: int, alike: float = 0.6) -> Habits:
    """Accounts of one rigger: most behind three networks, half of the prompts from one list.

    A share `alike` of them has one of the rigger's two browsers; the others tell of any, as honest
    voters have them.
    """
    return Habits(
        together=accounts,
        networks=3,
        behind=0.6,
        devices=2,
        alike=alike,
        prompts=6,
        common=0.5,
        popular=0.05,
    )


ATTACKS: dict[str, Attack] = {
    "target-only": Attack(_for_target, seek=1.0),
    "target-only, 1 battle in 5": Attack(_for_target, seek=0.2),
    "target-only, 3/4 rigged": Attack(_for_target, seek=1.0, share=0.75),
    "target-only, half honest": Attack(_for_target, seek=1.0, share=0.5),
    "target-only, a quarter": Attack(_for_target, seek=1.0, share=0.25),
    "target-only, a tenth": Attack(_for_target, seek=1.0, share=0.1),
    "target-only, seeks nothing": Attack(_for_target),
    "target-only, slow drip": Attack(
        _for_target, seek=0.3, habits=Habits(session=1, days_between=0.4)
    ),
    "target-only, adaptive": Attack(_for_target, seek=1.0, careful=0.8),
    "target-only, wary of all": Attack(_for_target, seek=1.0, careful=0.8, wary=True),
    "target-only, classifier of 90%, under 5 battles": Attack(
        _for_target, prefers=1e9, classifier=0.9, habits=_HASTY
    ),
    "demotion of a rival": Attack(_against_rival, seek=1.0),
    "omnipresent": Attack(_omnipresent),
    "omnipresent, half honest": Attack(_omnipresent, share=0.5),
    "omnipresent, a tenth": Attack(_omnipresent, share=0.1),
    "omnipresent, adaptive": Attack(_omnipresent, careful=0.8),
    "omnipresent after 50 honest": Attack(_omnipresent, asleep=50),
    "rider at the edge of the null": Attack(_at_the_edge, prefers=FREELY, habits=_HASTY),
    "random bot": Attack(_at_random, habits=_MACHINE),
    "always-A bot": Attack(_always_a, habits=_MACHINE),
    "replay bot": Attack(_replay, habits=_SCRIPTED),
    "sybils of 1 vote": Attack(_for_target, seek=1.0, votes=1, habits=_sybils(200)),
    "sybils of 1 vote, any browsers": Attack(
        _for_target, seek=1.0, votes=1, habits=_sybils(200, alike=0.0)
    ),
    "sybils of 5 votes": Attack(_for_target, seek=1.0, votes=5, habits=_sybils(40)),
    "sybils of 20 votes": Attack(_for_target, seek=1.0, share=0.5, votes=20, habits=_sybils(10)),
}


@dataclass(frozen=True, slots=True)
class Run:
    """What a crowd did: models and outcome of each vote, shape (voters, votes), in order.

    `battles`, of the same shape, says how many were opened for each vote, and `shown`, shape
    (voters, votes, models), how many of them show each model, as in `Seeking.update`.

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
    habits = HONEST[kind].habits
    dull = crowd.rng.uniform(-DULL, DULL, (voters, world.models))

    def cast(step: int, target: Indices) -> tuple[Drawn, Outcomes]:
        drawn = draw(dull, habits.passes, crowd.rng)
        return drawn, crowd.honest(drawn.a, drawn.b)

    return _run(crowd, votes, cast, habits=habits)


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
    evidence, seeking = Evidence(voters, world.models), Seeking(voters, world.models)
    evenly = np.zeros((voters, world.models))

    def cast(step: int, target: Indices) -> tuple[Drawn, Outcomes]:
        likes = evenly
        if attack.prefers != 1 and step >= attack.asleep:
            likes = np.log(attack.prefers) * (np.arange(world.models) == target[:, None])
        drawn = draw(likes, attack.habits.passes, crowd.rng)
        seeks = crowd.rng.random(voters) < attack.seek
        sought = seek(drawn, target, crowd.rng)
        if attack.careful is not None:
            seeks &= ~_over(attack, evidence, _decided(seeking, sought, evenly[:, 0]))
        drawn = sought.where(seeks, drawn)
        return drawn, vote(step, target, drawn)

    def vote(step: int, target: Indices, drawn: Drawn) -> Outcomes:
        a, b = drawn.a, drawn.b
        honest = crowd.honest(a, b)
        planned = attack.plan(crowd, step, target, a, b)
        follows = crowd.rng.random(voters) < attack.share * attack.classifier
        follows &= step >= attack.asleep
        outcome = np.where(follows & (planned >= 0), planned, honest)
        if attack.careful is None:
            return outcome
        expected = world.prediction.expected(a, b)

        def dangerous(outcome: Outcomes) -> NDArray[np.bool_]:
            foreseen = deepcopy(evidence)
            foreseen.update(expected, a, b, picked_a(outcome))
            return _over(attack, foreseen, _decided(seeking, drawn, picked_a(outcome)))

        outcome = np.where(dangerous(outcome), honest, outcome)
        outcome = np.where(dangerous(outcome), TIE, outcome).astype(np.int8)
        evidence.update(expected, a, b, picked_a(outcome))
        seeking.update(drawn.battles, drawn.shown, a, b, picked_a(outcome))
        return outcome

    return _run(crowd, attack.votes or votes, cast, habits=attack.habits, chosen=target)


def _decided(seeking: Seeking, drawn: Drawn, picked: Floats) -> Seeking:
    """What there would be if these votes were cast."""
    foreseen = deepcopy(seeking)
    foreseen.update(drawn.battles, drawn.shown, drawn.a, drawn.b, picked)
    return foreseen


def _over(attack: Attack, evidence: Evidence, seeking: Seeking) -> NDArray[np.bool_]:
    """Which careful attackers have more evidence against them than they dare, shape (voters,)."""
    log_e = evidence.log_e() + seeking.log_e()
    if attack.wary:
        log_e = np.maximum(log_e, of_targets(evidence, seeking).max(axis=1))
    over: NDArray[np.bool_] = log_e > -(attack.careful or 0.0) * np.log(KNOWN_ALPHA)
    return over


def _run(
    crowd: Crowd,
    votes: int,
    cast: Callable[[int, Indices], tuple[Drawn, Outcomes]],
    *,
    habits: Habits,
    chosen: int | None = None,
) -> Run:
    n, rng = crowd.world.models, crowd.rng
    low, high = (n // 4, n - n // 4) if chosen is None else (chosen, chosen + 1)
    target = np.repeat(rng.integers(low, high, crowd.voters), habits.together)[: crowd.voters]
    steps = [cast(step, target) for step in range(votes)]
    a, b, battles = (
        np.stack([getattr(drawn, name) for drawn, _ in steps], axis=1)
        for name in ("a", "b", "battles")
    )
    shown = np.stack([drawn.shown.astype(np.uint8) for drawn, _ in steps], axis=1)
    return Run(
        target,
        a,
        b,
        np.stack([outcome for _, outcome in steps], axis=1),
        battles.astype(np.int16),
        shown,
        leave_trail(habits, crowd.voters, votes, rng),
    )
