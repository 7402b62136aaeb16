"""What stands between a caller and a write: limits, said in the API's words."""

from django.http import HttpRequest
from rest_framework import status
from rest_framework.request import Request

from arena.api.authentication import caller
from arena.api.problems import Refused
from arena.voters.limits import Action, RateLimited, Visitor, take
from arena.voters.network import network_of


def visitor_of(request: Request) -> Visitor:
    """Who calls, and from where."""
    wrapped: HttpRequest = request._request
    return Visitor(caller(request), network_of(wrapped.META))


def admit(request: Request, action: Action) -> dict[str, str]:
    """Count what the caller does; returns the headers that tell how much is left.

    Raises:
        Refused: too often (429).
    """
    try:
        return take(action, visitor_of(request)).headers
    except RateLimited as refusal:
        raise Refused(
            status.HTTP_429_TOO_MANY_REQUESTS,
            "rate-limited",
            str(refusal),
            wait=refusal.budget.wait,
            headers=refusal.budget.headers,
        ) from refusal
