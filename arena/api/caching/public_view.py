"""How what everybody may read is served: to pages of any site, compressed, and not twice."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import wraps
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.middleware.gzip import GZipMiddleware
from django.middleware.http import ConditionalGetMiddleware
from django.utils.cache import patch_cache_control
from django.utils.http import http_date
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from arena.api.authentication import KeyAuthentication
from arena.api.gates import admit_reading

FRESH_SECONDS = 5  # how long a copy may be shown without asking again
SHARED = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, If-None-Match, If-Modified-Since",
    "Access-Control-Expose-Headers": "ETag, Last-Modified, Deprecation, Sunset, Link, "
    "RateLimit, RateLimit-Policy, Retry-After",
}


@dataclass(frozen=True, slots=True)
class Retiring:
    """An address that goes: since when it should not be used, when it ends, what to use instead."""

    since: date
    ends: date
    instead: str

    @property
    def headers(self) -> dict[str, str]:
        """Deprecation (RFC 9745), Sunset (RFC 8594), and a link to the successor."""
        return {
            "Deprecation": f"@{_midnight(self.since)}",
            "Sunset": http_date(_midnight(self.ends)),
            "Link": f'<{self.instead}>; rel="successor-version"',
        }


def _midnight(day: date) -> int:
    """Seconds since 1970."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


LIMITS = "_limits_of_reading"


class ReadingLimit(BaseThrottle):
    """Counts each request to read; how much is left is told in the answer's headers."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        setattr(request._request, LIMITS, admit_reading(request))
        return True


def limits_of(request: HttpRequest) -> dict[str, str]:
    """The headers that tell how much more may be read."""
    found: dict[str, str] = getattr(request, LIMITS, {})
    return found


def public(view: type[APIView], retiring: Retiring | None = None) -> Callable[..., HttpResponse]:
    """A view that looks at no cookie, to be read by every site, and so often by each.

    Its answers have an ETag, so that who asks again with it gets 304 if nothing changed. They hold
    no secret that their compressed length could tell (BREACH).

    Args:
        retiring: said in each answer's headers; the view is marked so in the schema, too.
    """
    headers = SHARED | (retiring.headers if retiring else {})
    answer = view.as_view(
        authentication_classes=[KeyAuthentication], throttle_classes=[ReadingLimit]
    )

    @wraps(answer)
    def shared(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        def rendered(request: HttpRequest) -> HttpResponse:
            whole: Response = answer(request, *args, **kwargs)
            whole.render()  # an ETag is of what is sent
            return whole

        once = cast(HttpResponse, ConditionalGetMiddleware(rendered)(request))
        response = cast(HttpResponse, GZipMiddleware(lambda _: once)(request))
        for name, value in (headers | limits_of(request)).items():
            response.headers[name] = value
        if response.status_code in {200, 304}:
            patch_cache_control(response, public=True, max_age=FRESH_SECONDS)
        return response

    return shared
