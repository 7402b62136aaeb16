"""Who calls the API, a member or a guest, protected against forged requests."""

import uuid

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from arena.voters.identity import acting_voter_id


class VoterAuthentication(BaseAuthentication):
    """Gives `request.auth`, the id of the voter, and checks the CSRF token of every write.

    Also a visitor without a cookie is checked: the answer to their first battle sets one.
    """

    def authenticate(self, request: Request) -> tuple[AnonymousUser, uuid.UUID] | None:
        check = CSRFCheck(_view)
        check.process_request(request._request)
        if reason := check.process_view(request._request, _view, (), {}):
            raise PermissionDenied(f"CSRF check failed: {reason}", code="csrf")
        voter_id = acting_voter_id(request._request.user, request.COOKIES)
        return (AnonymousUser(), voter_id) if voter_id else None


def caller(request: Request) -> uuid.UUID | None:
    """The id of the voter who calls, or None for a visitor who has not been here before."""
    return request.auth if isinstance(request.auth, uuid.UUID) else None


def _view(_: HttpRequest) -> HttpResponse:
    """Stands in for the view, for the check wants one but only looks at its attributes."""
    return HttpResponse()
