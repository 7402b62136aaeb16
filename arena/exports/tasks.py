"""Exports in the background."""

from celery import shared_task

from arena.exports import services


@shared_task
def publish_export() -> None:
    """Publish all votes with their boards."""
    services.publish_export()
