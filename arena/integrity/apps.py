from django.apps import AppConfig


class IntegrityConfig(AppConfig):
    """Checks on how voters vote: evidence, and holds that a human reviews."""

    name = "arena.integrity"
