"""How django-allauth makes and guards accounts here."""

import uuid
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from arena.contestants.fields import cipher
from arena.voters.identity import voter_id_from_cookies
from arena.voters.limits import Action, RateLimited, Visitor, take
from arena.voters.models import Member
from arena.voters.network import address_of, network_of, pseudonym


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    def populate_username(self, request: HttpRequest, user: Member) -> None:
        """A name that tells nothing of its member's address."""
        user.username = f"member-{uuid.uuid4().hex[:12]}"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count attempts by the arena's own limits as well, which say when to come back.

        Raises:
            ValidationError: too often.
        """
        try:
            take(
                Action.ENTER,
                Visitor(voter_id_from_cookies(request.COOKIES), network_of(request.META)),
            )
        except RateLimited as refusal:
            raise ValidationError(str(refusal), code="rate_limited") from refusal
        super().pre_authenticate(request, **credentials)

    def get_client_ip(self, request: HttpRequest) -> str:
        """A network's name of today in place of the address, which allauth's limits would keep."""
        return pseudonym(network_of(request.META) or "unknown")

    def send_notification_mail(
        self,
        template_prefix: str,
        user: Member,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Mails to a member tell the address itself, which is kept nowhere."""
        context = {"ip": address_of(self.request.META) or "?", **(context or {})}
        super().send_notification_mail(template_prefix, user, context, email)


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Keeps the secrets of authenticator apps and recovery codes encrypted."""

    def encrypt(self, text: str) -> str:
        return cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return cipher().decrypt(encrypted_text.encode()).decode()
