"""Calls of an endpoint, and what the site knows of it afterwards."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from arena.contestants.calls.budget import OpenCall, begin_call_to
from arena.contestants.calls.streaming import stream_answer
from arena.contestants.catalogue.reading import drawable_contestants
from arena.contestants.models import (
    Endpoint,
    EndpointHealth,
)
from arena.contestants.provider import (
    Delta,
    ErrorKind,
    Message,
    ProviderError,
)

QUESTION: list[Message] = [{"role": "user", "content": "Why is the sky blue?"}]
State = EndpointHealth.State


def call_to(endpoint: Endpoint) -> OpenCall:
    call = begin_call_to(Endpoint.objects.get(pk=endpoint.pk), QUESTION)
    assert call is not None
    return call


def answer(endpoint: Endpoint, behaviour: str = "ok") -> str:
    """What a call to an endpoint that behaves like this shows."""
    Endpoint.objects.filter(pk=endpoint.pk).update(model_id=behaviour)
    events = list(stream_answer(call_to(endpoint), QUESTION))
    return "".join(event.text for event in events if isinstance(event, Delta))


def fail(endpoint: Endpoint, behaviour: str = "unauthorised") -> ErrorKind:
    with pytest.raises(ProviderError) as caught:
        answer(endpoint, behaviour)
    return caught.value.kind


def in_threads(number: int, work: Callable[[int], object]) -> list[object]:
    def one(index: int) -> object:
        try:
            return work(index)
        finally:
            connection.close()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(one, range(number)))


def health(endpoint: Endpoint) -> EndpointHealth:
    return EndpointHealth.objects.get(endpoint=endpoint)


def is_drawable(endpoint: Endpoint) -> bool:
    return drawable_contestants().filter(pk=endpoint.contestant_id).exists()
