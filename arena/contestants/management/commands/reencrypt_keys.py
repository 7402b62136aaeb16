"""Encrypt the endpoints' keys with the newest encryption key, so that older ones can go."""

from typing import Any

from django.core.management.base import BaseCommand

from arena.contestants.catalogue.changes import reencrypt_keys


class Command(BaseCommand):
    help = "Encrypts every endpoint's key with the first key of ARENA_ENCRYPTION_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Encrypted with the newest key: {reencrypt_keys()}.")
