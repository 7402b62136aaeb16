"""Which voter a request or a socket belongs to: the member who is logged in, else a guest.

A guest is who holds the guest's signed cookie, until they log in: from then on the cookie is
worth nothing, and only the account opens what the guest did.
"""

import uuid
from collections.abc import Mapping

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.core import signing
from django.http import HttpResponse

from arena.voters.models import Voter
from arena.voters.selectors import guests

COOKIE = "arena_voter"
SALT = "arena.voters.guest"
MAX_AGE = 400 * 24 * 3600  # seconds; the longest that browsers keep a cookie


def acting_voter(
    user: AbstractBaseUser | AnonymousUser, cookies: Mapping[str, str]
) -> Voter | None:
    """The voter for whom someone acts who comes with these cookies, logged in as `user`.

    None for a visitor who has not been here before.
    """
    if user.is_authenticated:
        of_member = Voter.objects.filter(member=user.pk).first()
        if of_member is not None:
            return of_member
    named = voter_id_from_cookies(cookies)
    return None if named is None else guests().filter(pk=named).first()


def acting_voter_id(
    user: AbstractBaseUser | AnonymousUser, cookies: Mapping[str, str]
) -> uuid.UUID | None:
    """The id of that voter."""
    voter = acting_voter(user, cookies)
    return voter.pk if voter else None


def voter_id_from_cookies(cookies: Mapping[str, str]) -> uuid.UUID | None:
    """The voter that a cookie names, or None if there is none or it was not signed by us."""
    try:
        return uuid.UUID(signing.loads(cookies.get(COOKIE, ""), salt=SALT, max_age=MAX_AGE))
    except (signing.BadSignature, ValueError):
        return None


def remember(response: HttpResponse, voter: Voter) -> None:
    """Give a guest the cookie that makes them the same voter on their next visit."""
    if voter.member_id is not None:
        return
    response.set_cookie(
        COOKIE,
        signing.dumps(str(voter.id), salt=SALT),
        max_age=MAX_AGE,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
