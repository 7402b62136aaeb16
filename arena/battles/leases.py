"""Signs of life: a worker process extends the leases of all answers it is writing."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import Error, connection

from arena.battles.services import LEASE, Claim, extend_leases
from arena.contestants.once import once

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
        threading.Thread(target=self._run, name="lease-keeper", daemon=True).start()

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

    def _run(self) -> None:
        while True:
            time.sleep(BEAT_SECONDS)
            with self._lock:
                holds = list(self._holds.values())
            if not holds:
                continue
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
