"""Signs of life: a worker process extends the leases of all answers it is writing."""

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.db import Error, connection, transaction
from django.db.models.functions import Now

from arena.battles.generation.claim import LEASE, NEEDS_ANSWER, Claim
from arena.battles.models import Answer
from arena.common.threads import start_beat
from arena.contestants.calls.once import once

logger = logging.getLogger(__name__)

BEAT_SECONDS = LEASE.total_seconds() / 4


class Hold:
    """One claim as this process holds it."""

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self.lost = False  # the battle failed, or another worker took the answer over


class LeaseKeeper:
    """Extends every lease of a process from one thread."""

    def __init__(self) -> None:
        self._holds: dict[int, Hold] = {}
        self._lock = threading.Lock()
        start_beat("lease-keeper", BEAT_SECONDS, self._beat)

    @contextmanager
    def held(self, claim: Claim) -> Iterator[Hold]:
        """Keep a claim alive while the block runs."""
        hold = Hold(claim)
        with self._lock:
            self._holds[claim.answer_id] = hold
        try:
            yield hold
        finally:
            with self._lock:
                if self._holds.get(claim.answer_id) is hold:
                    del self._holds[claim.answer_id]

    def _beat(self) -> None:
        with self._lock:
            holds = list(self._holds.values())
        if not holds:
            return
        try:
            alive = extend_leases({hold.claim.answer_id: hold.claim.attempt for hold in holds})
        except Error:
            logger.exception("Leases could not be extended; trying again.")
        else:
            for hold in holds:
                hold.lost = hold.claim.answer_id not in alive
        finally:
            connection.close()


@once
def keeper() -> LeaseKeeper:
    """The one keeper of this process."""
    return LeaseKeeper()


@transaction.atomic
def extend_leases(held: Mapping[int, int]) -> set[int]:
    """Extend the leases of answers (id → attempt); returns those that are still held.

    An answer is not held any more when its battle failed or another worker took it over. One that
    was given back to the queue, as if its worker were dead, is held again if none took it yet.
    """
    wanted = Answer.objects.filter(
        NEEDS_ANSWER, pk__in=held, state__in=[Answer.State.PENDING, Answer.State.STREAMING]
    )
    rows = wanted.order_by("pk").select_for_update(of=("self",)).values_list("pk", "attempt")
    alive = {pk for pk, attempt in rows if held[pk] == attempt}
    Answer.objects.filter(pk__in=alive).update(
        state=Answer.State.STREAMING, lease_until=Now() + LEASE
    )
    return alive
