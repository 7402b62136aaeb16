"""Tell the moderators' open pages that the queue changed."""

from django.db import transaction
from django.utils import timezone

from arena.common import live

QUEUE_GROUP = "moderation.queue"


def announce() -> None:
    """Tell open queues, once the transaction is committed, that something changed."""

    def tell() -> None:
        live.announce(QUEUE_GROUP, {"changed_at": timezone.now().isoformat()})

    transaction.on_commit(tell, robust=True)
