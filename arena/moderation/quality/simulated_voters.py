"""Simulated voters whose evidence would open a case, for the blind quality check.

They come from the attack simulator (`arena.integrity.simulator`): riggers, and honest voters whose
taste looks suspicious. They vote on every battle that they open, and the current board decides how.
Each vote gets the conversation of a public battle of the same two models, on the same sides. A vote
without such a conversation is left out; the voters simulated here cast their other votes
independently of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arena.integrity.simulator.voters.behaviour import DAY
from arena.integrity.simulator.voters.runs import Run, run_attack, run_honest
from arena.integrity.simulator.world import TIE, World, picked_a
from arena.integrity.statistics.board import predict
from arena.integrity.statistics.prediction import Floats
from arena.integrity.statistics.voter.preference import Alternative, PreferenceEvidence
from ratings.engine import OUTCOMES, PairTable

RIGGERS = (
    *("target-only", "target-only, 25% honest", "target-only, 50% honest", "demotion of a rival"),
    *("omnipresent", "omnipresent, 50% honest", "random bot", "always-A bot"),
)
HONEST = ("style lovers", "one language", "experts")
"""Kinds of attacks by single voters whose order of votes gaps do not break."""

VOTES = 300
FEWEST = 10  # votes with evidence in a case
ANSWERED = 15.0  # least seconds from a prompt to the end of its answers
RIGGERS_AT_ONCE, HONEST_AT_ONCE = 50, 300
TRIES = 5  # of each kind: few honest voters are ever suspected, especially on large boards
HOURS_AWAY = 9  # largest difference of a voter's time from UTC
BOTH_BAD = OUTCOMES.index("both_bad")  # half of the ties: the e-process does not distinguish them

Texts = Mapping[tuple[int, int], Sequence[int]]
"""Votes with public texts, by the places of the models on sides a and b."""


@dataclass(frozen=True, slots=True)
class Cast:
    """A simulated vote: places of the models, seconds, and its evidence.

    `texts` is the vote whose conversation it shows. `at` counts from the midnight before the vote
    that made its voter a suspect; it is negative on earlier days.
    """

    texts: int
    a: int
    b: int
    outcome: int
    at: float
    seconds: float
    difference: float
    log_e: float


@dataclass(frozen=True, slots=True)
class Suspect:
    """A simulated voter: a suspect after the first `suspected` votes, who voted on for a while."""

    kind: str
    votes: list[Cast]
    suspected: int
    alternative: Alternative


def suspect(
    table: PairTable, texts: Texts, *, rigs: bool, alpha: float, rng: np.random.Generator
) -> Suspect | None:
    """A rigger or an honest voter whose e-value reaches 1 / alpha; None if no e-value did."""
    if sum(map(len, texts.values())) < FEWEST:
        return None
    prediction = predict(table)
    styles = rng.standard_normal(len(prediction.strengths))
    world = World(prediction.strengths, table, prediction, styles)
    known = np.zeros((world.models, world.models), dtype=np.int16)
    for pair, found in texts.items():
        known[pair] = len(found)
    for kind in np.tile(rng.permutation(RIGGERS if rigs else HONEST), TRIES):
        seed = int(rng.integers(2**32))
        if rigs:
            run = run_attack(world, kind, RIGGERS_AT_ONCE, VOTES, seed=seed)
        else:
            run = run_honest(world, kind, HONEST_AT_ONCE, VOTES, seed=seed)
        weighed = _weighed(world, run, known, alpha)
        if weighed is not None:
            return _suspect(world, weighed, str(kind), texts=texts, rng=rng)
    return None


@dataclass(frozen=True, slots=True)
class _Weighed:
    """The votes of a crowd, which of them have a conversation, and the step at which each voter
    became a suspect (0: never)."""

    run: Run
    kept: NDArray[np.bool_]
    suspected: NDArray[np.intp]


def _weighed(world: World, run: Run, known: NDArray[np.int16], alpha: float) -> _Weighed | None:
    voters, steps = run.a.shape
    voter = np.arange(voters)
    used = np.zeros((voters, *known.shape), dtype=np.int16)
    evidence = PreferenceEvidence(voters, world.models)
    kept = np.zeros((voters, steps), dtype=bool)
    suspected = np.zeros(voters, dtype=np.intp)
    for step in range(steps):
        a, b = run.a[:, step], run.b[:, step]
        kept[:, step] = used[voter, a, b] < known[a, b]
        used[voter, a, b] += 1
        picked = np.where(kept[:, step], picked_a(run.outcome[:, step]), np.nan)
        evidence.update(world.prediction.expected(a, b), a, b, picked)
        suspected[evidence.reached(-np.log(alpha)) & (suspected == 0)] = step + 1
    enough = np.cumsum(kept, axis=1)[voter, np.maximum(suspected - 1, 0)] >= FEWEST
    suspected[~enough] = 0
    return _Weighed(run, kept, suspected) if suspected.any() else None


def _suspect(
    world: World, weighed: _Weighed, kind: str, *, texts: Texts, rng: np.random.Generator
) -> Suspect:
    """One of the suspects, with some votes after the one that made them a suspect."""
    run = weighed.run
    voter = int(rng.choice(np.flatnonzero(weighed.suspected)))
    steps = np.flatnonzero(weighed.kept[voter])
    suspected = int(np.searchsorted(steps, weighed.suspected[voter]))
    steps = steps[: suspected + int(rng.integers(1, max(suspected // 2, 2)))]
    hours = rng.integers(-HOURS_AWAY, HOURS_AWAY + 1)
    seconds = np.maximum(run.trail.reading[voter, steps], 0.3)
    at = _apart(run.trail.at[voter, steps], seconds + ANSWERED) + 3600 * hours
    at -= np.floor(at[suspected - 1] / DAY) * DAY
    left = {pair: list(rng.permutation(np.array(found))) for pair, found in texts.items()}
    evidence = PreferenceEvidence(1, world.models)
    votes = []
    for moment, took, step in zip(at, seconds, steps, strict=True):
        a, b, outcome = run.a[voter, [step]], run.b[voter, [step]], run.outcome[voter, [step]]
        expected = world.prediction.expected(a, b)
        evidence.update(expected, a, b, picked_a(outcome))
        votes.append(
            Cast(
                texts=int(left[int(a[0]), int(b[0])].pop()),
                a=int(a[0]),
                b=int(b[0]),
                outcome=BOTH_BAD if outcome[0] == TIE and rng.random() < 0.5 else int(outcome[0]),
                at=float(moment),
                seconds=float(took),
                difference=float(expected.difference[0]),
                log_e=float(evidence.log_e()[0]),
            )
        )
    return Suspect(kind, votes, suspected, evidence.strongest())


def _apart(at: Floats, least: Floats) -> Floats:
    """The moments, moved so that each is at least `least` seconds after the one before."""
    from_first = np.cumsum(least)
    moved: Floats = np.maximum.accumulate(at - from_first) + from_first
    return moved
