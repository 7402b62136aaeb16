"""Periodic jobs in the background."""

from datetime import datetime

from celery import current_app, shared_task
from django.utils import timezone

from arena.jobs import services


@shared_task
def start_due() -> None:
    """Send every job that is due to the queue of its task."""
    for claim in services.claim_due(timezone.now()):
        task = services.schedules()[claim.name].task
        run.apply_async(
            (claim.name, claim.claimed_at.isoformat()),
            queue=current_app.amqp.router.route({}, task)["queue"].name,
            expires=services.LEASE.total_seconds(),
        )


@shared_task
def run(name: str, claimed_at: str) -> None:
    """Run a claimed job."""
    services.run(services.Claim(name, datetime.fromisoformat(claimed_at)))
