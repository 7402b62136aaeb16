"""Requests one answer, with retries, and streams it redacted."""

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import count
from secrets import SystemRandom

from django.conf import settings

from arena.contestants.calls.budget import OpenCall, Outcome, end_call
from arena.contestants.calls.slots import slots
from arena.contestants.provider import (
    Delta,
    ErrorKind,
    Event,
    Finished,
    Limits,
    Message,
    ProviderError,
    Shown,
    Target,
    Waiting,
    stream_chat,
)
from arena.contestants.redaction.redactor import Redactor

RETRIES = 5
FIRST_BACKOFF_SECONDS = 0.5
LONGEST_BACKOFF_SECONDS = 8.0
PAUSE_SECONDS = 0.25  # between two signs of life during a wait

_random = SystemRandom()


def stream_answer(
    call: OpenCall, messages: Sequence[Message], *, unwanted: Callable[[], bool] = lambda: False
) -> Generator[Event, None, None]:
    """Make a call and yield its answer as it may be shown: deltas, then `Finished`.

    Closing the generator closes the connection, and so does another thread for which `unwanted`
    gives True: then it ends without `Finished`. However it ends, the call is settled.

    Raises:
        ProviderError: the endpoint gave no answer that may be shown, within the limits.
    """
    outcome = Outcome()
    call = replace(call, limits=replace(call.limits, unwanted=unwanted))
    try:
        with closing(once_a_slot_is_free(call, messages, outcome)) as events:
            for event in events:
                if isinstance(event, Finished):
                    outcome.finished = event
                yield event
    except ProviderError as error:
        if unwanted():
            return
        outcome.error = error
        raise
    finally:
        end_call(call, outcome)


def once_a_slot_is_free(
    call: OpenCall, messages: Sequence[Message], outcome: Outcome
) -> Generator[Event, None, None]:
    """Wait until the endpoint has a slot free, then ask it.

    Raises:
        ProviderError: BUSY if it takes too long, or whatever asking raises.
    """
    limit = call.endpoint.max_concurrency
    if limit is None:
        yield from with_retries(call.target, messages, call.limits, outcome)
        return
    until = time.monotonic() + settings.ARENA.slot_seconds
    while (slot := slots().take(call.endpoint.pk, limit)) is None:
        if time.monotonic() > until:
            raise ProviderError(
                ErrorKind.BUSY, f"All of its {limit} slots were in use for too long."
            )
        yield from _paused(_random.uniform(0.5, 1.5) * PAUSE_SECONDS)
    with slots().held(slot):
        yield from with_retries(call.target, messages, call.limits, outcome)


def _paused(seconds: float) -> Iterator[Waiting]:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        yield Waiting()
        time.sleep(min(PAUSE_SECONDS, left))


def with_retries(
    target: Target,
    messages: Sequence[Message],
    limits: Limits,
    outcome: Outcome,
    *,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], Iterator[Waiting]] = _paused,
) -> Generator[Event, None, None]:
    """Ask, and ask again after a failure that may pass, as long as nothing has been shown.

    Waits between attempts grow exponentially, with full jitter. All attempts together keep to the
    limit of the first token, and all waits to that of the first sign of life. The wait
    that an endpoint asks for in Retry-After is kept if it fits into that limit; otherwise the
    call fails at once.
    After a refused key the next one of the endpoint is tried without a wait, until none is left.

    Args:
        clock: gives seconds that only grow.
        pause: waits for a number of seconds of that clock and yields signs of life.

    Raises:
        ProviderError: what the last attempt raised.
    """
    started = clock()
    waited = 0.0
    untried_keys = len(target.spare_keys)
    for attempt in count():
        spent = clock() - started
        left = replace(limits, first_token=limits.first_token - spent, whole=limits.whole - spent)
        is_shown = False
        try:
            with closing(one_attempt(target, messages, left, outcome)) as events:
                for event in events:
                    is_shown = is_shown or isinstance(event, Delta)
                    yield _since(event, spent)
            return
        except ProviderError as error:
            if error.key_refused:
                target = target.with_next_key()
                if untried_keys and not is_shown:
                    untried_keys -= 1
                    continue
            backoff = min(LONGEST_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2**attempt)
            delay = _random.uniform(0, backoff) + (error.retry_after or 0)
            waited += delay
            if (
                is_shown
                or not error.is_transient
                or attempt >= RETRIES + len(target.spare_keys)
                or waited >= limits.first_sign
                or clock() - started + delay >= limits.first_token
            ):
                raise
        yield from pause(delay)


def one_attempt(
    target: Target, messages: Sequence[Message], limits: Limits, outcome: Outcome
) -> Generator[Event, None, None]:
    """Ask once and yield what may be shown of the answer."""
    shown = Shown()
    redactor = Redactor(thinks_first=target.thinks_first)
    with closing(stream_chat(target, messages, limits, shown)) as events:
        yield from redacted(_counted(events, outcome), redactor, shown)


def _counted(events: Iterable[Event], outcome: Outcome) -> Iterator[Event]:
    for event in events:
        if isinstance(event, Delta):
            outcome.received += len(event.text.encode())
        yield event


def _since(event: Event, spent: float) -> Event:
    """An event of a later attempt, its times counted from the first one."""
    if not isinstance(event, Finished):
        return event
    return replace(
        event,
        first_token_seconds=event.first_token_seconds + spent,
        seconds=event.seconds + spent,
    )


def redacted(
    events: Iterable[Event], redactor: Redactor, shown: Shown
) -> Generator[Event, None, None]:
    """Remove from an answer what shows its model; `Finished.removed` counts what was removed.

    Updates `shown`: removed text is no first token.
    """
    for event in events:
        match event:
            case Waiting():
                yield event
                continue
            case Delta():
                text = redactor.feed(event.text)
            case Finished():
                text = redactor.end()
        if text:
            shown.add(text)
            yield Delta(text)
        elif isinstance(event, Delta):
            yield Waiting()
        if isinstance(event, Finished):
            removed = {kind.value: number for kind, number in redactor.removed.items()}
            if shown.first_at is None:
                raise ProviderError(
                    ErrorKind.EMPTY, f"The answer has only text that is not shown: {removed}"
                )
            yield replace(event, removed=removed, first_token_seconds=shown.first_token_seconds)
