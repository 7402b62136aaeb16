"""Background work of battles."""

from celery import shared_task

from arena.battles import generation, manners, services


@shared_task
def generate_answer(answer_id: int) -> None:
    """Write one answer."""
    generation.generate(answer_id)


@shared_task
def recover_battles() -> None:
    """Take up what a killed worker or a dead broker left behind."""
    services.recover_battles()


@shared_task
def learn_manners() -> None:
    """Learn anew what the answers of each contestant wear."""
    manners.learn_manners()
