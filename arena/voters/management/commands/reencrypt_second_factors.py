"""Encrypt the secrets of second factors with the newest key, so that older ones can go."""

from typing import Any

from django.core.management.base import BaseCommand

from arena.voters.services import reencrypt_second_factors


class Command(BaseCommand):
    help = "Encrypts every member's second factor with the first key of ARENA_ENCRYPTION_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Encrypted with the newest key: {reencrypt_second_factors()}.")
