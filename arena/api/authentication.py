"""Who calls the API: a program by its key, or a member or guest in a browser."""

import uuid

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import REASON_NO_CSRF_COOKIE
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.exceptions import APIException, AuthenticationFailed
from rest_framework.request import Request

from arena.api.keys.services import used_key
from arena.api.models import ApiKey
from arena.voters.identity import acting_voter
from arena.voters.models import Voter


class KeyAuthentication(BaseAuthentication):
    """Gives `request.auth`, the `ApiKey` of an `Authorization: Bearer` header.

    Browsers never send such a header by themselves, so that there is nothing to forge.
    """

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ApiKey] | None:
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if not scheme:
            return None
        key = used_key(text.strip()) if scheme.lower() == "bearer" else None
        if key is None:
            raise AuthenticationFailed("There is no such key in force.")
        return AnonymousUser(), key

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class VoterAuthentication(BaseAuthentication):
    """Gives `request.auth`, the voter, and checks the CSRF token of every write.

    Also a visitor without a cookie is checked: the answer to their first battle sets one.
    """

    def authenticate(self, request: Request) -> tuple[AnonymousUser, Voter] | None:
        check = CSRFCheck(_view)
        check.process_request(request._request)
        if reason := check.process_view(request._request, _view, (), {}):
            raise _refusal(str(reason))
        voter = acting_voter(request._request.user, request.COOKIES)
        return (AnonymousUser(), voter) if voter else None


def calling_voter(request: Request) -> Voter | None:
    """The voter who calls, or None for a visitor who has not been here before.

    A program calls for the voter of the member whose key it has.
    """
    if isinstance(request.auth, ApiKey):
        voter: Voter | None = getattr(request.auth.owner, "voter", None)
        return voter
    return request.auth if isinstance(request.auth, Voter) else None


def caller(request: Request) -> uuid.UUID | None:
    """The id of that voter."""
    voter = calling_voter(request)
    return voter.pk if voter else None


def key_of(request: Request) -> ApiKey | None:
    """The key that a program calls with."""
    return request.auth if isinstance(request.auth, ApiKey) else None


def _refusal(reason: str) -> APIException:
    """What to do about a failed CSRF check; `reason` is Django's."""
    from arena.api.errors import Refused  # noqa: PLC0415 - it imports views, which import this

    if reason == REASON_NO_CSRF_COOKIE:
        return Refused(
            status.HTTP_403_FORBIDDEN,
            "cookies-needed",
            _(
                "Your browser sent no cookie, and without one the arena cannot know whose battle"
                " this is. Allow cookies for this site and send it again: what you wrote is still"
                " here. (Programs send a key instead.)"
            ),
        )
    if reason.startswith(("CSRF token", "CSRF cookie")):
        return Refused(
            status.HTTP_403_FORBIDDEN,
            "page-outdated",
            _("This page is out of date. Reload it and send your request again. (%s)") % reason,
        )
    return Refused(
        status.HTTP_403_FORBIDDEN,
        "other-origin",
        _("Only pages of this site may do this, and the request names another one. (%s)") % reason,
    )


def _view(request: HttpRequest) -> HttpResponse:
    """Stands in for the view, for the check wants one but only looks at its attributes."""
    return HttpResponse()
