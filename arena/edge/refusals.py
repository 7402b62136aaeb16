"""Answers to requests that are refused before any view: a page or a problem document."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.functional import Promise

from arena.api import errors

REFUSAL = "arena.refusal"
"""Where the ASGI scope of a refused request says why."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is refused.

    `kind` is its code for programs (``urn:blind-arena:<kind>``), `wait` the seconds after which
    it is worth trying again, `parameter` the name of the query's parameter that is wrong.
    """

    status: int
    kind: str
    reason: str | Promise
    wait: int | None = None
    parameter: str | None = None


def answer(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The response to a refused request."""
    response: HttpResponse
    if request.path.startswith("/api/"):
        more: dict[str, Any] = {}
        if refusal.wait is not None:
            more["retry_after"] = refusal.wait
        if refusal.parameter is not None:
            error = {"pointer": f"#/{refusal.parameter}", "detail": str(refusal.reason)}
            more["errors"] = [error]
        body = errors.problem(
            refusal.status,
            str(refusal.reason),
            type=f"urn:blind-arena:{refusal.kind}",
            **more,
        )
        response = JsonResponse(body, status=refusal.status, content_type=errors.MEDIA_TYPE)
    else:
        response = render(request, "refused.html", {"refusal": refusal}, status=refusal.status)
    if refusal.wait is not None:
        response.headers["Retry-After"] = str(refusal.wait)
    return response
