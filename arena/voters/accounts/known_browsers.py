"""Browsers in which a member has logged in: strangers' wrong passwords do not lock these out.

The "device cookie" of OWASP ("Slow Down Online Guessing Attacks with Device Cookies"): each log-in
leaves a signed cookie with the account and a random id. Attempts from such a browser are counted
for it alone. The cookie opens nothing by itself.
"""

import uuid
from collections.abc import Mapping

from django.conf import settings
from django.core import signing
from django.http import HttpResponse

COOKIE = "arena_device"
SALT = "arena.voters.known_device"
MAX_AGE = 400 * 24 * 3600  # seconds; the longest that browsers keep a cookie
MOST_MEMBERS = 5
"""How many members one browser is known to; more forget the first."""


def browser_id(cookies: Mapping[str, str], member_id: int | None) -> uuid.UUID | None:
    """The id of the browser with these cookies, if that member has logged in there."""
    return _read(cookies).get(str(member_id))


def any_browser_id(cookies: Mapping[str, str]) -> uuid.UUID | None:
    """An id of the browser with these cookies, if any member has logged in there."""
    return next(iter(_read(cookies).values()), None)


def remember(response: HttpResponse, cookies: Mapping[str, str], member_id: int) -> None:
    """Have the browser be known to a member who has logged in."""
    known = _read(cookies)
    given = known.pop(str(member_id), None) or uuid.uuid4()
    known[str(member_id)] = given
    newest = list(known.items())[-MOST_MEMBERS:]
    response.set_cookie(
        COOKIE,
        signing.dumps({name: device.hex for name, device in newest}, salt=SALT),
        max_age=MAX_AGE,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def _read(cookies: Mapping[str, str]) -> dict[str, uuid.UUID]:
    """The browser's ids by the ids of members, the latest last."""
    try:
        signed: dict[str, str] = signing.loads(cookies.get(COOKIE, ""), salt=SALT, max_age=MAX_AGE)
    except signing.BadSignature:
        return {}
    return {member_id: uuid.UUID(device) for member_id, device in signed.items()}
