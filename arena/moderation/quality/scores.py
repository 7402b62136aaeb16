"""The blind quality check: how well moderators decide, from cases whose truth is known.

A share of the cases is of simulated voters. A moderator cannot tell them from others until one has
decided; the case then says so, and what was decided does nothing. Each simulated voter comes before
the moderators twice, some days apart, under another name and with some votes more or fewer, so that
two of them can be compared.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from django.conf import settings

from arena.battles.models import Vote
from arena.battles.reading import conversations
from arena.integrity.simulator.voters.behaviour import DAY
from arena.leaderboards.boards import OVERALL
from arena.leaderboards.counting.totals import counts_of
from arena.leaderboards.models import Board
from arena.leaderboards.variants import Variant
from arena.moderation.decisions.scope import OF_VOTES
from arena.moderation.evidence.charts import wilson
from arena.moderation.evidence.votes import SimulatedVote
from arena.moderation.models import Case, Decision, Simulation
from arena.moderation.quality.simulation import Suspect, suspect
from arena.voters.models import Member
from ratings.engine import OUTCOMES

logger = logging.getLogger(__name__)

PERIOD = timedelta(days=30)
CASES_EACH = 2
DAYS_BETWEEN = 2
MOST_TEXTS = 20_000  # of the newest public conversations


# ---- writes ----


def simulate(now: datetime, rng: np.random.Generator) -> Simulation | None:
    """Simulate a voter, if there are fewer of them than there are to be.

    Nobody is simulated on a young arena: the votes must fit into the time that it has been there,
    and into what may be read of it by everybody.
    """
    if not _wanted(now):
        return None
    counts = counts_of(Variant(Board.objects.get(slug=OVERALL)), as_cast=True)
    places = {pk: place for place, pk in enumerate(counts.ids)}
    texts: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    newest = conversations.visible().order_by("-pk")[:MOST_TEXTS]
    columns = ("battle__vote", "battle__contestant_a", "battle__contestant_b")
    for vote, a, b in newest.values_list(*columns):
        if a in places and b in places:
            texts[places[a], places[b]].append(vote)
    rigs = bool(rng.random() < 0.5)
    alpha = settings.ARENA_HOLD_ALPHA
    found = suspect(counts.table, texts, rigs=rigs, alpha=alpha, rng=rng)
    rows = found and _rows(found, counts.ids, now)
    if found is None or not rows:
        logger.info("No voter could be simulated for the quality check this time.")
        return None
    model = found.alternative.model
    detail = {"votes": len(rows), "alternative": found.alternative.kind}
    shown = rng.permutation([found.suspected, len(rows)]).tolist()
    if model is not None:
        detail["contestant"] = counts.ids[model]
    if found.alternative.side is not None:
        detail["side"] = OUTCOMES[found.alternative.side]
    return Simulation.objects.create(
        truth=Simulation.Truth.RIGGER if rigs else Simulation.Truth.HONEST,
        kind=found.kind,
        detail=detail,
        votes=rows,
        shown=shown,
        due_at=_due_at(rows[shown[0] - 1]["at"], now),
    )


def _wanted(now: datetime) -> bool:
    """Whether the cases of one more simulated voter would still be within their share."""
    real = Case.objects.filter(simulation=None, battle=None, opened_at__gte=now - PERIOD).count()
    simulated = CASES_EACH * Simulation.objects.filter(created_at__gte=now - PERIOD).count()
    share = settings.ARENA_QUALITY_CHECK_SHARE
    return bool(simulated + CASES_EACH <= share * (real + simulated + CASES_EACH))


def _rows(found: Suspect, ids: Sequence[int], now: datetime) -> list[SimulatedVote]:
    """The votes as they are kept; none, if the arena is younger than they are.

    Their numbers are those that votes of that time have.
    """
    votes = Vote.objects.order_by("cast_at")
    first, last = votes.first(), votes.last()
    end = found.votes[-1].at
    midnight = _due_at(end, now) - timedelta(seconds=end)
    moments = np.array([midnight.timestamp() + vote.at for vote in found.votes])
    if first is None or last is None or moments[0] < first.cast_at.timestamp():
        return []
    span = [first.cast_at.timestamp(), last.cast_at.timestamp()]
    numbers = np.interp(moments, span, [first.pk, last.pk]).astype(int)
    place = np.arange(len(numbers))
    numbers = np.maximum.accumulate(numbers - place) + place
    return [
        SimulatedVote(
            pk=int(number),
            texts=vote.texts,
            a=ids[vote.a],
            b=ids[vote.b],
            outcome=OUTCOMES[vote.outcome],
            at=vote.at,
            decided_ms=round(1000 * vote.seconds),
            difference=vote.difference,
            log_e=vote.log_e,
        )
        for number, vote in zip(numbers, found.votes, strict=True)
    ]


def _due_at(seconds: float, after: datetime) -> datetime:
    """The next moment of the day so many seconds from a midnight: a case opens at its last vote."""
    midnight = after.replace(hour=0, minute=0, second=0, microsecond=0)
    due = midnight + timedelta(seconds=seconds % DAY)
    return due if due > after else due + timedelta(days=1)


def come_again(simulation: Simulation, now: datetime) -> None:
    """Have a simulated voter whose case was decided come before the moderators once more."""
    opened = simulation.cases.count()
    if opened < CASES_EACH:
        last = simulation.votes[simulation.shown[opened] - 1]
        simulation.due_at = _due_at(last["at"], now + timedelta(days=DAYS_BETWEEN))
        simulation.save(update_fields=["due_at"])


# ---- reads ----

UNDECIDED = "undecided"
VERDICTS = {
    Decision.Kind.DISMISS: Simulation.Truth.HONEST,
    Decision.Kind.HOLD: UNDECIDED,
    Decision.Kind.EXCLUDE: Simulation.Truth.RIGGER,
    Decision.Kind.SUSPEND: Simulation.Truth.RIGGER,
}


@dataclass(frozen=True, slots=True)
class Judged:
    """A decision in a simulated case, beside the truth."""

    decision: Decision
    simulation: Simulation

    @property
    def verdict(self) -> str:
        return VERDICTS[Decision.Kind(self.decision.kind)]

    @property
    def is_right(self) -> bool:
        return self.verdict == self.simulation.truth


@dataclass(frozen=True, slots=True)
class Record:
    """How a moderator decided: right; kept held; let a rigger pass; excluded an honest voter.

    `percent` is Wilson's 95% interval of the share that was right.
    """

    member: Member
    decided: int
    right: int
    undecided: int
    passed: int
    wronged: int
    percent: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of simulated voters on whom two moderators decided: in how many they agree.

    `alpha` is Krippendorff's for nominal data: 1 is agreement, 0 what chance gives; None where
    nothing tells them apart.
    """

    pairs: int
    agreed: int
    alpha: float | None


