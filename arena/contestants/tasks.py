"""Background work of the catalogue."""

from celery import shared_task

from arena.contestants.calls import budget, circuit_breaker, probing

PROBE_ENDPOINT = "arena.contestants.tasks.probe_endpoint"
TIDY_CALLS = "arena.contestants.tasks.tidy_calls"

probe_endpoint = shared_task(name=PROBE_ENDPOINT)(probing.probe_endpoint)
tidy_calls = shared_task(name=TIDY_CALLS)(budget.tidy_calls)


@shared_task
def probe_endpoints() -> None:
    """Have every endpoint probed that is due."""
    for endpoint_id in circuit_breaker.claim_due_probes():
        probe_endpoint.delay(endpoint_id)
