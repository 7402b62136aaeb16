"""What a visitor sees when something went wrong: a page, or a problem document from the API."""

import sys

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import REASON_NO_CSRF_COOKIE
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.api import errors
from arena.edge.refusals import Refusal, answer

AWAY = Refusal(
    503, "away", gettext_lazy("The database is away for a moment. Please try again."), wait=5
)


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, Refusal(400, "bad-request", _("This request cannot be understood.")))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "403.html", status=403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    needs_cookies = reason == REASON_NO_CSRF_COOKIE
    return render(request, "403.html", {"needs_cookies": needs_cookies}, status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_api(request):
        return errors.not_found(request)
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    if isinstance(sys.exception(), OperationalError):
        return answer(request, AWAY)
    if _is_api(request):
        return errors.server_error(request)
    return render(request, "500.html", status=500)
