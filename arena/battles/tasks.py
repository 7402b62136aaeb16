"""Background work of battles."""

from celery import shared_task

from arena.battles import clusters, generation, manners, services


@shared_task
def generate_answer(answer_id: int) -> None:
    """Write one answer."""
    generation.generate(answer_id)


@shared_task
def recover_battles() -> None:
    """Take up what a killed worker or a dead broker left behind."""
    services.recover_battles()


@shared_task
def gather_clusters() -> None:
    """Move the votes of guests who joined a member to the member's cluster."""
    clusters.gather_clusters()


@shared_task
def learn_manners() -> None:
    """Learn anew what the answers of each contestant wear."""
    manners.learn_manners()
