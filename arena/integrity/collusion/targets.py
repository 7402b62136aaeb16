"""Find voters who rig for the same model and each stay under the threshold: a pooled test.

The statistics are in `arena.integrity.statistics.collusion.targets`. The pool holds everybody who
ever voted: leaving out those who stopped would select by how their votes turned out. Nothing is
stored; each run adds up the evidence that is kept up to date with every vote.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import Max

from arena.integrity.board import all_contestants
from arena.integrity.holding import levels, request_hold
from arena.integrity.models import Signal, VoterEvidence
from arena.integrity.signals import record_signal
from arena.integrity.statistics.collusion.targets import RATES, identified, pooled
from arena.integrity.statistics.prediction import Floats
from arena.integrity.statistics.voter.evidence import of_targets
from arena.integrity.statistics.voter.preference import PLANS, PreferenceEvidence
from arena.integrity.statistics.voter.target_seeking import TargetSeeking

AT_ONCE = 1000  # voters whose evidence is in memory


@dataclass(frozen=True, slots=True)
class Pool:
    """The evidence of all voters for each target.

    Attributes:
        total: pooled over all voters, shape (rates, targets).
        voters: those with enough evidence of their own to be identified.
        log_e: the evidence of each of `voters`, shape (voters, targets).
    """

    total: Floats
    voters: list[uuid.UUID]
    log_e: Floats


def hold_shared_target_voters() -> set[uuid.UUID]:
    """Find targets that some voters rig for; hold the votes of the voters that are identified.

    Returns the voters whose votes now have to be held. A signal about the same voters and target is
    recorded again only if the evidence grew by the threshold once more.
    """
    ids = all_contestants()
    pool = _pool(len(ids))
    found = identified(pool.log_e, pool.total, settings.ARENA.hold_alpha)
    strongest = np.where(found, pool.log_e, -np.inf).argmax(axis=1)  # one signal for each voter
    held: set[uuid.UUID] = set()
    for target in np.unique(strongest[found.any(axis=1)]).tolist():
        plan, place = divmod(target, len(ids))
        rows = np.flatnonzero(found[:, target] & (strongest == target))
        log_e = {pool.voters[row]: float(pool.log_e[row, target]) for row in rows}
        held |= _record(log_e, {"alternative": PLANS[plan], "contestant": ids[place]})
    return held


@transaction.atomic  # a cursor that outlives its transaction would copy all evidence first
def _pool(models: int) -> Pool:
    total = np.zeros((len(RATES), len(PLANS) * models))
    voters: list[uuid.UUID] = []
    shown = [np.zeros((0, len(PLANS) * models))]
    for some, log_e in _of_targets(models):
        total += pooled(log_e)
        enough = np.flatnonzero((log_e >= -np.log(settings.ARENA.hold_alpha)).any(axis=1))
        voters += [some[row] for row in enough]
        shown.append(log_e[enough])
    return Pool(total, voters, np.concatenate(shown))


def _of_targets(models: int) -> Iterator[tuple[list[uuid.UUID], Floats]]:
    """Batches of voters, and the evidence of each for each target."""
    weighed = VoterEvidence.objects.filter(votes__gt=0, models_known__lte=models)
    columns = ("voter", "preference", "target_seeking", "models_known")
    kept = weighed.values_list(*columns).order_by("pk")
    rows = kept.iterator(chunk_size=AT_ONCE)
    while some := list(islice(rows, AT_ONCE)):
        together, seeking_of = (
            PreferenceEvidence(len(some), models),
            TargetSeeking(len(some), models),
        )
        for row, (_, preference, seeking, known) in enumerate(some):
            of_voter = PreferenceEvidence.unpacked(bytes(preference), known)
            if known < models:
                of_voter, _ = of_voter.grown(models)
            together.values[row], together.unallocated[row] = (
                of_voter.values[0],
                of_voter.unallocated[0],
            )
            seeking_of.values[row] = TargetSeeking.unpacked(bytes(seeking), models).values[0]
        yield [voter for voter, *_ in some], of_targets(together, seeking_of)


@transaction.atomic
def _record(log_e: dict[uuid.UUID, float], target: dict[str, Any]) -> set[uuid.UUID]:
    """Record a signal of the voters identified for a target, if it is new; request to hold them."""
    before = Signal.objects.filter(voters__in=log_e, detail__contains=target)
    highest = before.aggregate(Max("log_e"))["log_e__max"] or 0.0
    new = set(log_e)
    if levels(min(log_e.values()) - highest) <= 0:
        new -= set(before.values_list("voters", flat=True))
    if new:
        least = min(log_e[voter] for voter in new)
        detail = {**target, "members": len(log_e)}
        record_signal(Signal.Kind.PREFERENCE, new, log_e=least, detail=detail)
        request_hold(new)
    return new
