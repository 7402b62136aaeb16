"""Who calls the API: the voter of the signed cookie, protected against forged requests."""

import uuid

from django.contrib.auth.models import AnonymousUser
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from arena.voters.identity import voter_id_from_cookies


class VoterAuthentication(BaseAuthentication):
    """Gives `request.auth`, the id of the voter, and checks the CSRF token of every write.

    Also a visitor without a cookie is checked: the answer to their first battle sets one.
    """

    def authenticate(self, request: Request) -> tuple[AnonymousUser, uuid.UUID] | None:
        check = CSRFCheck(lambda _: None)
        check.process_request(request._request)
        if reason := check.process_view(request._request, None, (), {}):
            raise PermissionDenied(f"CSRF check failed: {reason}", code="csrf")
        voter_id = voter_id_from_cookies(request.COOKIES)
        return (AnonymousUser(), voter_id) if voter_id else None
