"""Every request to an endpoint, from its reservation to its outcome.

A call reserves what it may cost at most before it is made, in the day's row of its endpoint,
and then books what it did cost, so no race between processes can exceed a daily budget.
`arena.contestants.calls.circuit_breaker` decides what the outcome means for the endpoint's health.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.db.models import F, Value
from django.utils import timezone

from arena.contestants.calls.circuit_breaker import record_probe, request_probe
from arena.contestants.catalogue.reading import endpoints_of
from arena.contestants.catalogue.targets import limits_of, target_of
from arena.contestants.models import LONGEST_ANSWER_SECONDS, Call, Endpoint, Usage
from arena.contestants.provider import (
    Ending,
    ErrorKind,
    Finished,
    Limits,
    Message,
    ProviderError,
    Target,
)

BYTES_PER_TOKEN = 4  # of English; to estimate what an endpoint did not count
BYTES_OF_A_TEMPLATE = 200
TOKENS_OF_AN_IMAGE = 6000  # of 2048 by 2048 pixels, in patches of 28 by 28, and some more
# Longer than any call may take, the wait for its turn included.
LOST_AFTER = timedelta(
    seconds=max(LONGEST_ANSWER_SECONDS, settings.ARENA.answer_seconds)
    + settings.ARENA.slot_seconds
    + 120
)
KEPT_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class OpenCall:
    """The right to make one request, and what it needs."""

    pk: int
    endpoint: Endpoint = field(repr=False)
    target: Target
    limits: Limits
    prompt_bytes: int


@dataclass(slots=True)
class Outcome:
    """The outcome of a call: an answer, an error, or neither if nobody waited for it.

    `received` is the size in UTF-8 bytes of the text that came, shown or not.
    """

    finished: Finished | None = None
    error: ProviderError | None = None
    received: int = 0


def begin_call(contestant_id: int, messages: Sequence[Message]) -> OpenCall | None:
    """Begin a call to the first endpoint of a contestant that is up and within its budget."""
    for endpoint in endpoints_of(contestant_id):
        if call := begin_call_to(endpoint, messages):
            return call
    return None


@transaction.atomic
def begin_call_to(
    endpoint: Endpoint,
    messages: Sequence[Message],
    *,
    is_probe: bool = False,
    key: int | None = None,
) -> OpenCall | None:
    """Reserve the most that a call may cost; None if it would exceed the day's budget.

    Args:
        key: the index of the endpoint's key to use; None: a random one.
    """
    prompt_bytes = BYTES_OF_A_TEMPLATE + len(endpoint.system_prompt.encode())
    prompt_bytes += sum(map(_bytes_of, messages))
    # A token has at least one byte.
    reserved = endpoint.cost_of(prompt_bytes, endpoint.most_completion_tokens)
    day = timezone.now().date()
    if not _reserve(endpoint, day, reserved):
        # It is the day's first call, or beyond the budget.
        Usage.objects.bulk_create([Usage(endpoint=endpoint, day=day)], ignore_conflicts=True)
        if not _reserve(endpoint, day, reserved):
            return None
    call = Call.objects.create(
        endpoint=endpoint,
        day=day,
        started_at=timezone.now(),
        is_probe=is_probe,
        reserved=reserved,
    )
    return OpenCall(call.pk, endpoint, target_of(endpoint, key), limits_of(endpoint), prompt_bytes)


def _reserve(endpoint: Endpoint, day: date, cost: Decimal) -> bool:
    """Add a call of this cost to the endpoint's day; False if it has no row, or no budget left."""
    usage = Usage.objects.filter(endpoint=endpoint, day=day)
    if endpoint.daily_budget is not None:
        # On this row alone, so that PostgreSQL checks it again after a wait for its lock.
        usage = usage.filter(cost__lte=Value(endpoint.daily_budget - cost) - F("reserved"))
    return bool(usage.update(calls=F("calls") + 1, reserved=F("reserved") + cost))


def _bytes_of(message: Message) -> int:
    """The bytes of a message's text, and of each image as many as it may have tokens at most."""
    if isinstance(message["content"], str):
        return len(message["content"].encode())
    return sum(
        len(part["text"].encode()) if part["type"] == "text" else TOKENS_OF_AN_IMAGE
        for part in message["content"]
    )


@transaction.atomic
def end_call(call: OpenCall, outcome: Outcome) -> None:
    """Book what a call did cost, and report its outcome to the circuit breaker."""
    finished, error = outcome.finished, outcome.error
    prompt_tokens = finished.prompt_tokens if finished else None
    completion_tokens = finished.completion_tokens if finished else None
    is_estimated = prompt_tokens is None or completion_tokens is None
    if (
        error
        and not outcome.received
        and error.kind
        in {
            ErrorKind.BUSY,
            ErrorKind.UNREACHABLE,
            ErrorKind.REJECTED,
        }
    ):
        prompt_tokens = completion_tokens = 0  # it was not answered, so it is not charged
        is_estimated = False
    if prompt_tokens is None:
        prompt_tokens = call.prompt_bytes // BYTES_PER_TOKEN
    if completion_tokens is None:
        completion_tokens = -(-outcome.received // BYTES_PER_TOKEN)
    _settle(
        call.pk,
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        is_estimated=is_estimated,
        cost=call.endpoint.cost_of(prompt_tokens, completion_tokens),
        error=error.kind if error else "" if finished else Call.CANCELLED,
        error_detail=error.detail if error else "",
        first_token_seconds=finished.first_token_seconds if finished else None,
        seconds=finished.seconds if finished else None,
    )
    if finished and finished.ending is Ending.BROKEN_OFF:
        request_probe(call.endpoint.pk)  # a probe that ends like this counts as failed


def _settle(
    call_id: int,
    *,
    prompt_tokens: int,
    completion_tokens: int,
    is_estimated: bool,
    cost: Decimal,
    error: str,
    **values: object,
) -> None:
    call = Call.objects.select_for_update().filter(pk=call_id, ended_at=None).first()
    if call is None:
        return  # given up as lost
    Call.objects.filter(pk=call_id).update(
        ended_at=timezone.now(),
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        is_estimated=is_estimated,
        cost=cost,
        error=error,
        **values,
    )
    tokens = prompt_tokens + completion_tokens
    Usage.objects.filter(endpoint=call.endpoint_id, day=call.day).update(
        failures=F("failures") + int(error not in {"", Call.CANCELLED}),
        prompt_tokens=F("prompt_tokens") + prompt_tokens,
        completion_tokens=F("completion_tokens") + completion_tokens,
        estimated_tokens=F("estimated_tokens") + (tokens if is_estimated else 0),
        cost=F("cost") + cost,
        reserved=F("reserved") - call.reserved,
    )
    if error in {Call.CANCELLED, Call.LOST, ErrorKind.BUSY}:
        return  # not the endpoint's fault
    if call.is_probe:
        record_probe(call.endpoint_id, error, str(values.get("error_detail", "")))
    elif error:
        request_probe(call.endpoint_id)


# --- calls of killed processes -----------------------------------------------------------------


def tidy_calls() -> None:
    """Book lost calls at the most they may have cost; delete old calls. Their sums are kept."""
    now = timezone.now()
    lost = Call.objects.filter(ended_at=None, started_at__lt=now - LOST_AFTER)
    for call_id, reserved in lost.values_list("pk", "reserved"):
        with transaction.atomic():
            _settle(
                call_id,
                prompt_tokens=0,
                completion_tokens=0,
                is_estimated=True,
                cost=reserved,
                error=Call.LOST,
            )
    Call.objects.filter(started_at__lt=now - KEPT_FOR).exclude(ended_at=None).delete()
