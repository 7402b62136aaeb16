"""Background work of battles."""

import uuid

from celery import shared_task
from redis import RedisError

from arena.battles.generation import recovery, worker
from arena.battles.gold import profiles
from arena.battles.live import streams
from arena.battles.voting import clusters


@shared_task
def generate_answer(answer_id: int) -> None:
    """Write one answer."""
    worker.generate(answer_id)


@shared_task
def recover_battles() -> None:
    """Take up what a killed worker or a dead broker left behind."""
    recovery.recover_battles()


@shared_task
def gather_clusters() -> None:
    """Move the votes of guests merged into a member to the member's cluster."""
    clusters.gather_clusters()


@shared_task
def fit_style_profiles() -> None:
    """Fit the style profile of each contestant."""
    profiles.fit_style_profiles()


@shared_task(autoretry_for=(RedisError,), retry_backoff=5, max_retries=10)
def delete_streams(turns: list[tuple[str, int]]) -> None:
    """Delete what is left in Redis of erased turns, by battle and number."""
    streams.delete_streams((uuid.UUID(battle_id), number) for battle_id, number in turns)
