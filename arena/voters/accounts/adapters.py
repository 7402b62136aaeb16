"""How django-allauth makes and guards accounts here."""

import uuid
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from arena.contestants.fields import cipher
from arena.voters.accounts.backends import member_named
from arena.voters.accounts.known_browsers import any_browser_id, browser_id, remember
from arena.voters.identity import voter_id_from_cookies
from arena.voters.models import Member
from arena.voters.origin.network import address_of, network_of, pseudonym
from arena.voters.throttling.limits import Action, RateLimited, Visitor, consume


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    def populate_username(self, request: HttpRequest, user: Member) -> None:
        """A name that tells nothing of its member's address."""
        user.username = f"member-{uuid.uuid4().hex[:12]}"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count an attempt by the arena's limits, in place of allauth's.

        allauth counts by account whoever guesses, so that strangers can lock it. Here guesses are
        counted for the account and the network that they come from, and a browser that the
        account's owner has used has limits of its own.

        Raises:
            ValidationError: too often.
        """
        login = str(credentials.get("email") or credentials.get("username") or "").lower()
        member = member_named(login)
        user = request.user
        try:
            if member and user.is_authenticated and user.pk == member.pk:
                own = uuid.uuid5(uuid.NAMESPACE_OID, f"member {member.pk}")
                consume(Action.ENTER_KNOWN, Visitor(own, None))
                return
            if device := browser_id(request.COOKIES, member.pk if member else None):
                consume(Action.ENTER_KNOWN, Visitor(device, None))
                return
            network = network_of(request.META)
            consume(Action.ENTER, Visitor(voter_id_from_cookies(request.COOKIES), network))
            account = str(member.pk) if member else login
            consume(Action.ENTER_ACCOUNT, Visitor(None, network, account=account))
        except RateLimited as refusal:
            reason = _("%s You can still log in on a device where you have done so before.")
            raise ValidationError(reason % refusal, code="rate_limited") from refusal

    def send_account_already_exists_mail(self, email: str) -> None:
        """Hash once as for a new account, so that a sign-up takes as long."""
        make_password(uuid.uuid4().hex)
        super().send_account_already_exists_mail(email)

    def post_login(self, request: HttpRequest, user: Member, **details: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **details)
        remember(response, request.COOKIES, user.pk)
        return response

    def get_client_ip(self, request: HttpRequest) -> str:
        """A name of today in place of the address, which allauth's limits would keep.

        Of the browser, where a member has logged in before: others in its network do not use up
        its limits. Of the network elsewhere.
        """
        device = any_browser_id(request.COOKIES)
        return pseudonym(f"device {device}" if device else network_of(request.META) or "unknown")

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
