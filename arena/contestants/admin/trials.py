"""Tests of endpoints that an operator asks for: what came back, and what to change if it failed."""

import json
import time
from contextlib import closing
from dataclasses import dataclass, replace
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from urllib3.exceptions import HTTPError

from arena.contestants.addresses import candidates
from arena.contestants.admin.hints import hint_for, status_of
from arena.contestants.calls.probing import test_endpoint
from arena.contestants.catalogue.targets import limits_of, target_of
from arena.contestants.models import Endpoint
from arena.contestants.network import connection_to
from arena.contestants.provider import (
    ErrorKind,
    Limits,
    ProbeReport,
    ProviderError,
    Target,
    probe,
)
from arena.contestants.provider.headers import request_headers

# For an address that is only guessed.
GUESS_LIMITS = Limits(connect=2, first_token=20, between_tokens=10, whole=30)
GUESSING_SECONDS = 60.0  # for all of them
LIST_SECONDS = 5.0
MAX_LIST_BYTES = 2_000_000
MAX_MODELS = 30
MAX_ID_CHARS = 200

# Statuses that another address would not change: the key, the account, too many requests.
_ADDRESS_IS_RIGHT = {401, 402, 403, 408, 413, 429, 503, 529}


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one test.

    Args:
        asked: the whole address that the request went to.
        text: what came back.
        seconds: until the whole answer was there; None if it failed.
        hint: what to do about a failure; empty if it answered.
        detail: the failure in the endpoint's own words.
        proposal: a base URL that answers instead; empty if none was found.
        models: ids that the endpoint offers, where the model's is not among them.
        note: what was found out besides.
    """

    endpoint_id: int
    model_id: str
    asked: str
    text: str = ""
    seconds: float | None = None
    hint: str = ""
    detail: str = ""
    proposal: str = ""
    models: tuple[str, ...] = ()
    note: str = ""

    @property
    def answered(self) -> bool:
        return not self.hint


def run(endpoint: Endpoint) -> Trial:
    """Send an endpoint one real, short request; if it fails, look for what it may be."""
    report = test_endpoint(endpoint)
    target = target_of(endpoint)
    trial = Trial(
        endpoint.pk,
        endpoint.model_id,
        asked=chat_address(endpoint.base_url),
        text=report.text,
        note=report.note,
    )
    if report.error is None:
        trial = replace(trial, note=" ".join(filter(None, [trial.note, *_refused_keys(endpoint)])))
        return replace(trial, seconds=report.finished.seconds if report.finished else None)
    trial = replace(
        trial,
        hint=hint_for(report.error.kind, report.error.detail),
        detail=report.error.detail,
    )
    if not _may_be_elsewhere(report):
        return trial
    models = offered_models(target)
    if models and endpoint.model_id not in models:
        return replace(
            trial, hint="It does not offer a model of this id.", models=tuple(models[:MAX_MODELS])
        )
    proposal = "" if models else working_address(target)
    if proposal:
        trial = replace(trial, hint=f"Nothing answers chats at this address, but {proposal} does.")
    return replace(trial, proposal=proposal)


def _refused_keys(endpoint: Endpoint) -> list[str]:
    """Which of an endpoint's several keys it refuses, in words for the operator."""
    number, notes = len(endpoint.keys), []
    until = time.monotonic() + GUESSING_SECONDS
    for place in range(number if number > 1 else 0):
        if time.monotonic() > until:
            notes.append(f"Keys {place + 1} to {number} were not tried: it took too long.")
            break
        error = probe(target_of(endpoint, place), limits_of(endpoint)).error
        if error and error.key_refused:
            notes.append(f"It refuses key {place + 1} of {number}: {error.detail}")
    return notes


def chat_address(base_url: str) -> str:
    """Where the requests to an endpoint go."""
    parts = urlsplit(base_url)
    return parts._replace(path=parts.path.rstrip("/") + "/chat/completions").geturl()


def _may_be_elsewhere(report: ProbeReport) -> bool:
    error = report.error
    if error is None or report.text:
        return False
    if error.kind is ErrorKind.UNREACHABLE:
        return "SSL" in error.detail
    return error.kind not in {ErrorKind.BUSY, ErrorKind.TIMEOUT} and (
        status_of(error) not in _ADDRESS_IS_RIGHT
    )


def working_address(target: Target) -> str:
    """Another base URL at which a target's model answers, or at least others do; "" for none."""
    until = time.monotonic() + GUESSING_SECONDS
    for address in candidates(target.base_url):
        if time.monotonic() > until:
            break
        is_downgrade = target.base_url.startswith("https:") and address.startswith("http:")
        other = replace(target, base_url=address)
        if is_downgrade:  # a key that was to be encrypted stays so
            other = replace(other, api_key="", spare_keys=())
        if probe(other, GUESS_LIMITS).finished or offered_models(other):
            return address
    return ""


def offered_models(target: Target) -> list[str]:
    """The ids of the models that an endpoint lists; none if it lists none or does not answer."""
    parts = urlsplit(target.base_url)
    path = parts.path.rstrip("/") + "/models" + (f"?{parts.query}" if parts.query else "")
    headers = request_headers(target.api_key)
    try:
        with closing(connection_to(target.base_url, LIST_SECONDS)) as connection:
            connection.request("GET", path, headers=headers, preload_content=False)
            with closing(connection.getresponse()) as response:
                if response.status != 200:
                    return []
                return _ids(json.loads(_body(response)))
    except (HTTPError, HTTPException, OSError, ValueError, RecursionError, ProviderError):
        return []


def _body(response: Any) -> bytes:
    """A body of bounded size, in bounded time."""
    until = time.monotonic() + LIST_SECONDS
    body = bytearray()
    while data := response.read1(65_536):
        body += data
        if len(body) > MAX_LIST_BYTES or time.monotonic() > until:
            raise ValueError("The list is endless.")
    return bytes(body)


def _ids(listed: Any) -> list[str]:
    """The ids of a list in OpenAI's form, or of a bare one."""
    rows = listed.get("data", listed.get("models")) if isinstance(listed, dict) else listed
    if not isinstance(rows, list):
        return []
    named = (row.get("id", row.get("name")) if isinstance(row, dict) else row for row in rows)
    return [
        name
        for name in named
        if isinstance(name, str) and 0 < len(name) <= MAX_ID_CHARS and name.isprintable()
    ]
