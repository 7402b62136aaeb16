"""One answer as the arena shows it: asked for, streamed, and redacted on the way."""

from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import replace

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


def stream_answer(
    target: Target, messages: Sequence[Message], limits: Limits
) -> Generator[Delta | Finished, None, None]:
    """Ask for one answer and yield it as it may be shown: deltas, then `Finished`.

    Closing the generator closes the connection.

    Raises:
        ProviderError: the endpoint gave no answer that may be shown, within the limits.
    """
    with closing(stream_chat(target, messages, limits)) as events:
        yield from redacted(events, Redactor(thinks_first=target.thinks_first))


def redacted(
    events: Iterable[Delta | Finished], redactor: Redactor
) -> Generator[Delta | Finished, None, None]:
    """An answer without what trivially tells its model; `Finished.removed` says what went."""
    has_substance = False
    for event in events:
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
