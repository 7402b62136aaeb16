"""Writes to the catalogue."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from arena.contestants.addresses import clean_address
from arena.contestants.breaker import PROBE_LEASE, extend_probe
from arena.contestants.calls import Outcome, begin_call_to, end_call
from arena.contestants.models import Contestant, Endpoint
from arena.contestants.provider import (
    PROBE,
    ErrorKind,
    Limits,
    ProbeReport,
    ProviderError,
    probe,
)
from arena.contestants.redaction import Redactor
from arena.contestants.selectors import is_proven

LEASE_EXTENDED_EVERY = 10.0  # seconds


@dataclass(frozen=True, slots=True)
class EndpointSpec:
    """An endpoint as a catalogue file states it."""

    base_url: str
    model_id: str
    api_key: str = ""
    system_prompt: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)


@transaction.atomic
def register(
    *,
    slug: str,
    name: str,
    organisation: str,
    licence: str,
    licence_url: str = "",
    website: str = "",
    description: str,
    aliases: Sequence[str] = (),
    state: str = Contestant.State.ACTIVE,
    takes_images: bool = False,
    endpoint: EndpointSpec,
) -> Contestant:
    """Enter a contestant with its one endpoint, or bring a registered one up to date.

    The state, and whether it takes images, are set on the first registration only, so that an
    operator who retires a contestant does not find it back in the draw after a restart. It enters
    the draw untested.

    Raises:
        django.core.exceptions.ValidationError: a value is not valid.
    """
    stated = {
        "name": name,
        "organisation": organisation,
        "licence": licence,
        "licence_url": licence_url,
        "website": website,
        "description": description,
        "aliases": list(aliases),
    }
    known = Contestant.objects.filter(slug=slug).first()
    contestant = known or Contestant(slug=slug, takes_images=takes_images)
    for attribute, value in stated.items():
        setattr(contestant, attribute, value)
    contestant.full_clean()
    contestant.save()

    address = contestant.endpoints.first() or Endpoint(contestant=contestant)
    address.base_url = clean_address(endpoint.base_url)
    address.model_id = endpoint.model_id
    address.api_key = endpoint.api_key
    address.system_prompt = endpoint.system_prompt
    address.parameters = dict(endpoint.parameters)
    address.full_clean()
    address.save()
    if known is None and state != contestant.state:
        contestant.state = state
        contestant.save()
    return contestant


class NotReady(Exception):
    """A contestant cannot enter the draw; the text says why."""


@transaction.atomic
def enter_draw(contestant_id: int, state: str, reason: str = "") -> None:
    """Let a contestant compete that has an endpoint which answered its newest test.

    Args:
        state: one of COMPETING.
        reason: for the public record.

    Raises:
        NotReady: it has no such endpoint.
    """
    contestant = Contestant.objects.select_for_update().get(pk=contestant_id)
    endpoints = contestant.endpoints.filter(enabled=True)
    if not endpoints.exists():
        raise NotReady("It has no endpoint that is switched on.")
    if not any(map(is_proven, endpoints)):
        raise NotReady("None of its endpoints answered.")
    contestant.state, contestant.state_reason = state, reason
    contestant.full_clean()
    contestant.save()


@transaction.atomic
def reencrypt_keys() -> int:
    """Encrypt every endpoint's key with the newest encryption key; returns how many there are."""
    endpoints = list(Endpoint.objects.select_for_update().exclude(api_key=""))
    Endpoint.objects.bulk_update(endpoints, ["api_key"])
    return len(endpoints)


def test_endpoint(endpoint: Endpoint) -> ProbeReport:
    """Send one real, short request to an endpoint and report what came back.

    The outcome counts for its health: an endpoint that answers comes back into the draw. If its
    answer shows that it begins inside a thought, that is kept with the endpoint.
    """
    call = begin_call_to(endpoint, PROBE, is_probe=True)
    if call is None:
        return ProbeReport(
            error=ProviderError(ErrorKind.BUSY, "The budget of today does not allow for it.")
        )
    report = probe(call.target, call.limits, _lease_extender(endpoint.pk, call.limits))
    end_call(call, Outcome(report.finished, report.error, len(report.text.encode())))
    if report.finished:
        # Unless somebody changed it meanwhile.
        Endpoint.objects.filter(
            pk=endpoint.pk,
            base_url=endpoint.base_url,
            model_id=endpoint.model_id,
            system_prompt=endpoint.system_prompt,
            parameters=endpoint.parameters,
        ).update(answered_at=timezone.now())
    if report.finished and not endpoint.thinks_first and _shows_a_thought(report.text):
        Endpoint.objects.filter(pk=endpoint.pk).update(thinks_first=True)
        report = replace(
            report,
            note="The answer begins inside a thought. This is noted with the endpoint, and from "
            "now on nothing is shown before the end of the thought.",
        )
    return report


def _lease_extender(endpoint_id: int, limits: Limits) -> Callable[[], None]:
    """Extends the lease of a probe when called, now and then: a model may think for minutes."""
    longest_silence = max(limits.first_sign, limits.between_tokens)
    lease = max(PROBE_LEASE, timedelta(seconds=longest_silence + 30))
    extend_probe(endpoint_id, lease)
    extended_at = time.monotonic()

    def extend() -> None:
        nonlocal extended_at
        if time.monotonic() - extended_at > LEASE_EXTENDED_EVERY:
            extended_at = time.monotonic()
            extend_probe(endpoint_id, lease)

    return extend


def _shows_a_thought(text: str) -> bool:
    redactor = Redactor()
    try:
        redactor.feed(text)
        redactor.end()
    except ProviderError as error:
        return error.kind is ErrorKind.THINKS_ALOUD
    return False


def probe_endpoint(endpoint_id: int) -> None:
    """Probe an endpoint, if it is still there."""
    if endpoint := Endpoint.objects.filter(pk=endpoint_id).first():
        test_endpoint(endpoint)
