"""Voters who rig for one model, each under the threshold: told by the target that they share.

The statistics are those of `arena.integrity.statistics.collusion.targets`. In the pool is whoever
ever voted: to leave those out who stopped would be to choose by what their votes had come to.
Nothing of it is kept: each look adds up the evidence that every vote has brought up to date.
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
from arena.integrity.statistics.collusion.targets import RATES, named, pooled
from arena.integrity.statistics.voter.evidence import of_targets
from arena.integrity.statistics.voter.preference import PLANS, Evidence, Floats
from arena.integrity.statistics.voter.target_seeking import Seeking

AT_ONCE = 1000  # voters whose evidence is in memory


@dataclass(frozen=True, slots=True)
class Pool:
    """All voters' evidence added up; of those who show enough to be named, each one's.

    `log_e`, shape (voters, targets), is that of `voters`.
    """

    total: Floats
    voters: list[uuid.UUID]
    log_e: Floats


def hold_riggers() -> set[uuid.UUID]:
    """Look for targets that some voters rig for; hold the votes of those who are named.

    Returns the voters whose votes are now to be held. A voter is told of, and held, again only
    when the evidence has grown as much once more.
    """
    ids = all_contestants()
    pool = _pool(len(ids))
    told = named(pool.log_e, pool.total, settings.ARENA.hold_alpha)
    strongest = np.where(told, pool.log_e, -np.inf).argmax(axis=1)  # one voter, one signal
    held: set[uuid.UUID] = set()
    for target in np.unique(strongest[told.any(axis=1)]).tolist():
        plan, place = divmod(target, len(ids))
        rows = np.flatnonzero(told[:, target] & (strongest == target))
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
    """Voters, so many at once, and the evidence of each for each target."""
    weighed = VoterEvidence.objects.filter(votes__gt=0, models_known__lte=models)
    columns = ("voter", "values", "seeking", "models_known")
    kept = weighed.values_list(*columns).order_by("pk")
    rows = kept.iterator(chunk_size=AT_ONCE)
    while some := list(islice(rows, AT_ONCE)):
        together, sought = Evidence(len(some), models), Seeking(len(some), models)
        for row, (_, values, seeking, known) in enumerate(some):
            of_voter = Evidence.unpacked(bytes(values), known)
            if known < models:
                of_voter, _ = of_voter.grown(models)
            together.values[row], together.idle[row] = of_voter.values[0], of_voter.idle[0]
            sought.values[row] = Seeking.unpacked(bytes(seeking), models).values[0]
        yield [voter for voter, *_ in some], of_targets(together, sought)


@transaction.atomic
def _record(log_e: dict[uuid.UUID, float], target: dict[str, Any]) -> set[uuid.UUID]:
    """Tell of those named for a target, as far as that is new, and have them held."""
    before = Signal.objects.filter(voters__in=log_e, detail__contains=target)
    highest = before.aggregate(Max("log_e"))["log_e__max"] or 0.0
    news = set(log_e)
    if levels(min(log_e.values()) - highest) <= 0:
        news -= set(before.values_list("voters", flat=True))
    if news:
        least = min(log_e[voter] for voter in news)
        detail = {**target, "members": len(log_e)}
        record_signal(Signal.Kind.PREFERENCE, news, log_e=least, detail=detail)
        request_hold(news)
    return news
