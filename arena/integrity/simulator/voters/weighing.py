"""All that the votes of simulated voters weigh, as the site weighs those of one."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from arena.integrity.simulator.voters.drawing import Drawn
from arena.integrity.simulator.world import TIE, Outcomes, World, picked_a
from arena.integrity.statistics.prediction import Floats
from arena.integrity.statistics.voter.evidence import of_targets
from arena.integrity.statistics.voter.preference import PreferenceEvidence
from arena.integrity.statistics.voter.target_seeking import TargetSeeking
from arena.integrity.statistics.voter.ties import Ties


@dataclass(slots=True)
class Weighing:
    """The evidence about several voters side by side, without gold questions."""

    world: World
    preference: PreferenceEvidence
    target_seeking: TargetSeeking
    ties: Ties

    @classmethod
    def empty(cls, world: World, voters: int) -> Self:
        shape = voters, world.models
        return cls(world, PreferenceEvidence(*shape), TargetSeeking(*shape), Ties(*shape))

    def choose(self, drawn: Drawn) -> None:
        """Take into account which of the battles each voter votes on."""
        self.target_seeking.update(drawn.battles, drawn.shown, drawn.a, drawn.b)

    def judge(self, drawn: Drawn, outcome: Outcomes) -> None:
        """Take into account how."""
        expected = self.world.prediction.expected(drawn.a, drawn.b)
        self.ties.update(expected, drawn.a, drawn.b, outcome >= TIE)
        self.preference.update(expected, drawn.a, drawn.b, picked_a(outcome))

    def log_e(self) -> Floats:
        """Shape (voters,)."""
        found: Floats = self.preference.log_e() + self.target_seeking.log_e() + self.ties.log_e()
        return found

    def reached(self, threshold: float) -> NDArray[np.bool_]:
        """Whose log-e-value is at least the threshold now, shape (voters,)."""
        return self.preference.reached(threshold - self.target_seeking.log_e() - self.ties.log_e())

    def of_targets(self) -> Floats:
        """Shape (voters, targets)."""
        return of_targets(self.preference, self.target_seeking)
