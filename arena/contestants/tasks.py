"""Background work of the catalogue."""

from celery import shared_task

from arena.contestants.calls import breaker, budget, probing


@shared_task
def probe_endpoints() -> None:
    """Have every endpoint probed that is due."""
    for endpoint_id in breaker.claim_due_probes():
        probe_endpoint.delay(endpoint_id)


@shared_task
def probe_endpoint(endpoint_id: int) -> None:
    """Send one endpoint a tiny request and take it back into the draw if it answers."""
    probing.probe_endpoint(endpoint_id)


@shared_task
def tidy_calls() -> None:
    """Settle what killed workers left open, and forget old calls."""
    budget.tidy_calls()
