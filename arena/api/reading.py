"""How what everybody may read is served: to pages of any site, compressed, and not twice."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.middleware.gzip import GZipMiddleware
from django.middleware.http import ConditionalGetMiddleware
from django.utils.cache import patch_cache_control
from rest_framework.response import Response
from rest_framework.views import APIView

FRESH_SECONDS = 5  # how long a copy may be shown without asking again
SHARED = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "If-None-Match, If-Modified-Since",
    "Access-Control-Expose-Headers": "ETag, Last-Modified",
}


def public(view: type[APIView]) -> Callable[..., HttpResponse]:
    """A view that looks at no cookie, to be read by every site.

    Its answers have an ETag, so that who asks again with it gets 304 if nothing changed. They hold
    no secret that their compressed length could tell (BREACH).
    """
    answer = view.as_view(authentication_classes=[])

    @wraps(answer)
    def shared(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        def rendered(request: HttpRequest) -> HttpResponse:
            whole: Response = answer(request, *args, **kwargs)
            whole.render()  # an ETag is of what is sent
            return whole

        once = ConditionalGetMiddleware(rendered)
        response = cast(HttpResponse, GZipMiddleware(once)(request))
        for name, value in SHARED.items():
            response.headers[name] = value
        if response.status_code in {200, 304}:
            patch_cache_control(response, public=True, max_age=FRESH_SECONDS)
        return response

    return shared
