"""The header Idempotency-Key (draft-ietf-httpapi-idempotency-key-header-07)."""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import status
from rest_framework.request import Request

from arena.api.authentication import caller, key_of
from arena.api.errors import Refused
from arena.battles.models import IdempotencyKey
from arena.battles.repeats.request_key import RequestKey

HEADER = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="A random text of your own, in quotation marks. A request that is sent again with"
    " the same key, since its reply was lost, is not done twice, and gets the battle that it made.",
)
# A string of RFC 9651, with or without its quotation marks.
TEXT = re.compile(rf'"?([\x20\x21\x23-\x5b\x5d-\x7e]{{1,{IdempotencyKey.LONGEST}}})"?')


def request_key(request: Request, content: Mapping[str, Any]) -> RequestKey | None:
    """The key that a request came with, if it did.

    Args:
        content: what is asked, without what a refusal has asked for in between, such as consent.

    Raises:
        Refused: it is no key (400).
    """
    header = request.headers.get("Idempotency-Key")
    if header is None:
        return None
    match = TEXT.fullmatch(header.strip())
    if match is None:
        raise Refused(
            status.HTTP_400_BAD_REQUEST,
            "idempotency-key-invalid",
            _('Idempotency-Key must be 1 to %d printable ASCII characters, such as "8e03978e".')
            % IdempotencyKey.LONGEST,
        )
    asked = json.dumps([request.path, dict(content)], sort_keys=True, default=str)
    cookie = request.COOKIES.get(settings.CSRF_COOKIE_NAME, "")
    is_program = key_of(request) is not None
    browser = "" if is_program or not cookie else _digest(cookie)
    fingerprint = hashlib.sha256(asked.encode()).hexdigest()
    return RequestKey(match[1], fingerprint, browser, caller(request))


def _digest(cookie: str) -> str:
    return salted_hmac("arena.api.idempotency", cookie, algorithm="sha256").hexdigest()
