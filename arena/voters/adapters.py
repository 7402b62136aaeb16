"""How django-allauth makes and guards accounts here."""

import uuid

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest

from arena.contestants.fields import cipher
from arena.voters.models import Member


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    def populate_username(self, request: HttpRequest, user: Member) -> None:
        """A name that tells nothing of its member's address."""
        user.username = f"member-{uuid.uuid4().hex[:12]}"


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Keeps the secrets of authenticator apps and recovery codes encrypted."""

    def encrypt(self, text: str) -> str:
        return cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return cipher().decrypt(encrypted_text.encode()).decode()
