"""Record what the tests find, and announce it to other apps."""

import uuid
from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.dispatch import Signal as Announcement

from arena.integrity.models import Signal
from arena.voters.models import Voter

signal_recorded = Announcement()
"""Sent with `found`, an `arena.integrity.models.Signal`, in the transaction that records it.

It is sent again for the same voters each time their evidence grows by the threshold once more.
"""


@transaction.atomic
def record_signal(
    kind: Signal.Kind,
    voters: Collection[uuid.UUID],
    *,
    log_e: float | None,
    detail: dict[str, Any],
) -> Signal:
    """Record a signal of one voter or of several together, and announce it."""
    signal = Signal.objects.create(kind=kind, log_e=log_e, detail=detail)
    signal.voters.set(Voter.objects.filter(pk__in=voters))
    signal_recorded.send(Signal, found=signal)
    return signal
