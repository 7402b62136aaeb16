"""The circuit breaker of an endpoint: while it is open, the endpoint gets no battles.

Only probes move it: requests with the arena's own fixed prompt (`provider.PROBE`). Visitors choose
the prompts of battles, and could make any endpoint fail at those, so a battle that fails only asks
for a probe, at most one every `PROBE_INTERVAL`. (The pattern: Nygard, Release It!, chapter 5.) All
of it is in PostgreSQL: every process sees the same, and it survives restarts.
"""

import logging
import random
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from arena.contestants.models import COMPETING, EndpointHealth

logger = logging.getLogger(__name__)

PROBE_INTERVAL = timedelta(seconds=30)  # between two probes that failed battles ask for
CONFIRM_SECONDS = 2.0  # from a first failed probe to the next, while the circuit is closed
FIRST_PROBE_SECONDS = 5.0
LONGEST_PROBE_SECONDS = 600.0
PROBE_LEASE = timedelta(seconds=90)  # a probe without a sign of life for this long is claimed again

State = EndpointHealth.State


def _locked_health(endpoint_id: int) -> EndpointHealth:
    EndpointHealth.objects.bulk_create(
        [EndpointHealth(endpoint_id=endpoint_id)], ignore_conflicts=True
    )
    return EndpointHealth.objects.select_for_update().get(endpoint_id=endpoint_id)


@transaction.atomic
def request_probe(endpoint_id: int) -> None:
    """A battle failed at an endpoint: have it probed by the next beat, but not too often."""
    now = timezone.now()
    health = _locked_health(endpoint_id)
    if health.state != State.CLOSED:
        return  # it is probed anyway
    due = max(now, health.probed_at + PROBE_INTERVAL) if health.probed_at else now
    if health.probe_at is None or due < health.probe_at:
        health.probe_at = due
        health.save(update_fields=["probe_at"])


@transaction.atomic
def probe_soon(endpoint_id: int) -> None:
    """An operator changed an endpoint: have it probed by the next beat."""
    health = _locked_health(endpoint_id)
    health.probe_at = timezone.now()
    health.save(update_fields=["probe_at"])


def claim_due_probes() -> list[int]:
    """Claim the endpoints whose probe is due; no other caller gets them for a while."""
    now = timezone.now()
    due = EndpointHealth.objects.filter(
        probe_at__lte=now,
        endpoint__enabled=True,
        endpoint__contestant__state__in=COMPETING,
    )
    claimed = []
    for endpoint_id, state in due.values_list("endpoint", "state"):
        is_closed = state == State.CLOSED
        if EndpointHealth.objects.filter(
            endpoint=endpoint_id, state=state, probe_at__lte=now
        ).update(
            state=State.CLOSED if is_closed else State.HALF_OPEN,
            probe_at=None if is_closed else now + PROBE_LEASE,
            probed_at=now,
        ):
            claimed.append(endpoint_id)
    return claimed


def extend_probe(endpoint_id: int, lease: timedelta = PROBE_LEASE) -> None:
    """Extend the lease of a probe that showed a sign of life."""
    later = timezone.now() + lease
    EndpointHealth.objects.filter(
        Q(probe_at__isnull=True) | Q(probe_at__lt=later),
        endpoint=endpoint_id,
        state=State.HALF_OPEN,
    ).update(probe_at=later)


@transaction.atomic
def record_probe(endpoint_id: int, error: str = "", detail: str = "") -> None:
    """Open or close the circuit by the outcome of a probe; `error` is empty if it was answered."""
    health = _locked_health(endpoint_id)
    now = timezone.now()
    if error:
        _record_failure(health, error, detail)
    else:
        if health.state != State.CLOSED:
            health.state, health.changed_at = State.CLOSED, now
        health.failures, health.probe_at = 0, None
    health.save()


def _record_failure(health: EndpointHealth, error: str, detail: str) -> None:
    now = timezone.now()
    health.failures += 1
    health.last_error, health.last_error_detail, health.last_error_at = error, detail, now
    if health.state == State.OPEN:
        return  # an operator's test; the next probe is already due
    if health.state == State.CLOSED and health.failures < settings.ARENA.breaker_failures:
        health.probe_at = now + timedelta(seconds=_spread(CONFIRM_SECONDS))
        return
    if health.state == State.CLOSED:
        if now - health.changed_at > timedelta(seconds=LONGEST_PROBE_SECONDS):
            health.openings = 0  # it worked for long before
        health.changed_at = now
        logger.warning("Endpoint %d leaves the draw after %s.", health.endpoint_id, error)
    health.state = State.OPEN
    health.probe_at = now + timedelta(seconds=probe_delay(health.openings))
    health.openings = min(health.openings + 1, 100)


def probe_delay(openings: int) -> float:
    """Seconds until an endpoint is probed that was found down `openings` times in a row."""
    return _spread(min(LONGEST_PROBE_SECONDS, FIRST_PROBE_SECONDS * 2.0 ** min(openings, 10)))


def _spread(seconds: float) -> float:
    return seconds * random.uniform(0.8, 1.2)  # noqa: S311 - no secret
