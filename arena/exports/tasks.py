"""The task that publishes exports."""

from celery import shared_task

from arena.exports import services
from arena.leaderboards.models import Board
from arena.leaderboards.signals import publishing


@shared_task
def publish_export() -> None:
    """Publish all votes with their boards."""
    publishing.send_robust(Board)
    services.publish_export()
