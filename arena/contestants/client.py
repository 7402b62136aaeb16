"""One answer as the arena shows it: asked for, streamed, and redacted on the way."""

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import count
from secrets import SystemRandom

from django.conf import settings

from arena.contestants.calls import OpenCall, Outcome, end_call
from arena.contestants.provider import (
    Delta,
    ErrorKind,
    Finished,
    Limits,
    Message,
    ProviderError,
    Target,
    stream_chat,
)
from arena.contestants.redaction import Redactor
from arena.contestants.slots import slots

RETRIES = 5
FIRST_BACKOFF_SECONDS = 0.5
LONGEST_BACKOFF_SECONDS = 8.0
PAUSE_SECONDS = 0.25  # a wait is interrupted this often

_random = SystemRandom()


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing has come yet; the reader may give up instead of waiting on."""


Event = Delta | Finished | Waiting


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
    redactor = Redactor(thinks_first=call.target.thinks_first)
    call = replace(call, limits=replace(call.limits, unwanted=unwanted))
    try:
        with closing(in_turn(call, messages)) as events:
            for event in redacted(_counted(events, outcome), redactor):
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


def _counted(events: Iterable[Event], outcome: Outcome) -> Iterator[Event]:
    for event in events:
        if isinstance(event, Delta):
            outcome.received += len(event.text.encode())
        yield event


def in_turn(call: OpenCall, messages: Sequence[Message]) -> Generator[Event, None, None]:
    """Wait until the endpoint has a slot free, then ask it.

    Raises:
        ProviderError: BUSY if it takes too long, or whatever asking raises.
    """
    limit = call.endpoint.max_concurrency
    if limit is None:
        yield from with_retries(call.target, messages, call.limits)
        return
    until = time.monotonic() + settings.ARENA_SLOT_SECONDS
    while (slot := slots().take(call.endpoint.pk, limit)) is None:
        if time.monotonic() > until:
            raise ProviderError(ErrorKind.BUSY, f"All of its {limit} slots were taken for long.")
        yield from _paused(_random.uniform(0.5, 1.5) * PAUSE_SECONDS)
    with slots().held(slot):
        yield from with_retries(call.target, messages, call.limits)


def with_retries(
    target: Target, messages: Sequence[Message], limits: Limits
) -> Generator[Event, None, None]:
    """Ask again after a failure that may pass, but only while nothing of an answer has come.

    Waits between attempts grow exponentially, with full jitter, and all attempts together
    keep to the limit of the first token. What an endpoint asks for in Retry-After is
    granted if it fits into that, else its failure stands at once.

    Raises:
        ProviderError: what the last attempt raised.
    """
    started = time.monotonic()
    for attempt in count():
        spent = time.monotonic() - started
        left = replace(limits, first_token=limits.first_token - spent, whole=limits.whole - spent)
        begun = False
        try:
            with closing(stream_chat(target, messages, left)) as events:
                for event in events:
                    begun = True
                    yield _since(event, spent)
            return
        except ProviderError as error:
            backoff = min(LONGEST_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2**attempt)
            delay = _random.uniform(0, backoff) + (error.retry_after or 0)
            resumes = time.monotonic() - started + delay
            if begun or not error.passing or attempt == RETRIES or resumes >= limits.first_token:
                raise
        yield from _paused(delay)


def _since(event: Delta | Finished, spent: float) -> Delta | Finished:
    """An event of a later attempt, its times counted from the first one."""
    if isinstance(event, Delta):
        return event
    return replace(
        event,
        first_token_seconds=event.first_token_seconds + spent,
        seconds=event.seconds + spent,
    )


def _paused(seconds: float) -> Iterator[Waiting]:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        yield Waiting()
        time.sleep(min(PAUSE_SECONDS, left))


def redacted(events: Iterable[Event], redactor: Redactor) -> Generator[Event, None, None]:
    """An answer without what trivially tells its model; `Finished.removed` says what went."""
    has_substance = False
    for event in events:
        if isinstance(event, Waiting):
            yield event
            continue
        text = redactor.feed(event.text) if isinstance(event, Delta) else redactor.end()
        has_substance = has_substance or bool(text.strip())
        if text:
            yield Delta(text)
        if isinstance(event, Finished):
            removed = {kind.value: number for kind, number in redactor.removed.items()}
            if not has_substance:
                raise ProviderError(
                    ErrorKind.EMPTY, f"Nothing remains of the answer but what is hidden: {removed}"
                )
            yield replace(event, removed=removed)
