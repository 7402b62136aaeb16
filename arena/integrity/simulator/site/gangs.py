"""All attacks by the accounts of one rigger, among the votes of ordinary days: farms and gangs.

Of a gang each account casts many votes. They first meet the tests of single voters and of shared
targets, as on the site; the votes of accounts that are held reach no board. What is left is weighed
like the votes of a farm.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from arena.integrity.simulator.site.days import FORTNIGHT, Votes
from arena.integrity.simulator.site.farms import FARMS, FarmFigures, Site, table_of
from arena.integrity.simulator.voters.attacks import ATTACKS as WAYS
from arena.integrity.simulator.voters.attacks import Attack
from arena.integrity.simulator.voters.detectors import weighed
from arena.integrity.simulator.voters.figures import honest_targets
from arena.integrity.simulator.voters.runs import Run, run_attack
from arena.integrity.simulator.world import World
from arena.integrity.statistics.board import predict
from arena.integrity.statistics.collusion.targets import identified, pooled
from arena.integrity.statistics.prediction import Floats, Indices

EACH = 100
MOST_VOTES = 20_000
"""Of one gang."""


@dataclass(frozen=True, slots=True)
class Gang:
    """Accounts that each cast `each` votes by one attack, after `earlier` honest ones."""

    attack: Attack
    each: int = EACH
    earlier: int = 0


AIMLESS = ("random bot", "always-A bot", "replay bot")
RIDER = "preference at the honest limit"

GANGS = {
    name: Gang(attack)
    for name, attack in WAYS.items()
    if attack.votes is None and name not in (*AIMLESS, RIDER)
} | {
    f"{RIDER}, after 1,000 honest votes": Gang(WAYS[RIDER], each=1000, earlier=1000),
    f"{RIDER}, accounts of 20 votes": Gang(WAYS[RIDER], each=20),
}
"""All attacks of such accounts that want one model moved."""

ATTACKS = [*FARMS, *GANGS]


@dataclass(frozen=True, slots=True)
class Cast:
    """The votes of an attack; `held`, shape (votes,), are those of held accounts."""

    votes: Votes
    held: NDArray[np.bool_]

    @property
    def free(self) -> Votes:
        """The votes that reach the boards."""
        return self.votes.chosen(~self.held)


class Town:
    """A site with its honest voters, as the tests of single voters see it.

    Args:
        classifier: share of the battles in which every rigger recognises the target; if it is
            None, what each attack says.
    """

    def __init__(
        self, site: Site, *, alpha: float, seed: int, classifier: float | None = None
    ) -> None:
        table = table_of(site.votes, len(site.truth))
        self.site = site
        self.world = World(site.truth, table, predict(table), np.zeros(len(site.truth)))
        self._alpha = alpha
        self.seed = seed
        self._classifier = classifier
        self._known: dict[tuple[str, int], tuple[Run, Floats, Indices]] = {}

    @cached_property
    def _pool(self) -> Floats:
        """What honest voters show for each target."""
        # Another seed than the board's own: what voters draw must tell nothing of the models.
        return pooled(honest_targets(self.world, alpha=self._alpha, seed=self.seed + 1))

    def cast(self, name: str, votes: int, *, target: int) -> Cast:
        """So many votes of one of `ATTACKS`.

        Of a gang as many accounts cast all their votes as there is room for, or one casts fewer.
        The tests of single voters hold no account of a farm, for each casts few votes.
        """
        if name in FARMS:
            farm = replace(FARMS[name], classifier=self._recognise(FARMS[name].classifier))
            farmed = self.site.farmed(farm, votes, target=target, seed=self.seed)
            return Cast(farmed, np.zeros(votes, dtype=bool))
        gang = GANGS[name]
        each = min(gang.each, votes)
        accounts = votes // each
        run, log_e, detected = self._run(name, each, target)
        log_e, detected, chosen = log_e[:accounts], detected[:accounts], np.s_[:accounts, -each:]
        held = (detected > 0) | identified(log_e, self._pool + pooled(log_e), self._alpha).any(
            axis=1
        )
        rng = np.random.default_rng([self.seed, 3, votes])
        shape = (accounts, each)
        last = float(self.site.votes.at.max()) - 0.5
        account = np.repeat(np.arange(accounts), each)
        return Cast(
            Votes(
                voter=account,
                at=np.sort(last - (FORTNIGHT - 1) * rng.random(shape), axis=1).ravel(),
                network=account,
                a=run.a[chosen].ravel(),
                b=run.b[chosen].ravel(),
                outcome=run.outcome[chosen].ravel(),
                opened=run.battles[chosen].ravel().astype(np.float64),
                rigged=np.ones(accounts * each, dtype=bool),
                earlier=np.full(accounts * each, gang.earlier),
            ),
            np.repeat(held, each),
        )

    def attacked(self, name: str, votes: int, *, target: int) -> FarmFigures:
        """The figures of so many votes of one of `ATTACKS`."""
        cast = self.cast(name, votes, target=target)
        found = self.site.joined(cast.free, target=target, seed=self.seed)
        return replace(
            found,
            opened=round(cast.votes.opened.sum()),
            accounts=len(np.unique(cast.votes.voter)),
            held=float(cast.held.mean()),
        )

    def _recognise(self, classifier: float) -> float:
        return classifier if self._classifier is None else self._classifier

    def _run(self, name: str, each: int, target: int) -> tuple[Run, Floats, Indices]:
        """What as many accounts do as there may ever be, and what all their votes show."""
        if (name, each) not in self._known:
            gang = GANGS[name]
            asleep = gang.attack.honest_first + gang.earlier
            attack = replace(
                gang.attack,
                honest_first=asleep,
                classifier=self._recognise(gang.attack.classifier),
            )
            accounts = MOST_VOTES // each if each == gang.each else 1
            votes = gang.earlier + each
            run = run_attack(self.world, attack, accounts, votes, target=target, seed=self.seed + 1)
            self._known[name, each] = run, *weighed(self.world, run, self._alpha)
        return self._known[name, each]
