"""One answer as the arena shows it."""

import pytest

from arena.contestants.client import stream_answer
from arena.contestants.provider import (
    Delta,
    ErrorKind,
    Finished,
    Limits,
    Message,
    ProviderError,
    Target,
)
from tests.openai_server import OpenAIServer

LIMITS = Limits(connect=1, first_token=2, between_tokens=1, whole=4, max_chars=60_000)
QUESTION: list[Message] = [{"role": "user", "content": "Why is the sky blue?"}]


def ask(target: Target, limits: Limits = LIMITS) -> tuple[str, Finished]:
    *deltas, finished = stream_answer(target, QUESTION, limits)
    assert isinstance(finished, Finished)
    return "".join(delta.text for delta in deltas if isinstance(delta, Delta)), finished


def test_tells_are_taken_out_on_the_way(openai_server: OpenAIServer) -> None:
    text, finished = ask(Target(openai_server.url, "thinks"))
    assert text == "Blue."
    assert finished.removed == {"reasoning": 30, "token": 10}
    text, finished = ask(Target(openai_server.url, "cites"))
    assert text == "Blue, or so ."
    assert finished.removed == {"citation": 26}
    text, finished = ask(Target(openai_server.url, "thinks-unmarked", thinks_first=True))
    assert text == "Blue."


@pytest.mark.parametrize(
    ("behaviour", "kind"),
    [
        ("thinks-unmarked", ErrorKind.THINKS_ALOUD),
        ("thinks-only", ErrorKind.EMPTY),
        ("error-as-text", ErrorKind.REJECTED),
    ],
)
def test_what_may_not_be_shown_is_no_answer(
    openai_server: OpenAIServer, behaviour: str, kind: ErrorKind
) -> None:
    with pytest.raises(ProviderError) as caught:
        ask(Target(openai_server.url, behaviour))
    assert caught.value.kind == kind
    assert openai_server.requests[-1].body["model"] == behaviour
