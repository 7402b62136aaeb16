"""The guest's signed cookie: which voter a request or a socket belongs to."""

import uuid
from collections.abc import Mapping

from django.conf import settings
from django.core import signing
from django.http import HttpResponse

from arena.voters.models import Voter

COOKIE = "arena_voter"
SALT = "arena.voters.guest"
MAX_AGE = 400 * 24 * 3600  # seconds; the longest that browsers keep a cookie


def voter_id_from_cookies(cookies: Mapping[str, str]) -> uuid.UUID | None:
    """The voter that a cookie names, or None if there is none or it was not signed by us."""
    try:
        return uuid.UUID(signing.loads(cookies.get(COOKIE, ""), salt=SALT, max_age=MAX_AGE))
    except (signing.BadSignature, ValueError):
        return None


def remember(response: HttpResponse, voter: Voter) -> None:
    """Give the voter the cookie that makes them the same voter on their next visit."""
    response.set_cookie(
        COOKIE,
        signing.dumps(str(voter.id), salt=SALT),
        max_age=MAX_AGE,
        httponly=True,
        samesite="Lax",
        secure=settings.ARENA_COOKIE_SECURE,
    )
