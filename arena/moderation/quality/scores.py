"""The blind quality check: how often moderators decide right, measured with simulated voters.

A share of the cases is about simulated voters. Moderators cannot distinguish them from real ones
until the case is decided; the case then says so, and the decision changes nothing. Each simulated
voter has two cases, some days apart, with another name and number of votes, so that the decisions
of two moderators can be compared.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from arena.moderation.cases.simulated import CASES_EACH
from arena.moderation.decisions.kinds import (
    COUNTED,
    EXCLUDED,
    HELD,
    Subject,
    kinds_about,
    rule_of,
)
from arena.moderation.evidence.intervals import wilson_interval
from arena.moderation.models import Decision, Simulation
from arena.voters.models import Member

UNDECIDED = "undecided"
VERDICTS: dict[str | None, str] = {
    COUNTED: Simulation.Truth.HONEST,
    HELD: UNDECIDED,
    EXCLUDED: Simulation.Truth.RIGGER,
}
"""What a decision says of a voter, by the standing that it gives to the votes."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A decision in a simulated case, and the truth."""

    decision: Decision
    simulation: Simulation

    @property
    def verdict(self) -> str:
        return VERDICTS[rule_of(self.decision).to_standing]

    @property
    def is_right(self) -> bool:
        return self.verdict == self.simulation.truth


@dataclass(frozen=True, slots=True)
class ModeratorScore:
    """How often a moderator was right, undecided, dismissed a rigger, or excluded an honest voter.

    `percent` is Wilson's 95% interval of the share of right decisions.
    """

    member: Member
    decided: int
    right: int
    undecided: int
    riggers_dismissed: int
    honest_excluded: int
    percent: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Agreement:
    """On how many of the simulated voters with two decisions both are the same.

    `alpha` is Krippendorff's for nominal data: 1 for full agreement, 0 for agreement by chance;
    None if all decisions are the same.
    """

    pairs: int
    agreed: int
    alpha: float | None


def judged() -> list[Judged]:
    """All decisions in simulated cases, the newest first."""
    decisions = Decision.objects.filter(
        case__simulation__isnull=False, kind__in=kinds_about(Subject.VOTERS)
    )
    return [
        Judged(decision, decision.case.simulation)
        for decision in decisions.select_related("author", "case__simulation")
        if decision.case.simulation is not None
    ]


def moderator_scores(found: Sequence[Judged]) -> list[ModeratorScore]:
    """The scores of all moderators, by name."""
    by_member: defaultdict[Member, list[Judged]] = defaultdict(list)
    for each in found:
        by_member[each.decision.author].append(each)
    return [_moderator_score(member, by_member[member]) for member in sorted(by_member, key=str)]


def _moderator_score(member: Member, own: Sequence[Judged]) -> ModeratorScore:
    said = Counter((each.simulation.truth, each.verdict) for each in own)
    rigger, honest = Simulation.Truth.RIGGER, Simulation.Truth.HONEST
    right = said[rigger, rigger] + said[honest, honest]
    low, high = wilson_interval(np.array([right / len(own)]), np.array([len(own)]))
    return ModeratorScore(
        member=member,
        decided=len(own),
        right=right,
        undecided=said[rigger, UNDECIDED] + said[honest, UNDECIDED],
        riggers_dismissed=said[rigger, honest],
        honest_excluded=said[honest, rigger],
        percent=(100 * float(low[0]), 100 * float(high[0])),
    )


def agreement(found: Sequence[Judged]) -> Agreement:
    """The agreement between moderators.

    Krippendorff 2011, Computing Krippendorff's alpha-reliability, section B, with two values each.
    """
    by_simulation: defaultdict[int, dict[int, str]] = defaultdict(dict)
    for each in found:
        by_simulation[each.simulation.pk][each.decision.author_id] = each.verdict
    pairs = [list(said.values()) for said in by_simulation.values() if len(said) == CASES_EACH]
    agreed = sum(one == other for one, other in pairs)
    values = Counter(verdict for pair in pairs for verdict in pair)
    n = values.total()
    by_chance = n * n - sum(count * count for count in values.values())
    differ = 2 * (len(pairs) - agreed)
    alpha = 1 - (n - 1) * differ / by_chance if by_chance else None
    return Agreement(len(pairs), agreed, alpha)
