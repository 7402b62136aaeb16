"""Serve public data to any site: CORS, compression, ETags and a rate limit for reading."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.middleware.gzip import GZipMiddleware
from django.middleware.http import ConditionalGetMiddleware
from django.utils.cache import patch_cache_control
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from arena.api.authentication import KeyAuthentication
from arena.api.gates import admit_reading

FRESH_SECONDS = 5  # how long a copy may be shown without asking again
CORS_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, If-None-Match, If-Modified-Since",
    "Access-Control-Expose-Headers": "ETag, Last-Modified, RateLimit, RateLimit-Policy, "
    "Retry-After",
}


LIMITS = "_limits_of_reading"


class ReadingLimit(BaseThrottle):
    """Counts each request to read; the response headers say how much is left."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        setattr(request._request, LIMITS, admit_reading(request))
        return True


def limits_of(request: HttpRequest) -> dict[str, str]:
    """The rate limit headers of a request."""
    found: dict[str, str] = getattr(request, LIMITS, {})
    return found


def public(view: type[APIView]) -> Callable[..., HttpResponse]:
    """A view that looks at no cookie, to be read by every site, and so often by each.

    Its answers have an ETag, so that who asks again with it gets 304 if nothing changed. They hold
    no secret that their compressed length could tell (BREACH).
    """
    answer = view.as_view(
        authentication_classes=[KeyAuthentication], throttle_classes=[ReadingLimit]
    )

    @wraps(answer)
    def shared(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        def render(request: HttpRequest) -> HttpResponse:
            rendered: Response = answer(request, *args, **kwargs)
            rendered.render()  # the ETag is a digest of the body
            return rendered

        conditional = cast(HttpResponse, ConditionalGetMiddleware(render)(request))
        response = cast(HttpResponse, GZipMiddleware(lambda _: conditional)(request))
        for name, value in (CORS_HEADERS | limits_of(request)).items():
            response.headers[name] = value
        if response.status_code in {200, 304}:
            patch_cache_control(response, public=True, max_age=FRESH_SECONDS)
        return response

    return shared
