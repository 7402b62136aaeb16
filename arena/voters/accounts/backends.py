"""Log-in by password, which takes as long whether or not there is such an account."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.internal.userkit import filter_users_by_email, get_user_by_username
from django.http import HttpRequest

from arena.voters.models import Member


def member_named(login: str) -> Member | None:
    """The member whose address, else whose name, that is; who has verified it before others."""
    if not login:
        return None
    by_address = filter_users_by_email(login, prefer_verified=True, for_login=True)
    found: Member | None = by_address[0] if by_address else get_user_by_username(login)
    return found


class PasswordBackend(AuthenticationBackend):  # type: ignore[misc]  # allauth has no types
    """Checks one password of one account, and hashes once in any case.

    allauth's own looks an address up in several ways and hashes for each account that it finds,
    and its base class hashes for nobody if there is none.
    """

    def _authenticate(self, request: HttpRequest | None, **credentials: Any) -> Member | None:
        member = member_named(credentials.get("email") or credentials.get("username") or "")
        found: Member | None = self._check_password(member, credentials["password"])
        return found
