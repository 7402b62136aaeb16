"""Middleware that answers what the ASGI layer refused, and refuses text that cannot be stored."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from arena.common.plain_text import NOT_TEXT, is_plain
from arena.edge.refusals import REFUSAL, Refusal, answer

FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}
UNREADABLE = Refusal(400, "not-text", NOT_TEXT)


class BoundedInput:
    """Allows only requests whose address, query, form and cookies are storable text.

    A bad cookie is ignored, because its visitor could not remove it. The API's
    parsers look at its bodies (`arena.api.parsers`).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        for name in [name for name, text in request.COOKIES.items() if not is_plain(name + text)]:
            del request.COOKIES[name]
        refusal: Refusal | None = getattr(request, "scope", {}).get(REFUSAL)
        refusal = refusal or _refusal_of_address(request)
        return answer(request, refusal) if refusal else self._get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Check a form before its view and the database see it."""
        if request.path.startswith("/api/") or request.content_type not in FORMS:
            return None
        fields = request.POST.lists()
        if all(is_plain(text) for name, texts in fields for text in (name, *texts)):
            return None
        return answer(request, UNREADABLE)


def _refusal_of_address(request: HttpRequest) -> Refusal | None:
    if not is_plain(request.path):
        return UNREADABLE
    for name, texts in request.GET.lists():
        if not is_plain(name):
            return UNREADABLE
        if not all(map(is_plain, texts)):
            return replace(UNREADABLE, parameter=name)
    return None