def judged() -> list[Judged]:
    """All decisions in simulated cases, the newest first."""
    decisions = Decision.objects.filter(case__simulation__isnull=False, kind__in=OF_VOTES)
    return [
        Judged(decision, decision.case.simulation)
        for decision in decisions.select_related("author", "case__simulation")
        if decision.case.simulation is not None
    ]


def records(found: Sequence[Judged]) -> list[Record]:
    """How each moderator decided, in the order of their names."""
    by_member: defaultdict[Member, list[Judged]] = defaultdict(list)
    for each in found:
        by_member[each.decision.author].append(each)
    return [_record(member, by_member[member]) for member in sorted(by_member, key=str)]


def _record(member: Member, own: Sequence[Judged]) -> Record:
    said = Counter((each.simulation.truth, each.verdict) for each in own)
    rigger, honest = Simulation.Truth.RIGGER, Simulation.Truth.HONEST
    right = said[rigger, rigger] + said[honest, honest]
    low, high = wilson(np.array([right / len(own)]), np.array([len(own)]))
    return Record(
        member=member,
        decided=len(own),
        right=right,
        undecided=said[rigger, UNDECIDED] + said[honest, UNDECIDED],
        passed=said[rigger, honest],
        wronged=said[honest, rigger],
        percent=(100 * float(low[0]), 100 * float(high[0])),
    )


def agreement(found: Sequence[Judged]) -> Agreement:
    """How far moderators agree with each other.

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
