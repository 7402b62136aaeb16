"""Errors of the API as RFC 9457 problem documents, and the table of exceptions that become one."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler as default_handler

from arena.battles.access import BattleUnknown
from arena.battles.asking import PromptRefused, TooManyBattles
from arena.battles.drawing.matchmaking import NoContestants
from arena.battles.opening import ContestantsRefused
from arena.battles.prompts.images import DecoderBusy, ImageRefused
from arena.battles.repeats.idempotency import KeyReused
from arena.battles.turns import TurnRefused
from arena.battles.voting.cast import VoteRefused
from arena.battles.voting.reactions import Contradiction, ReactionRefused

MEDIA_TYPE = "application/problem+json"
RUNNING_SECONDS = 10  # when one of the running battles may have come to its end
KEPT_HEADERS = {"Retry-After", "Allow", "WWW-Authenticate"}


class Conflict(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_detail = "The request does not fit the state of the resource."
    default_code = "conflict"


class Unavailable(APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = "The service is not available at the moment."
    default_code = "unavailable"


class Refused(APIException):
    """A refusal that the caller can do something about, and what.

    Args:
        kind: what programs tell it by; the problem's type is ``urn:blind-arena:<kind>``.
        wait: seconds until it is worth trying again.
        headers: further headers of the response.
        members: further members of the problem document.
    """

    def __init__(
        self,
        code: int,
        kind: str,
        detail: str,
        *,
        wait: int | None = None,
        headers: Mapping[str, str] | None = None,
        **members: Any,
    ) -> None:
        super().__init__(detail, kind)
        self.status_code = code
        self.headers = dict(headers or {})
        self.members = {"type": f"urn:blind-arena:{kind}", **members}
        if wait is not None:
            self.headers["Retry-After"] = str(wait)
            self.members["retry_after"] = wait


def _invalid(field: str) -> Callable[[str], APIException]:
    return lambda reason: ValidationError({field: [reason]})


# What services raise, and the error of the API that it becomes, given its message.
REFUSALS: Mapping[type[Exception], Callable[[str], APIException]] = {
    BattleUnknown: NotFound,
    Contradiction: _invalid("traits"),
    ContestantsRefused: _invalid("contestants"),
    DecoderBusy: Unavailable,
    ImageRefused: _invalid("image"),
    KeyReused: lambda reason: Refused(
        status.HTTP_422_UNPROCESSABLE_ENTITY,
        "idempotency-key-reused",
        reason,
        title=_("Idempotency-Key is already used"),
    ),
    NoContestants: Unavailable,
    PromptRefused: _invalid("prompt"),
    ReactionRefused: Conflict,
    TooManyBattles: lambda reason: Refused(
        status.HTTP_429_TOO_MANY_REQUESTS, "battles-running", reason, wait=RUNNING_SECONDS
    ),
    TurnRefused: Conflict,
    VoteRefused: Conflict,
}


def problem(code: int, detail: str, **members: Any) -> dict[str, Any]:
    """A problem document (RFC 9457, section 3)."""
    return {
        "type": "about:blank",
        "title": HTTPStatus(code).phrase,
        "status": code,
        "detail": detail,
        **members,
    }


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn what a view raises into a problem document."""
    if refusal := REFUSALS.get(type(error)):
        error = refusal(str(error))
    response = default_handler(error, context)
    if response is None:
        return None
    headers = {k: v for k, v in response.items() if k in KEPT_HEADERS}
    match error:
        case Refused():
            body = problem(response.status_code, str(error.detail), **error.members)
            headers |= error.headers
        case ValidationError():
            errors = _field_errors(response.data)
            detail = errors[0]["detail"] if errors else "The request is not valid."
            body = problem(response.status_code, detail, errors=errors)
        case APIException() | Http404() | PermissionDenied():
            body = problem(response.status_code, str(response.data["detail"]))
    return Response(
        body,
        status=response.status_code,
        headers=headers,
        content_type=MEDIA_TYPE,
    )


def _field_errors(data: Any, pointer: str = "") -> list[dict[str, str]]:
    """DRF's nested lists of messages, flat: each with the JSON pointer of what is wrong."""
    if isinstance(data, dict):
        items = (
            (f"{pointer}/{key}" if key != "non_field_errors" else pointer, value)
            for key, value in data.items()
        )
        return [error for place, value in items for error in _field_errors(value, place)]
    if isinstance(data, list):
        return [error for value in data for error in _field_errors(value, pointer)]
    return [{"pointer": f"#{pointer}", "detail": str(data)}]


def not_found(request: HttpRequest) -> JsonResponse:
    """An address below /api/ that does not exist."""
    return _json(problem(404, "There is nothing at this address."))


def server_error(request: HttpRequest) -> JsonResponse:
    """A fault of our own."""
    return _json(problem(500, "Something went wrong on our side. It has been logged."))


def _json(body: dict[str, Any]) -> JsonResponse:
    return JsonResponse(body, status=body["status"], content_type=MEDIA_TYPE)
