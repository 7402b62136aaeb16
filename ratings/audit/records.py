"""What a probe asks, and what an endpoint and a reference answered."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, Self


class Part(StrEnum):
    """The part of a claim that a probe tests."""

    TOKENIZER = "tokenizer"
    WEIGHTS = "weights"
    QUANTISATION = "quantisation"
    SYSTEM_PROMPT = "system_prompt"
    PARAMETERS = "parameters"
    PROVIDER = "provider"  # what the arena gets against what the public buys


class Source(StrEnum):
    """What the answers of an endpoint are compared with."""

    NOTHING = "nothing"  # the probe judges the endpoint's answers by themselves
    WEIGHTS = "weights"  # the claimed weights, run by the operator
    PUBLIC = "public"  # the same model as the public buys it, with another key
    PAST = "past"  # the endpoint itself, when its version began


class Mode(StrEnum):
    OPEN = "open"  # cheap, and an endpoint may recognise it
    COVERT = "covert"  # sent with the arena's own parameters, mixed into its traffic


@dataclass(frozen=True, slots=True)
class Request:
    """One question of a probe.

    Args:
        item: what it asks about, such as a unit of text; answers are compared within one item.
        prompt: the only message, of the user.
        max_tokens, temperature: None: as the arena asks in its battles, which covert probes do.
        top_logprobs: how many alternatives of the first token to ask for; 0: none.
    """

    item: str
    prompt: str
    max_tokens: int | None = None
    temperature: float | None = None
    top_logprobs: int = 0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        return cls(
            **{field.name: value[field.name] for field in fields(cls) if field.name in value}
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, as it was sent: before any redaction of the arena's.

    Args:
        prompt_tokens, completion_tokens: as the endpoint counted; None: it did not say.
        model: the response's `model`; "": it did not say. `fingerprint`: its `system_fingerprint`.
        finish_reason: in the endpoint's words.
        chunks: characters of each chunk of text.
        first_text_seconds: from the request to the first text.
        logprobs: of the first token: (token, natural logarithm of its chance), likeliest first.
        error: why there is no answer; "": there is one. No statistic counts an error as an answer.
    """

    text: str = ""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    model: str = ""
    fingerprint: str = ""
    finish_reason: str = ""
    chunks: tuple[int, ...] = ()
    first_text_seconds: float | None = None
    logprobs: tuple[tuple[str, float], ...] = ()
    error: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        known = {field.name: value[field.name] for field in fields(cls) if field.name in value}
        known["chunks"] = tuple(known.get("chunks", ()))
        known["logprobs"] = tuple((token, log) for token, log in known.get("logprobs", ()))
        return cls(**known)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request of a probe, with the answers of the endpoint and of the reference, if it has one.

    Args:
        number: its place in the probe's order of asking, from 0.
    """

    number: int
    request: Request
    endpoint: Answer
    reference: Answer | None = None

    @property
    def is_complete(self) -> bool:
        """Whether whoever was asked has answered."""
        return not self.endpoint.error and not (self.reference and self.reference.error)

    def to_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "request": self.request.to_json(),
            "endpoint": self.endpoint.to_json(),
            "reference": self.reference.to_json() if self.reference else None,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        reference = value["reference"]
        return cls(
            int(value["number"]),
            Request.from_json(value["request"]),
            Answer.from_json(value["endpoint"]),
            Answer.from_json(reference) if reference is not None else None,
        )
