"""The moderator of a request."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from arena.voters.models import Member


def moderator(request: HttpRequest) -> Member:
    if not isinstance(request.user, Member):
        raise PermissionDenied
    return request.user
