"""What goes to an endpoint, and what comes back of an answer."""

import time
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Literal, TypedDict

from arena.contestants.provider.errors import ProviderError
from arena.contestants.provider.metadata import ResponseMetadata


class TextPart(TypedDict):
    type: Literal["text"]
    text: str


class ImageURL(TypedDict):
    url: str  # a data URL: the image itself


class ImagePart(TypedDict):
    type: Literal["image_url"]
    image_url: ImageURL


class Message(TypedDict):
    role: Literal["system", "user", "assistant"]
    content: str | list[TextPart | ImagePart]


PROBE: list[Message] = [
    {"role": "user", "content": "Answer with one word: what colour is a clear sky?"}
]


@dataclass(frozen=True, slots=True)
class Target:
    """An endpoint to ask: its address, key, and what every request carries."""

    base_url: str
    model_id: str
    api_key: str = field(default="", repr=False)  # the one in use
    spare_keys: tuple[str, ...] = field(default=(), repr=False)  # the endpoint's others
    system_prompt: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    thinks_first: bool = False  # its answers begin inside a thought

    @property
    def all_keys(self) -> tuple[str, ...]:
        """The keys of the endpoint, the one in use first."""
        return (self.api_key, *self.spare_keys)

    def with_next_key(self) -> "Target":
        """The same endpoint, asked with its next key."""
        key, *spare = (*self.spare_keys, self.api_key)
        return replace(self, api_key=key, spare_keys=tuple(spare))


def stated_max_tokens(parameters: Mapping[str, Any]) -> int:
    """How many tokens the operator lets an answer have, by a request's parameters; 0: any number.

    Reasoning counts among them, as it does for the endpoints.
    """
    stated = (parameters.get(name) for name in ("max_completion_tokens", "max_tokens"))
    return next((n for n in stated if isinstance(n, int) and n > 0), 0)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long an endpoint may take (seconds) and how much it may say (characters).

    Reasoning and keep-alives are signs of life: they end a silence, but they are no answer.
    """

    connect: float = 5.0
    first_sign: float = 60.0  # of silence before anything comes
    first_token: float = 600.0  # without text to show, at the beginning or in between
    between_tokens: float = 30.0  # of silence afterwards
    whole: float = 900.0
    max_chars: int = 60_000
    # Asked again and again, from another thread; the request is cut off once it says so.
    unwanted: Callable[[], bool] = lambda: False


class Shown:
    """How much of an answer its readers have been shown, and since when (monotonic seconds)."""

    def __init__(self) -> None:
        self.started = self.last_at = time.monotonic()
        self.first_at: float | None = None
        self.chars = 0

    def add(self, text: str) -> None:
        """More text is shown; what nobody can see is none."""
        self.chars += len(text)
        if is_visible(text):
            self.last_at = time.monotonic()
            if self.first_at is None:
                self.first_at = self.last_at

    @property
    def first_token_seconds(self) -> float:
        """From the beginning to the first text that was shown, or to now."""
        return (self.first_at or time.monotonic()) - self.started


def is_visible(text: str) -> bool:
    """Whether a text has anything that a reader sees: more than blanks and zero-width marks."""
    return any(
        not character.isspace() and unicodedata.category(character) not in {"Cc", "Cf", "Cs"}
        for character in text
    )


@dataclass(frozen=True, slots=True)
class Delta:
    """More of the answer's text."""

    text: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing to show has come, but there is hope; the reader may give up instead of waiting on."""


class Ending(StrEnum):
    """How an answer ended."""

    WHOLE = "whole"  # the model had said what it wanted to say
    CUT = "cut"  # at the operator's own limit of tokens
    BROKEN_OFF = "broken_off"  # by its endpoint: a filter, a limit that nobody here has set …


@dataclass(frozen=True, slots=True)
class Finished:
    """The answer has ended: why and how, what it cost, how long it took (seconds).

    `removed` counts the characters that redaction took out, by kind; `metadata` is what the
    endpoint reported beside the text, None if no endpoint was asked.
    """

    reason: str
    prompt_tokens: int | None
    completion_tokens: int | None
    first_token_seconds: float
    seconds: float
    removed: Mapping[str, int] = field(default_factory=dict)
    ending: Ending = Ending.WHOLE
    metadata: ResponseMetadata | None = field(default=None, repr=False)


Event = Delta | Waiting | Finished


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """What came back from a test of an endpoint: an answer, or text and an error."""

    text: str = ""
    finished: Finished | None = None
    error: ProviderError | None = None
    note: str = ""
