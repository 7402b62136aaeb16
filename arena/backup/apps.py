from django.apps import AppConfig


class BackupConfig(AppConfig):
    """Writes a backup, checks one, and puts its files back."""

    name = "arena.backup"
