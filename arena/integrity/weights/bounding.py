"""Bound the influence of groups of votes: compute the weights of recent votes, and store changes.

`arena.integrity.statistics.weights.vote_weights` has the method. Votes before the period keep their
weights. Newcomers' votes that no honest crowd would cast are held first, because both use the same
votes, and reading them takes most of the time.
"""

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import numpy as np
from django.conf import settings
from django.db import OperationalError, connection
from django.utils import timezone
from numpy.typing import NDArray

from arena.battles.models import VoteWeight
from arena.battles.voting.weights import Weight, set_weights
from arena.integrity import sql
from arena.integrity.collusion.newcomers import hold_newcomers
from arena.integrity.statistics.weights.levels import common_levels
from arena.integrity.statistics.weights.vote_weights import STEPS, Ballots, Group, compute_weights
from arena.integrity.weights.period import SCORES, Numbers, Period, Votes, period

logger = logging.getLogger(__name__)

LOCK = int.from_bytes(b"bounding")  # PostgreSQL's advisory lock of this job
SET_AT_ONCE = 200  # votes whose pairs are locked together


def bound_influence(today: date | None = None) -> int | None:
    """Hold what newcomers rig, and set the weights of the votes of the last `ORIGIN_DAYS` days.

    Weights are set pair by pair, a few hundred in a transaction, so that new votes hardly wait.
    Votes that are locked, or were left by a killed process, follow in the next run.

    Returns the number of weights that changed; None if another process does this already.
    """
    with _alone() as is_alone:
        if not is_alone:
            return None
        recent = period(today or timezone.now().date())
        held = hold_newcomers(recent)
        counted = (recent.votes.is_counted == 1) & ~np.isin(recent.votes.id, list(held))
        votes = recent.votes.among(counted)
        if not len(votes.id):
            return 0
        tenths, bounded = _weights(recent, votes)
        changed = np.flatnonzero((tenths != votes.tenths) | (bounded != votes.bounded))
        low, high = np.minimum(votes.a, votes.b), np.maximum(votes.a, votes.b)
        order = changed[np.lexsort((high[changed], low[changed]))]
        names = ["", *VoteWeight.Group.values]
        parts = (order[n : n + SET_AT_ONCE] for n in range(0, len(order), SET_AT_ONCE))
        return sum(
            _set({int(votes.id[n]): Weight(int(tenths[n]), names[bounded[n]]) for n in part})
            for part in parts
        )


def _set(weights: dict[int, Weight]) -> int:
    try:
        return set_weights(weights)
    except OperationalError:
        logger.info("Some votes are locked; the next run sets their weights.")
        return 0


@contextmanager
def _alone() -> Iterator[bool]:
    """Hold the lock for the block; yields whether it was free."""
    with connection.cursor() as cursor:
        cursor.execute(sql.TRY_LOCK, [LOCK])
        (is_alone,) = cursor.fetchone()
    try:
        yield is_alone
    finally:
        if is_alone:
            with connection.cursor() as cursor:
                cursor.execute(sql.UNLOCK, [LOCK])


def _weights(period: Period, votes: Votes) -> tuple[Numbers, Numbers]:
    """Weight in tenths, and place of the group, of each of these votes."""
    ids = period.contestants
    earlier = np.zeros(votes.person.max() + 1)
    earlier[votes.person] = votes.earlier
    ballots = Ballots(
        voter=votes.person.astype(np.intp),
        network=votes.network.astype(np.intp),
        day=votes.day.astype(np.intp),
        a=np.searchsorted(ids, votes.a),
        b=np.searchsorted(ids, votes.b),
        score=SCORES[votes.outcome],
        lot=_lots(votes.id),
        earlier=earlier,
        shares=_shares(ids, period.drawn[:, 1:]),
    )
    found = compute_weights(ballots, period.board_before(ids))
    tenths = np.rint(found.weight * STEPS).astype(np.int64)
    places = np.zeros(len(Group), dtype=np.int64)
    for place, name in enumerate(VoteWeight.Group.values, start=1):
        places[Group[name.upper()]] = place
    bounded = np.where(tenths < VoteWeight.FULL, places[found.group], 0)
    return common_levels(tenths, bounded, settings.ARENA.export_smallest_cell)


def _shares(ids: Numbers, drawn: Numbers) -> NDArray[np.float64]:
    """The share of each contestant in the drawn battles; the sum is 1."""
    battles = np.zeros(len(ids))
    for column in (0, 1):
        np.add.at(battles, np.searchsorted(ids, drawn[:, column]), drawn[:, 2])
    if not battles.any():
        battles[:] = 1
    shares: NDArray[np.float64] = battles / battles.sum()
    return shares


def _lots(votes: Numbers) -> NDArray[np.float64]:
    """A number from 0 to 1 for each vote (id): always the same, and unpredictable for voters."""
    key = hashlib.sha256(f"lots of votes {settings.SECRET_KEY}".encode()).digest()
    drawn = b"".join(
        hashlib.blake2b(vote.to_bytes(8), key=key, digest_size=4).digest()
        for vote in votes.tolist()
    )
    return np.frombuffer(drawn, dtype=">u4") / 2.0**32
