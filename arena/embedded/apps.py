from django.apps import AppConfig


class EmbeddedConfig(AppConfig):
    """Starts PostgreSQL, Redis, local models, web server and workers in one command."""

    name = "arena.embedded"
