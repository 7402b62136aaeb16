"""Probes: short requests with the arena's own prompt, which show whether an endpoint works."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from django.utils import timezone

from arena.contestants.calls.budget import Outcome, begin_call_to, end_call
from arena.contestants.calls.circuit_breaker import PROBE_LEASE, extend_probe
from arena.contestants.models import Endpoint
from arena.contestants.provider import PROBE, ErrorKind, Limits, ProbeReport, ProviderError, probe
from arena.contestants.redaction.redactor import Redactor

LEASE_EXTENDED_EVERY = 10.0  # seconds


def test_endpoint(endpoint: Endpoint) -> ProbeReport:
    """Send one real, short request to an endpoint and report what came back.

    The outcome moves its circuit breaker: an endpoint that answers is drawn again. If its answer
    begins inside a thought, this is saved with the endpoint. One
    accepted key of several is enough.
    """
    call = begin_call_to(endpoint, PROBE, is_probe=True)
    if call is None:
        return ProbeReport(
            error=ProviderError(ErrorKind.BUSY, "The test would exceed the budget of today.")
        )
    target, extend_lease = call.target, _lease_extender(endpoint.pk, call.limits)
    report = probe(target, call.limits, extend_lease)
    for _ in target.spare_keys:
        if not (report.error and report.error.key_refused):
            break
        target = target.with_next_key()
        report = probe(target, call.limits, extend_lease)
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
            note="The answer begins inside a thought. The endpoint remembers this: from now on "
            "nothing is shown before the end of the thought.",
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
